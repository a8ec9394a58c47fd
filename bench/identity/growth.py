"""Stores of many articles, and what looking and storing cost in them."""

from __future__ import annotations

import random
import resource
import sqlite3
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from bench.identity.texts import Story
from pipelines.identity import article_id, content_hash
from pipelines.items import Article, Kind, Page, Target, Visit
from pipelines.sketch import letters_of, sketch
from pipelines.store import Store, fields, sqlite_path
from pipelines.store.copies import COMMON

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
_SITES = 500
_PER_TRANSACTION = 5000
_ROWS = 1_000_000

Numbers = npt.NDArray[np.int64]


class Generator:
    """Articles that nobody wrote: pieces of one to four words of real texts in any order, and under them the
    standing paragraphs of their site. Some sites publish much more than others (Zipf), and so do phrases occur.
    """

    def __init__(self, stories: Sequence[Story], *, seed: int) -> None:
        self.chance = random.Random(seed)
        spaced = [story for story in stories if not story.unspaced]
        words = [word for story in spaced for word in story.text.split()]
        self._pieces = [" ".join(words[at : at + 1 + at % 4]) for at in range(len(words) - 4)]
        lines = [line for story in spaced for line in story.paragraphs if 60 < len(line) < 300]
        self._standing = [self.chance.sample(lines, self.chance.randint(0, 3)) for _ in range(_SITES)]
        phrases = [" ".join(words[at : at + 9]) for at in range(0, len(words) - 9, 9)]
        self._phrases = self.chance.sample(phrases, min(len(phrases), 20_000))
        self._weights = np.cumsum(1 / np.arange(1, len(self._phrases) + 1)).tolist()
        self._site_weights = np.cumsum(1 / np.arange(1, _SITES + 1)).tolist()
        self._count = 0

    def article(self, *, words: int = 350) -> Article:
        """About so many words on average, the shortest a seventh as long as the longest."""
        chance = self.chance
        site = chance.choices(range(_SITES), cum_weights=self._site_weights)[0]
        pieces = chance.choices(self._pieces, k=int(words * chance.uniform(0.1, 0.7)))
        pieces += chance.choices(self._phrases, cum_weights=self._weights, k=words // 90)
        chance.shuffle(pieces)
        lines = [" ".join(pieces[at : at + 20]) + "." for at in range(0, len(pieces), 20)]
        text = "\n\n".join([*lines, *self._standing[site]])
        return self.made(text, title=" ".join(pieces[:4]), site=site)

    def made(self, text: str, *, title: str, site: int) -> Article:
        self._count += 1
        url = f"https://site{site}.example/{self._count}"
        seen = NOW + timedelta(seconds=self._count)
        return Article(
            id=article_id(url),
            url=url,
            url_canonical=url,
            source=f"site{site}",
            domain=f"site{site}.example",
            title=title,
            text=text,
            authors=("A. Writer",),
            published_at=seen,
            first_seen_at=seen,
            last_seen_at=seen,
            language="en",
            word_count=len(text.split()),
            content_hash=content_hash(title, text),
        )

    def copy(self, article: Article) -> Article:
        """As another outlet prints it: cut, with other words here and there."""
        words = article.text.split(" ")
        words = words[: int(len(words) * self.chance.uniform(0.5, 1))]
        for _ in range(len(words) // 25):
            words[self.chance.randrange(len(words))] = "otherwise"
        return self.made(" ".join(words), title=article.title, site=self.chance.randrange(_SITES))


def made(number: int, story: Story) -> Article:
    """The article of a site that has this story only."""
    url = f"https://site{number}.example/"
    return Article(
        id=article_id(url),
        url=url,
        url_canonical=url,
        source=f"site{number}",
        domain=f"site{number}.example",
        title=story.title,
        text=story.text,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )


def sources(store: Store) -> None:
    for site in range(_SITES):
        home = f"https://site{site}.example/"
        store.sync_source(f"site{site}", home, configured=True, enabled=True, roots=(), now=NOW)


def stored(store: Store, article: Article) -> Article:
    """The article as it was kept, when a visit has ended as in a crawl."""
    url, seen = article.url, article.first_seen_at
    target = Target(id=0, url=url, kind=Kind.ARTICLE, host=article.domain, source=article.source, due_at=NOW)
    page = Page(url=url, final_url=url, status=200, headers={}, body=b"x" * 1000, fetched_at=seen)
    visit = Visit(target=target, started_at=NOW, ended_at=seen, page=page, article=article)
    ended = store.end_visit(visit, plan=lambda done: replace(done.target, due_at=None))
    assert ended.article is not None
    return ended.article


def load(store_url: str, articles: Iterable[Article]) -> None:
    """Put articles into the tables and indexes without looking for copies; in order, as that is faster."""
    path = sqlite_path(store_url)
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-500000")
        pk = connection.execute("SELECT coalesce(max(pk), 0) FROM articles").fetchone()[0]
        hashes, pks = array("q"), array("q")
        rows: list[tuple[object, ...]] = []
        indexed: list[tuple[object, ...]] = []
        for article in articles:
            pk += 1
            rows.append((pk, *_row(article)))
            indexed.append((pk, *fields.row(article, article.first_seen_at)))
            found = sketch(letters_of(article.text))
            hashes.extend(found)
            pks.extend([pk] * len(found))
            if len(rows) == _PER_TRANSACTION:
                _flush(connection, rows, indexed)
        _flush(connection, rows, indexed)
        _post(connection, np.array(hashes, dtype=np.int64), np.array(pks, dtype=np.int64))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


_NAMES = (
    "id url url_canonical source domain title text authors tags published_at first_seen_at last_seen_at language "
    "word_count content_hash revision revised_by discovered_via extractor extractor_version dated_at"
).split()


def _row(article: Article) -> tuple[object, ...]:
    seen = f"{article.first_seen_at:%Y-%m-%d %H:%M:%S}.000000"
    named = (
        article.id,
        article.url,
        article.url,
        article.source,
        article.domain,
        article.title,
        article.text,
    )
    rest = ("en", article.word_count, article.content_hash, 1, "publisher", "manual", "", "", seen)
    return (*named, '["A. Writer"]', "[]", seen, seen, seen, *rest)


def _flush(
    connection: sqlite3.Connection, rows: list[tuple[object, ...]], indexed: list[tuple[object, ...]]
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    marks = ", ?" * len(_NAMES)
    connection.executemany(f"INSERT INTO articles (pk, {', '.join(_NAMES)}) VALUES (?{marks})", rows)
    marks = ", ?" * len(fields.COLUMNS)
    connection.executemany(
        f"INSERT INTO articles_fts (rowid, {', '.join(fields.COLUMNS)}) VALUES (?{marks})", indexed
    )
    connection.execute("COMMIT")
    rows.clear()
    indexed.clear()


def _post(connection: sqlite3.Connection, hashes: Numbers, pks: Numbers) -> None:
    """Note the hashes in their order; no more articles a hash than the store allows."""
    order = np.lexsort((pks, hashes))
    hashes, pks = hashes[order], pks[order]
    keep = np.arange(len(hashes)) - np.searchsorted(hashes, hashes) < COMMON
    hashes, pks = hashes[keep], pks[keep]
    for at in range(0, len(hashes), _ROWS):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT OR IGNORE INTO shingles (hash, article) VALUES (?, ?)",
            zip(hashes[at : at + _ROWS].tolist(), pks[at : at + _ROWS].tolist(), strict=True),
        )
        connection.execute("COMMIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a store of `articles` costs: microseconds a lookup (median, the sketch of the text included) for
    texts that nobody has and for copies; articles stored a second, by the clock and by the CPU; shares of copies
    found; MiB on disk and MiB of memory at the most so far.
    """

    articles: int
    lookup_new: float
    lookup_copy: float
    stored: float
    stored_cpu: float
    found: float
    disk: float
    memory: float


def measured(store_url: str, generator: Generator, *, count: int) -> Cost:
    """Look `count` texts up, then store as many articles of which every fifth is a copy of a stored one."""
    path = sqlite_path(store_url)
    assert path is not None
    with Store.open(store_url) as store:
        articles = store.counts()["articles"]
        known = _some(path, generator.chance, count=count)
        # Pages that were written last, or never read, stand for no store in use.
        _looked_up(store, [generator.article() for _ in range(count)])
        new = _looked_up(store, [generator.article() for _ in range(count)])
        copied = _looked_up(store, [generator.copy(one) for one in generator.chance.choices(known, k=count)])
        wanted: list[tuple[Article, Article | None]] = [
            (generator.copy(one), one) for one in known[: count // 5]
        ]
        wanted += [(generator.article(), None) for _ in range(count - len(wanted))]
        generator.chance.shuffle(wanted)
        cpu, clock = time.process_time(), time.perf_counter()
        kept = [(stored(store, article), original) for article, original in wanted]
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    found = [one.copy_of == original.id for one, original in kept if original is not None]
    return Cost(
        articles=articles,
        lookup_new=new,
        lookup_copy=copied,
        stored=len(kept) / clock,
        stored_cpu=len(kept) / cpu,
        found=sum(found) / max(1, len(found)),
        disk=sum(part.stat().st_size for part in path.parent.glob(path.name + "*")) / 2**20,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
    )


def _some(path: Path, chance: random.Random, *, count: int) -> list[Article]:
    """Articles of the store, by chance; only what a copy is made of."""
    with closing(sqlite3.connect(path)) as connection:
        highest = connection.execute("SELECT max(pk) FROM articles").fetchone()[0]
        pks = chance.sample(range(1, highest + 1), min(highest, count))
        query = "SELECT id, url, title, text FROM articles WHERE pk = ?"
        rows = [connection.execute(query, (pk,)).fetchone() for pk in pks]
    named = {"source": "", "domain": "", "first_seen_at": NOW, "last_seen_at": NOW}
    return [
        Article(id=row[0], url=row[1], url_canonical=row[1], title=row[2], text=row[3], **named)
        for row in rows
    ]


def _looked_up(store: Store, articles: Sequence[Article]) -> float:
    """Microseconds a lookup, the median."""
    seconds = []
    for article in articles:
        started = time.perf_counter()
        store.find_copy(article.text)
        seconds.append(time.perf_counter() - started)
    return median(seconds) * 1e6


def grown(
    folder: Path, stories: Sequence[Story], sizes: Sequence[int], *, seed: int, count: int, words: int
) -> Iterator[Cost]:
    """One store grown to each of the sizes, and measured there. Articles put in unmeasured have `words` words."""
    url = f"sqlite:///{folder / 'grown.db'}"
    generator = Generator(stories, seed=seed)
    with Store.open(url) as store:
        sources(store)
    for size in sizes:
        with Store.open(url, readonly=True) as store:
            missing = size - store.counts()["articles"]
        load(url, (generator.article(words=words) for _ in range(missing)))
        yield measured(url, generator, count=count)
