"""What is remembered of hosts: until when they are left alone, when they were asked, their robots.txt."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.items import HostState, Kind, OriginFile
from pipelines.store.schema import PRIORITY, hosts, robots, sources, targets, visits
from pipelines.store.types import clean_text

# Visits looked through at once, from the newest back, for the times that hosts were asked last.
_CHUNK = 1000


def list_hosts(connection: sa.Connection) -> list[HostState]:
    return [HostState(**row._mapping) for row in connection.execute(sa.select(hosts))]


def keep_hosts(connection: sa.Connection, states: Iterable[HostState]) -> None:
    """A host of which nothing needs to be remembered any more has no row."""
    for state in states:
        if state == HostState(host=state.host):
            connection.execute(sa.delete(hosts).where(hosts.c.host == clean_text(state.host)))
            continue
        values = asdict(state)
        upsert = insert(hosts).values(values)
        connection.execute(upsert.on_conflict_do_update(index_elements=["host"], set_=values))


def forgive(connection: sa.Connection, of_sources: Collection[str], others: Collection[str]) -> None:
    """Let these sources' hosts, and the `others`, be tried at once, unless they asked to be left alone.

    Their failures stay counted: if they fail again, they are left alone for longer.
    """
    theirs = sa.exists().where(
        targets.c.source.in_(sorted(of_sources)),
        targets.c.host == hosts.c.host,
        targets.c.due_at.is_not(None),
    )
    named = sa.or_(theirs, hosts.c.host.in_(sorted(others)))
    waiting = sa.and_(hosts.c.asked.is_(False), hosts.c.not_before.is_not(None))
    connection.execute(sa.update(hosts).where(waiting, named).values(not_before=None))


def waiting(
    connection: sa.Connection, now: datetime, of_sources: Collection[str], roots_since: datetime | None
) -> list[tuple[HostState, int]]:
    """The hosts left alone now, with the number of these sources' targets that would be due there."""
    is_due = targets.c.due_at <= now
    if roots_since is not None:
        unread = sa.or_(targets.c.last_visited_at.is_(None), targets.c.last_visited_at < roots_since)
        own = sa.and_(targets.c.priority < PRIORITY[Kind.ARTICLE], targets.c.due_at.is_not(None), unread)
        is_due = sa.or_(is_due, own)
    due = (
        sa.select(sa.func.count())
        .select_from(targets.join(sources, sources.c.name == targets.c.source))
        .where(
            targets.c.source.in_(sorted(of_sources)),
            targets.c.host == hosts.c.host,
            is_due,
            sources.c.enabled.is_(True),
        )
        .scalar_subquery()
    )
    query = sa.select(hosts, due.label("due")).where(hosts.c.not_before > now).order_by(hosts.c.not_before)
    found = []
    for row in connection.execute(query):
        values = dict(row._mapping)
        count = values.pop("due")
        found.append((HostState(**values), count))
    return found


def asked_since(connection: sa.Connection, since: datetime) -> list[tuple[str, datetime]]:
    """(address, when) of what was asked for since then, as far as it is on record, the newest first."""
    query = sa.select(visits.c.url, visits.c.final_url, visits.c.ended_at).order_by(visits.c.id.desc())
    found: list[tuple[str, datetime]] = []
    # The log is in the order of time: the first row that is older ends the search.
    for row in connection.execution_options(yield_per=_CHUNK).execute(query):
        if row.ended_at < since:
            break
        found += [(url, row.ended_at) for url in {row.url, row.final_url or row.url}]
    fetched = sa.select(robots.c.origin, robots.c.fetched_at).where(robots.c.fetched_at >= since)
    return found + [(origin, at) for origin, at in connection.execute(fetched)]


def origin_file(connection: sa.Connection, origin: str) -> OriginFile | None:
    row = connection.execute(sa.select(robots).where(robots.c.origin == clean_text(origin))).first()
    return None if row is None else OriginFile(**row._mapping)


def keep_origin_file(connection: sa.Connection, file: OriginFile) -> None:
    values = asdict(file)
    upsert = insert(robots).values(values)
    connection.execute(upsert.on_conflict_do_update(index_elements=["origin"], set_=values))
