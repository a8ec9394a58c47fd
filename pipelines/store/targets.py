"""The due table: which address is looked at next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.items import Kind, Link, Target, Visit
from pipelines.limits import LIMIT_OF, Limits
from pipelines.store.schema import PRIORITY, article_urls, priority, sources, targets
from pipelines.store.types import UtcDateTime, clean_text

_CHUNK = 500
MANUAL = "manual"

# The hosts of each source are found by skipping through the index from one to the next, and of each host
# only the first few due rows are read, again from the index: the cost grows with the number of hosts, not
# with that of due targets. A sitemap may name 50,000 addresses of one host. Hosts to be left alone for now
# are passed over whole.
_DUE = """
WITH RECURSIVE
lane (source, host) AS (
    SELECT s.name,
        (SELECT min(t.host) FROM targets t WHERE t.source = s.name AND t.due_at IS NOT NULL)
    FROM sources s WHERE s.enabled {of_sources}
    UNION ALL
    SELECT lane.source,
        (SELECT min(t.host) FROM targets t
         WHERE t.source = lane.source AND t.host > lane.host AND t.due_at IS NOT NULL)
    FROM lane WHERE lane.host IS NOT NULL
),
rung (priority) AS (VALUES (0), (1), (2), (3), (4)),
candidate AS (
    SELECT t.id, t.host, t.priority, t.due_at, t.hint_published_at
    FROM lane CROSS JOIN rung CROSS JOIN targets t
    WHERE lane.host IS NOT NULL {not_busy} {free} AND rung.priority >= {first_rung}
    AND t.id IN (
        SELECT i.id FROM targets i
        WHERE i.source = lane.source AND i.host = lane.host AND i.priority = rung.priority
        AND i.due_at <= :now
        ORDER BY i.due_at, i.hint_published_at DESC, i.id LIMIT :per_host)
    {roots}
),
ranked AS (
    SELECT *, row_number() OVER (
        PARTITION BY host ORDER BY priority, due_at, hint_published_at DESC, id) AS place
    FROM candidate
)
SELECT {columns} FROM ranked JOIN targets USING (id) WHERE place <= :per_host
ORDER BY ranked.priority, ranked.due_at, ranked.hint_published_at DESC, id LIMIT :limit
"""
_FREE = "AND lane.host NOT IN (SELECT h.host FROM hosts h WHERE h.not_before > :now)"
_COLUMNS = ", ".join(f"targets.{column.name}" for column in targets.c)
_UNREAD_ROOTS = """
    UNION ALL
    SELECT t.id, t.host, t.priority, t.due_at, t.hint_published_at
    FROM lane CROSS JOIN rung CROSS JOIN targets t
    WHERE lane.host IS NOT NULL {not_busy} {free} AND rung.priority < 3
    AND t.id IN (
        SELECT i.id FROM targets i
        WHERE i.source = lane.source AND i.host = lane.host AND i.priority = rung.priority
        AND i.due_at IS NOT NULL AND (i.last_visited_at IS NULL OR i.last_visited_at < :roots_since)
        ORDER BY i.due_at, i.hint_published_at DESC, i.id LIMIT :per_host)
"""


def to_target(row: sa.Row[Any]) -> Target:
    values = dict(row._mapping)
    del values["priority"]
    return Target(**{**values, "kind": Kind(values["kind"])})


def new_row(source: str, link: Link, *, via: str, depth: int, now: datetime) -> dict[str, object] | None:
    """A link's row, due now; None when its URL has no host."""
    # Late, for it loads the list of public suffixes, and those who only read need not wait for that.
    from pipelines.urls import host_of

    url = clean_text(link.url)
    host = host_of(url)
    if not host:
        return None
    return {
        "url": url,
        "kind": link.kind.value,
        "priority": priority(link.kind, depth + link.depth),
        "host": host,
        "source": source,
        "due_at": now,
        "failures": 0,
        "visits": 0,
        "depth": depth + link.depth,
        "discovered_via": via,
        "hint_title": link.title,
        "hint_published_at": link.published_at,
        "found_at": now,
        "guid": link.guid,
    }


def add_targets(
    connection: sa.Connection, source: str, links: Iterable[Link], *, via: str, depth: int, now: datetime
) -> list[Link]:
    """Those that were new. Known URLs stay as they are.

    Other addresses of a stored article are left out, but for those that a person asked for.
    """
    named: dict[str, Link] = {}
    for link in links:
        named.setdefault(clean_text(link.url), link)
    rest = iter(named.items())
    added: list[Link] = []
    while chunk := dict(islice(rest, _CHUNK)):
        for url in _known(connection, list(chunk), aliases=via != MANUAL):
            del chunk[url]
        rows = {
            url: row
            for url, link in chunk.items()
            if (row := new_row(source, link, via=via, depth=depth, now=now)) is not None
        }
        if rows:
            connection.execute(insert(targets), list(rows.values()))
        added += [chunk[url] for url in rows]
    return added


def _known(connection: sa.Connection, urls: list[str], *, aliases: bool) -> set[str]:
    known = set(connection.scalars(sa.select(targets.c.url).where(targets.c.url.in_(urls))))
    if aliases:
        known.update(connection.scalars(sa.select(article_urls.c.url).where(article_urls.c.url.in_(urls))))
    return known


def room(connection: sa.Connection, source: str, host: str, kind: Kind, limits: Limits) -> int:
    most: int = getattr(limits, LIMIT_OF[kind])
    there = (targets.c.source == source, targets.c.host == host, targets.c.due_at.is_not(None))
    some = sa.select(targets.c.id).where(*there, targets.c.kind == kind.value)
    if kind is Kind.ARTICLE:
        some = some.where(targets.c.visits == 0)
    counted = sa.select(sa.func.count()).select_from(some.limit(most).subquery())
    return most - (connection.scalar(counted) or 0)


def variants(connection: sa.Connection, path: str, kind: Kind) -> int:
    low, high = path + "?", path + "@"  # the character after the question mark
    if kind is not Kind.ARTICLE:
        known = sa.select(sa.func.count()).where(
            targets.c.url >= low, targets.c.url < high, targets.c.kind == kind.value
        )
        return connection.scalar(known) or 0
    aliases = sa.select(sa.func.count(), sa.func.count(sa.distinct(article_urls.c.article_id))).where(
        article_urls.c.url >= low, article_urls.c.url < high
    )
    addresses, of = connection.execute(aliases).one()
    return addresses if of == 1 else 0


def find_target(connection: sa.Connection, url: str) -> Target | None:
    row = connection.execute(sa.select(targets).where(targets.c.url == url)).first()
    return None if row is None else to_target(row)


def due(
    connection: sa.Connection,
    now: datetime,
    *,
    of_sources: Collection[str] | None,
    exclude_hosts: Collection[str],
    limit: int,
    roots_since: datetime | None,
    per_host: int,
) -> list[Target]:
    values: dict[str, Any] = {"now": now, "per_host": per_host, "limit": limit}
    if of_sources is not None:
        values["of_sources"] = sorted(of_sources)
    if exclude_hosts:
        values["busy"] = sorted(exclude_hosts)
    if roots_since is not None:
        values["roots_since"] = roots_since
    return [to_target(row) for row in connection.execute(_due_statement(values), values)]


def _due_statement(values: dict[str, Any]) -> sa.TextualSelect:
    not_busy = "AND lane.host NOT IN :busy" if "busy" in values else ""
    once = "roots_since" in values
    sql = _DUE.format(
        columns=_COLUMNS,
        of_sources="AND s.name IN :of_sources" if "of_sources" in values else "",
        not_busy=not_busy,
        free=_FREE,
        first_rung=PRIORITY[Kind.ARTICLE] if once else 0,
        roots=_UNREAD_ROOTS.format(not_busy=not_busy, free=_FREE) if once else "",
    )
    lists: list[sa.BindParameter[Any]] = [
        sa.bindparam(name, expanding=True) for name in ("of_sources", "busy") if name in values
    ]
    times = [sa.bindparam(name, type_=UtcDateTime) for name in ("now", "roots_since") if name in values]
    return sa.text(sql).bindparams(*lists, *times).columns(*targets.c)


def next_due_at(connection: sa.Connection, of_sources: Collection[str] | None) -> datetime | None:
    earliest = sa.select(sa.func.min(targets.c.due_at)).where(
        targets.c.source == sources.c.name, targets.c.due_at.is_not(None)
    )
    query = sa.select(sa.func.min(earliest.scalar_subquery(), type_=UtcDateTime)).select_from(sources)
    found: datetime | None = connection.scalar(query.where(*_enabled(of_sources)))
    return found


def count_due(connection: sa.Connection, now: datetime, of_sources: Collection[str] | None) -> int:
    # A range of the index for each source: joined, SQLite reads all that wait.
    due = sa.select(sa.func.count()).where(targets.c.source == sources.c.name, targets.c.due_at <= now)
    query = sa.select(sa.func.sum(due.scalar_subquery())).select_from(sources)
    return connection.scalar(query.where(*_enabled(of_sources))) or 0


def rhythms(connection: sa.Connection) -> list[tuple[str, str, Mapping[str, Any] | None]]:
    query = (
        sa.select(targets.c.source, targets.c.host, targets.c.rhythm)
        .join(sources, sources.c.name == targets.c.source)
        .where(
            sources.c.enabled.is_(True),
            targets.c.priority < PRIORITY[Kind.ARTICLE],
            targets.c.due_at.is_not(None),
        )
    )
    return [(source, host, rhythm) for source, host, rhythm in connection.execute(query)]


def catch_up(connection: sa.Connection, visit: Visit) -> None:
    """Entries of a feed may have been missed: the source's sitemaps and listings are due now."""
    assert visit.ended_at is not None
    others = sa.and_(
        targets.c.source == visit.target.source,
        targets.c.priority.in_((PRIORITY[Kind.SITEMAP], PRIORITY[Kind.LISTING])),
        targets.c.due_at > visit.ended_at,
        targets.c.url != visit.target.url,
    )
    connection.execute(sa.update(targets).where(others).values(due_at=visit.ended_at))


def _enabled(of_sources: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    named = [] if of_sources is None else [sources.c.name.in_(sorted(of_sources))]
    return [sources.c.enabled.is_(True), *named]
