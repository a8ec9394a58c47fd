"""`python -m bench.desk.grow STORE`: a store of a made-up press, grown by the store's own functions and kept.

A store that is there is brought up to now: the press has gone on publishing at the same rate. Of the visits, only
those of the last days are made. Sketches are left out: nothing on the desk reads them.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bench.desk.press import ORIGINAL, Edited, Event, Outlet, Press, Published, spread, weight
from bench.identity.texts import CORPORA, read_stories
from crawler.schedule.plan import Rhythm
from pipelines.changes import Change, ChangeKind, changes_between
from pipelines.items import Article, Grounds, HostState, Kind, Link, Outcome
from pipelines.store import Store
from pipelines.store import articles as kept
from pipelines.store import changes as noted
from pipelines.store.database import Database, driver
from pipelines.store.health import Episode
from pipelines.store.schema import articles, targets, visits
from pipelines.store.targets import new_row

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_PER_TRANSACTION = 5000
# Pages of the database that are kept while it is written, KiB: its indexes by hashes are written all over.
_CACHE_KIB = 1_500_000
# Visits are made of so much time; articles are read again at these ages.
_VISITED, _REREAD = timedelta(days=3), (_HOUR, 6 * _HOUR, _DAY)
_POLLED = timedelta(minutes=30)
_KINDS = {"feed.xml": Kind.FEED, "news-sitemap.xml": Kind.SITEMAP, "latest": Kind.LISTING}


def grow(path: Path, *, count: int, days: int, until: datetime, words: int, seed: int) -> int:
    """Make a store of so many articles of the days before `until`, or go on with the one that is there.

    Returns how many articles were added.
    """
    url = f"sqlite:///{path}"
    stories = read_stories([folder for folder in CORPORA if folder.is_dir()])
    with Store.open(url) as store:
        known = store.counts()["articles"]
        press = Press(stories, seed=seed, words=words, begin=known)
        _sources(store, press, now=until - days * _DAY)
    database = Database.open(url, readonly=False)
    try:
        begin, wanted = _missing(database, known, count=count, days=days, until=until)
        _tell(database, press.events(spread(round(wanted * ORIGINAL), begin, until)), of=wanted)
        _visit(database, press, until, seed=seed)
        _learn(database, press, until)
    finally:
        database.close()
    with Store.open(url) as store:
        _trouble(store, press, until)
        return store.counts()["articles"] - known


def _missing(
    database: Database, known: int, *, count: int, days: int, until: datetime
) -> tuple[datetime, int]:
    """From when on articles are missing, and how many."""
    if not known:
        return until - days * _DAY, count
    with database.read() as connection:
        seen = [
            connection.scalar(sa.select(edge(articles.c.first_seen_at)))
            for edge in (sa.func.min, sa.func.max)
        ]
    hours = [seen[0] + number * _HOUR for number in range(int((until - seen[0]) / _HOUR))]
    done = sum(weight(hour) for hour in hours if hour < seen[1])
    due = round(known * sum(weight(hour) for hour in hours if hour >= seen[1]) / done)
    # A store that is too small is filled up: more is then published on its last day than on others.
    return (seen[1], due) if known + due >= count else (until - _DAY, count - known)


def _sources(store: Store, press: Press, *, now: datetime) -> None:
    for number, outlet in enumerate(press.outlets):
        roots = [Link(url=outlet.home + path, kind=kind) for path, kind in _KINDS.items()]
        enabled = number % 40 != 39
        store.sync_source(outlet.name, outlet.home, configured=True, enabled=enabled, roots=roots, now=now)


def _tell(database: Database, events: Iterator[Event], *, of: int) -> None:
    """Keep what the press tells, with its targets."""
    started, done = time.monotonic(), 0
    while batch := list(islice(events, _PER_TRANSACTION)):
        with database.write() as connection:
            driver(connection).execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            # Those that change something come last: a revision makes FTS5 write out what waits in memory.
            for event in sorted(batch, key=lambda event: not isinstance(event, Published)):
                _keep(connection, event)
            new = [event.article for event in batch if isinstance(event, Published)]
            _targets(connection, new)
        done += len(batch)
        print(f"\r{done:,} of about {of:,} in {time.monotonic() - started:.0f} s", end="", flush=True)
    print()


def _keep(connection: sa.Connection, event: Event) -> None:
    article = event.article
    if isinstance(event, Published):
        if event.original is not None:
            article = replace(article, cluster_id=event.original, copy_of=event.original)
            first = sa.and_(articles.c.id == event.original, articles.c.cluster_id.is_(None))
            connection.execute(sa.update(articles).where(first).values(cluster_id=event.original))
        kept.keep_new(connection, article)
    elif isinstance(event, Edited):
        kept.keep_revision(connection, article)
        found = changes_between(event.earlier, article)
        noted.keep(connection, article, found, article.last_seen_at)
    else:
        kept.withdraw(connection, article.id, event.at)
        noted.keep(connection, article, [Change(kind=ChangeKind.WITHDRAWN)], event.at)


def _targets(connection: sa.Connection, new: Iterable[Article]) -> None:
    """Of each article the target it was read at, and of every fifth another address that never came to be one."""
    rows = []
    for number, article in enumerate(new):
        at = article.first_seen_at
        links = [Link(url=article.url)] + [Link(url=f"{article.url}/gallery")] * (number % 5 == 0)
        for link in links:
            row = new_row(article.source, link, via=article.discovered_via, depth=0, now=at)
            assert row is not None
            rows.append(
                {**row, "visits": 4, "last_visited_at": at + _DAY, "due_at": None, "etag": f'"{article.id}"'}
            )
    if rows:
        connection.execute(insert(targets).on_conflict_do_nothing(), rows)


def _visit(database: Database, press: Press, until: datetime, *, seed: int) -> None:
    """The visits of the last days, in the order of time; the young articles are due again."""
    with database.write() as connection:
        last = connection.scalar(sa.select(sa.func.max(visits.c.ended_at)))
        since = max(until - _VISITED, last or until - _VISITED)
        fields = [articles.c[name] for name in ("id", "url", "source", "first_seen_at")]
        fresh = connection.execute(
            sa.select(*fields).where(articles.c.pk > _first(connection, since - 3 * _DAY))
        ).all()
        rows = [*_readings(fresh, random.Random(seed)), *_polls(press, since, until, random.Random(seed))]
        rows = [row for row in rows if since < row["ended_at"] <= until]
        rows.sort(key=lambda row: row["ended_at"])
        ids = dict(connection.execute(sa.select(targets.c.url, targets.c.id)).all())
        for row in rows:
            row["target_id"] = ids.get(row["url"])
        for at in range(0, len(rows), _PER_TRANSACTION):
            connection.execute(sa.insert(visits), rows[at : at + _PER_TRANSACTION])
        due = [{"key": row.url, "at": row.first_seen_at + 3 * _DAY} for row in fresh]
        statement = sa.update(targets).where(targets.c.url == sa.bindparam("key"))
        connection.execute(
            statement.values(due_at=sa.bindparam("at"), last_visited_at=sa.bindparam("at")), due
        )


def _first(connection: sa.Connection, since: datetime) -> int:
    """The pk after which all articles were seen later; they were stored in the order of time."""
    found = connection.scalar(sa.select(sa.func.max(articles.c.pk)).where(articles.c.dated_at < since))
    return found or 0


def _readings(
    fresh: Iterable[sa.Row[tuple[str, str, str, datetime]]], dice: random.Random
) -> Iterator[dict[str, object]]:
    for row in fresh:
        yield _row(
            row.url, row.source, Kind.ARTICLE, row.first_seen_at, Outcome.STORED, article=row.id, dice=dice
        )
        for age in _REREAD:
            outcome = dice.choice(
                (Outcome.UNCHANGED, Outcome.NOT_MODIFIED, Outcome.UNCHANGED, Outcome.HTTP_ERROR)
            )
            at = row.first_seen_at + age
            yield _row(row.url, row.source, Kind.ARTICLE, at, outcome, article=row.id, dice=dice)


def _polls(
    press: Press, since: datetime, until: datetime, dice: random.Random
) -> Iterator[dict[str, object]]:
    words = (Outcome.LINKS,) * 5 + (Outcome.NOT_MODIFIED,) * 4 + (Outcome.TIMEOUT,)
    for outlet in press.outlets:
        for path, kind in _KINDS.items():
            at = since + dice.random() * _POLLED
            while at < until:
                yield _row(
                    outlet.home + path, outlet.name, kind, at, dice.choice(words), article=None, dice=dice
                )
                at += _POLLED


def _row(
    url: str,
    source: str,
    kind: Kind,
    at: datetime,
    outcome: Outcome,
    *,
    article: str | None,
    dice: random.Random,
) -> dict[str, object]:
    failed = outcome in (Outcome.HTTP_ERROR, Outcome.TIMEOUT)
    status = {Outcome.HTTP_ERROR: 503, Outcome.TIMEOUT: None, Outcome.NOT_MODIFIED: 304}.get(outcome, 200)
    grounds = Grounds(way="fast", shape=0.9, declared=True, dated=True, words=400, body=2400, teasers=12)
    return {
        "url": url,
        "source": source,
        "kind": kind.value,
        "started_at": at - timedelta(seconds=dice.uniform(0.1, 2)),
        "ended_at": at,
        "outcome": outcome.value,
        "reason": f"status {status}" if failed and status else None,
        "status": status,
        "final_url": url if status else None,
        "bytes": dice.randrange(20_000, 200_000) if status == 200 else 0,
        "article_id": article,
        "links": 0 if kind is Kind.ARTICLE else 30,
        "fresh": 0 if kind is Kind.ARTICLE else dice.randrange(4),
        "timings": {"download": 0.412, "extract": 0.038, "store": 0.004},
        "cuts": [{"line": "Subscribe to our newsletter", "rule": "learned"}]
        if outcome is Outcome.STORED
        else None,
        "grounds": asdict(grounds) if outcome is Outcome.STORED else None,
    }


def _learn(database: Database, press: Press, until: datetime) -> None:
    """Each outlet's feed knows the rate of its last week, polled every two hours."""
    with database.write() as connection:
        for outlet in press.outlets:
            where = sa.and_(articles.c.source == outlet.name, articles.c.dated_at >= until - 7 * _DAY)
            query = sa.select(articles.c.dated_at).where(where).order_by(articles.c.dated_at)
            dates = connection.scalars(query).all()
            record = _rhythm(deque(dates), until).record()
            for number, path in enumerate(_KINDS):
                here = sa.update(targets).where(targets.c.url == outlet.home + path)
                due = until + timedelta(seconds=len(dates) * 7 % 1800 - 300)
                values = {"due_at": due, "last_visited_at": due - _POLLED, "visits": 500}
                connection.execute(here.values(**values, rhythm=record if number == 0 else None))


def _rhythm(dates: deque[datetime], until: datetime) -> Rhythm:
    rhythm = Rhythm()
    for poll in range(84, -1, -1):
        at, new = until - poll * 2 * _HOUR, []
        while dates and dates[0] <= at:
            new.append(dates.popleft())
        rhythm.news.learn(rhythm.rate.seen_until, at, new)
        rhythm.rate.learn(at, new)
    return rhythm


def _trouble(store: Store, press: Press, until: datetime) -> None:
    """Some hosts are left alone, some sources have findings, and some had."""
    ailing: list[Outlet] = list(press.outlets[5::9])
    for number, outlet in enumerate(ailing):
        free = until + (number + 1) * _HOUR
        store.keep_hosts([HostState(host=outlet.domain, not_before=free, failures=3, reason="status 503")])
    watched = [outlet.name for outlet in press.outlets]
    found = [
        Episode(source=one.name, finding="unreachable", detail="status 503 for a day", began_at=until - _DAY)
        for one in ailing
    ]
    store.keep_findings(found, of_sources=watched, now=until)
    store.keep_findings(found[::2], of_sources=watched, now=until)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.desk.grow", description=__doc__)
    parser.add_argument("store", type=Path, help="the file; one that is there is brought up to date")
    parser.add_argument("--articles", type=int, default=1_000_000, help="how many (default: 1,000,000)")
    parser.add_argument("--days", type=int, default=60, help="over how many days (default: 60)")
    parser.add_argument("--words", type=int, default=200, help="words an article (default: 200)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--until", type=datetime.fromisoformat, default=datetime.now(UTC), help="default: now"
    )
    arguments = parser.parse_args()
    until = arguments.until.astimezone(UTC)
    added = grow(
        arguments.store,
        count=arguments.articles,
        days=arguments.days,
        until=until,
        words=arguments.words,
        seed=arguments.seed,
    )
    print(f"{added:,} articles added, up to {until:%Y-%m-%d %H:%M}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
