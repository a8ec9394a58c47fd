"""Watches in the store: kept under their name, and what each has found."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.alerts import Event, Watch
from pipelines.changes import ChangeKind
from pipelines.items import Article
from pipelines.store.articles import to_article
from pipelines.store.database import driver
from pipelines.store.query import compiled
from pipelines.store.schema import articles, matches, watches


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An article that a watch has found, and when. The next page is `before` the last one's place."""

    article: Article
    matched_at: datetime
    place: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a watch, by its key, asks: an expression of FTS5."""

    key: int
    expression: str


@dataclass(frozen=True, slots=True)
class Known:
    """A watch with its key."""

    key: int
    watch: Watch


_ALL = sa.select(watches).order_by(watches.c.name)
# For each stored article: in plain SQL, and no more than is needed to ask.
_ASKED = "SELECT id, query FROM watches WHERE enabled = 1 AND events LIKE ?"


def list_watches(connection: sa.Connection) -> list[Watch]:
    return [known.watch for known in _known(connection, _ALL)]


def find(connection: sa.Connection, name: str) -> Watch | None:
    found = next(_known(connection, _ALL.where(watches.c.name == name)), None)
    return None if found is None else found.watch


def enabled(connection: sa.Connection, event: Event) -> list[Asked]:
    """What the watches ask that are to be told of this."""
    rows = driver(connection).execute(_ASKED, (f'%"{event}"%',)).fetchall()
    return [Asked(key, expression) for key, query in rows if (expression := _expression(query)) is not None]


def named(connection: sa.Connection, keys: Collection[int]) -> list[Known]:
    """The watches of these keys, in their order."""
    if not keys:
        return []
    return list(_known(connection, sa.select(watches).where(watches.c.id.in_(keys)).order_by(watches.c.id)))


def of_event(connection: sa.Connection, event: Event) -> list[Known]:
    """The enabled watches that are to be told of this; those of any query, or none."""
    found = _known(connection, _ALL.where(watches.c.enabled.is_(True)))
    return [known for known in found if event in known.watch.events]


def put(connection: sa.Connection, watch: Watch, now: datetime) -> bool:
    """Keep it under its name, in the place of the one there; whether it is new."""
    values = {
        "query": watch.query,
        "events": list(watch.events),
        "kinds": list(watch.kinds),
        "channels": list(watch.channels),
        "digest": _span_text(watch.digest),
        "quiet": "-".join(map(_time_text, watch.quiet)) if watch.quiet is not None else None,
        "timezone": watch.timezone,
        "per_story": watch.per_story,
        "enabled": watch.enabled,
    }
    is_new = find(connection, watch.name) is None
    row = insert(watches).values(name=watch.name, created_at=now, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))
    return is_new


def remove(connection: sa.Connection, name: str) -> bool:
    return connection.execute(sa.delete(watches).where(watches.c.name == name)).rowcount > 0


def found_by(connection: sa.Connection, name: str, *, limit: int, before: int | None) -> list[Match]:
    """What a watch has found, the newest first; of copies, where they count as one, the one found first."""
    query = (
        sa.select(articles, matches.c.at.label("matched_at"), matches.c.id.label("place"))
        .join_from(matches, articles, articles.c.pk == matches.c.article)
        .join(watches, watches.c.id == matches.c.watch)
        .where(watches.c.name == name, sa.or_(~watches.c.per_story, ~matches.c.repeats))
    )
    if before is not None:
        query = query.where(matches.c.id < before)
    rows = connection.execute(query.order_by(matches.c.id.desc()).limit(limit))
    return [Match(article=to_article(row), matched_at=row.matched_at, place=row.place) for row in rows]


def expression(watch: Watch) -> str | None:
    """What an article must match, as FTS5 has it; None where nothing can."""
    return _expression(watch.query)


# Asked for each stored article, of each watch.
@lru_cache(maxsize=2048)
def _expression(text: str) -> str | None:
    query = compiled(text)
    return None if query.impossible else query.wanted


def _known(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Known]:
    for row in connection.execute(query).mappings():
        quiet = row["quiet"]
        watch = Watch(
            name=row["name"],
            query=row["query"],
            events=tuple(map(Event, row["events"])),
            kinds=tuple(map(ChangeKind, row["kinds"])),
            channels=tuple(row["channels"]),
            digest=_span(row["digest"]),
            quiet=_pair(quiet) if quiet is not None else None,
            timezone=row["timezone"],
            per_story=row["per_story"],
            enabled=row["enabled"],
        )
        yield Known(row["id"], watch)


def _pair(text: str) -> tuple[time, time]:
    start, end = text.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def _span(text: str | None) -> timedelta | time | None:
    if text is None:
        return None
    return time.fromisoformat(text) if ":" in text else timedelta(seconds=int(text))


def _span_text(span: timedelta | time | None) -> str | None:
    if span is None:
        return None
    return _time_text(span) if isinstance(span, time) else str(int(span.total_seconds()))


def _time_text(at: time) -> str:
    return at.isoformat("minutes")
