"""The sources and their own pages: feeds, sitemaps and listings that the configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.items import Link, Target
from pipelines.store.database import driver
from pipelines.store.schema import articles, sources, targets
from pipelines.store.targets import new_row, to_target
from pipelines.store.types import clean_text

CONFIG = "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source as the store knows it, with the number of its targets and articles."""

    name: str
    url: str
    configured: bool
    enabled: bool
    targets: int
    articles: int
    last_visit_at: datetime | None


def sync_source(
    connection: sa.Connection,
    name: str,
    url: str,
    *,
    configured: bool,
    enabled: bool,
    roots: Sequence[Link],
    now: datetime,
    replace: bool,
) -> None:
    values = {"url": url, "configured": configured, "enabled": enabled}
    upsert = insert(sources).values(name=name, added_at=now, **values)
    connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_=values))
    named = [new_row(name, link, via=CONFIG, depth=0, now=now) for link in roots]
    rows = [row for row in named if row is not None]
    for row in rows:
        connection.execute(_root(row, now=now))
    if replace:
        _retire(connection, name, keep=[str(row["url"]) for row in rows])


def _root(row: dict[str, object], *, now: datetime) -> sa.Insert:
    """A new root is due at once, and so is one that was retired or only known as a link until now.

    A root that another source names already stays that source's: one address is visited once.
    """
    statement = insert(targets).values(row)
    is_root = sa.and_(targets.c.discovered_via == CONFIG, targets.c.due_at.is_not(None))
    return statement.on_conflict_do_update(
        index_elements=["url"],
        set_={
            "kind": statement.excluded.kind,
            "priority": statement.excluded.priority,
            "source": statement.excluded.source,
            "depth": 0,
            "discovered_via": CONFIG,
            "due_at": sa.case((is_root, targets.c.due_at), else_=now),
        },
        where=sa.or_(targets.c.source == statement.excluded.source, sa.not_(is_root)),
    )


def _retire(connection: sa.Connection, name: str, *, keep: list[str]) -> None:
    own = sa.and_(targets.c.source == name, targets.c.discovered_via == CONFIG, targets.c.due_at.is_not(None))
    found = connection.execute(sa.select(targets.c.id, targets.c.url).where(own)).all()
    kept = set(keep)
    retired = [{"key": row.id} for row in found if row.url not in kept]
    if retired:
        connection.execute(
            sa.update(targets).where(targets.c.id == sa.bindparam("key")).values(due_at=None), retired
        )


def list_sources(connection: sa.Connection) -> list[SourceRow]:
    # Of each source a range of an index, which is counted at some 30 million rows a second.
    count, own = sa.func.count(), targets.c.source == sources.c.name
    visited = sa.select(sa.func.max(targets.c.last_visited_at)).where(own)
    stored = sa.select(count).where(articles.c.source == sources.c.name)
    query = sa.select(
        sources.c.name,
        sources.c.url,
        sources.c.configured,
        sources.c.enabled,
        sa.select(count).where(own).scalar_subquery().label("targets"),
        stored.scalar_subquery().label("articles"),
        visited.scalar_subquery().label("last_visit_at"),
    ).order_by(sources.c.name)
    return [SourceRow(**row._mapping) for row in connection.execute(query)]


def names(connection: sa.Connection) -> list[str]:
    return list(connection.scalars(sa.select(sources.c.name).order_by(sources.c.name)))


def remove_source(connection: sa.Connection, name: str) -> bool:
    return connection.execute(sa.delete(sources).where(sources.c.name == name)).rowcount > 0


def roots(connection: sa.Connection, name: str) -> list[Target]:
    query = (
        sa.select(targets)
        .where(targets.c.source == name, targets.c.discovered_via == CONFIG, targets.c.due_at.is_not(None))
        .order_by(targets.c.priority, targets.c.id)
    )
    return [to_target(row) for row in connection.execute(query)]


def is_off(connection: sa.Connection, name: str) -> bool:
    off = sa.select(sources.c.name).where(sources.c.name == name, sources.c.enabled.is_(False))
    return connection.execute(off).first() is not None


def has_source(connection: sa.Connection, name: str) -> bool:
    found = driver(connection).execute("SELECT 1 FROM sources WHERE name = ?", (clean_text(name),))
    return found.fetchone() is not None
