"""Stores of many articles, and what looking and storing cost in them."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from bench.identity.texts import Story
from pipelines.identity import article_id, content_hash
from pipelines.items import Article, Kind, Page, Target, Visit
from pipelines.sketch import letters_of, sketch
from pipelines.store import Store, sqlite_path
from pipelines.store.copies import COMMON

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
_SITES = 500
_WORDS = 350
_PER_TRANSACTION = 5000


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

    def article(self) -> Article:
        chance = self.chance
        site = chance.choices(range(_SITES), cum_weights=self._site_weights)[0]
        pieces = chance.choices(self._pieces, k=int(_WORDS * chance.uniform(0.1, 0.7)))
        pieces += chance.choices(self._phrases, cum_weights=self._weights, k=4)
        chance.shuffle(pieces)
        lines = [" ".join(pieces[at : at + 20]) + "." for at in range(0, len(pieces), 20)]
        text = "\n\n".join([*lines, *self._standing[site]])
        title = " ".join(pieces[:4])
        return self.made(text, title=title, site=site)

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


def sources(store: Store) -> None:
    for site in range(_SITES):
        home = f"https://site{site}.example/"
        store.sync_source(f"site{site}", home, configured=True, enabled=True, roots=(), now=NOW)


def stored(store: Store, article: Article) -> tuple[Article, float]:
    """(the article as it was kept, seconds) of one visit ended, as a crawl ends it."""
    url = article.url
    host = article.domain
    target = Target(id=0, url=url, kind=Kind.ARTICLE, host=host, source=article.source, due_at=NOW)
    page = Page(
        url=url, final_url=url, status=200, headers={}, body=b"x" * 1000, fetched_at=article.first_seen_at
    )
    visit = Visit(target=target, started_at=NOW, ended_at=article.first_seen_at, page=page, article=article)
    started = time.perf_counter()
    ended = store.end_visit(visit, plan=lambda done: replace(done.target, due_at=None))
    seconds = time.perf_counter() - started
    assert ended.article is not None
    return ended.article, seconds


def load(store_url: str, articles: Iterator[Article]) -> None:
    """Put articles into the tables at once, without looking for copies; sorted, as that is much faster."""
    path = sqlite_path(store_url)
    assert path is not None
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    names = (
        "id url url_canonical source domain title text authors tags published_at first_seen_at last_seen_at language "
        "word_count content_hash revision revised_by discovered_via extractor extractor_version dated_at"
    ).split()
    insert = f"INSERT INTO articles (pk, {', '.join(names)}) VALUES (?{', ?' * len(names)})"
    pk = connection.execute("SELECT coalesce(max(pk), 0) FROM articles").fetchone()[0]
    hashes: list[int] = []
    pks: list[int] = []
    rows = []
    for article in articles:
        pk += 1
        rows.append((pk, *_row(article)))
        found = sketch(letters_of(article.text))
        hashes += found
        pks += [pk] * len(found)
        if len(rows) == _PER_TRANSACTION:
            _flush(connection, insert, rows)
            _post(connection, hashes, pks) if len(hashes) > 10_000_000 else None
    _flush(connection, insert, rows)
    _post(connection, hashes, pks)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _row(article: Article) -> tuple[object, ...]:
    seen = f"{article.first_seen_at:%Y-%m-%d %H:%M:%S}.000000"
    kept = (article.id, article.url, article.url, article.source, article.domain, article.title, article.text)
    return (
        *kept,
        '["A. Writer"]',
        "[]",
        *(seen,) * 3,
        "en",
        article.word_count,
        article.content_hash,
        1,
        "publisher",
        "manual",
        "",
        "",
        seen,
    )


def _flush(connection: sqlite3.Connection, insert: str, rows: list[tuple[object, ...]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(insert, rows)
    connection.executemany(
        "INSERT INTO articles_fts (rowid, title, text) VALUES (?, ?, ?)",
        [(row[0], row[6], row[7]) for row in rows],
    )
    connection.execute("COMMIT")
    rows.clear()


def _post(connection: sqlite3.Connection, hashes: list[int], pks: list[int]) -> None:
    """Note the hashes in their order; no more articles a hash than the store allows."""
    marks, owners = np.array(hashes, dtype=np.int64), np.array(pks, dtype=np.int64)
    order = np.lexsort((owners, marks))
    marks, owners = marks[order], owners[order]
    place = np.arange(len(marks)) - np.searchsorted(marks, marks)
    keep = place < COMMON
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT OR IGNORE INTO shingles (hash, article) VALUES (?, ?)",
        zip(marks[keep].tolist(), owners[keep].tolist(), strict=True),
    )
    connection.execute("COMMIT")
    hashes.clear()
    pks.clear()


def size_of(path: Path) -> int:
    return sum(part.stat().st_size for part in path.parent.glob(path.name + "*"))


__all__ = ["Generator", "load", "median", "size_of", "sources", "stored"]
