"""How the crawl and its database are doing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipelines.items import HostState, Kind, Outcome
from pipelines.store.database import Database
from pipelines.store.hosts import list_hosts
from pipelines.store.migrations import HEAD
from pipelines.store.schema import articles, revisions, sources, targets, visits

_HOUR = timedelta(hours=1)
HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Targets of enabled sources by kind, and those due now; `oldest_due_at` is the earliest due time, past
    ones included, `next_due_at` the earliest that is still to come."""

    targets: tuple[tuple[Kind, int], ...]
    due: tuple[tuple[Kind, int], ...]
    oldest_due_at: datetime | None
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Visits that ended: by outcome in the last hour and in 24 hours, the highest first; of each of the last
    24 hours, the oldest first; bytes of bodies in 24 hours; when the newest one ended."""

    outcomes_hour: tuple[tuple[Outcome, int], ...]
    outcomes_day: tuple[tuple[Outcome, int], ...]
    per_hour: tuple[int, ...]
    bytes_day: int
    newest_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Bytes of the database (with its log, 0 for one in memory) and free on its disk (None: unknown)."""

    database: int
    free: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """`left_alone` are the hosts that nobody is sent to now, those free first first. `counts` are rows of
    articles, revisions, visits, targets and sources; they are read off row numbers: exact as long as no
    source was removed, a little high afterwards."""

    queue: Queue
    rates: Rates
    left_alone: tuple[HostState, ...]
    counts: tuple[tuple[str, int], ...]
    space: Space
    schema_version: str


def system(connection: sa.Connection, database: Database, now: datetime) -> System:
    resting = [
        host for host in list_hosts(connection) if host.not_before is not None and host.not_before > now
    ]
    return System(
        queue=_queue(connection, now),
        rates=_rates(connection, now),
        left_alone=tuple(sorted(resting, key=lambda host: (host.not_before or now, host.host))),
        counts=tuple(_counts(connection)),
        space=_space(database.path),
        schema_version=HEAD,
    )


def _queue(connection: sa.Connection, now: datetime) -> Queue:
    known = sa.select(targets.c.kind, sa.func.count()).group_by(targets.c.kind)
    active = targets.join(sources, sources.c.name == targets.c.source)
    due = (
        sa.select(targets.c.kind, sa.func.count())
        .select_from(active)
        .where(sources.c.enabled.is_(True), targets.c.due_at <= now)
        .group_by(targets.c.kind)
    )
    earliest = sa.select(sa.func.min(targets.c.due_at)).select_from(active).where(sources.c.enabled.is_(True))
    return Queue(
        targets=_by_kind(connection, known),
        due=_by_kind(connection, due),
        oldest_due_at=connection.scalar(earliest),
        next_due_at=connection.scalar(earliest.where(targets.c.due_at > now)),
    )


def _by_kind(connection: sa.Connection, query: sa.Select[Any]) -> tuple[tuple[Kind, int], ...]:
    found = {Kind(kind): count for kind, count in connection.execute(query)}
    return tuple((kind, found.get(kind, 0)) for kind in Kind)


def _rates(connection: sa.Connection, now: datetime) -> Rates:
    counts = []
    for ago in range(HOURS, 0, -1):
        begin = now - ago * _HOUR
        query = sa.select(sa.func.count()).where(visits.c.ended_at >= begin)
        if ago > 1:
            query = query.where(visits.c.ended_at < begin + _HOUR)
        counts.append(connection.scalar(query) or 0)
    day = now - HOURS * _HOUR
    size = sa.select(sa.func.coalesce(sa.func.sum(visits.c.bytes), 0)).where(visits.c.ended_at >= day)
    return Rates(
        outcomes_hour=_outcomes(connection, now - _HOUR),
        outcomes_day=_outcomes(connection, day),
        per_hour=tuple(counts),
        bytes_day=connection.scalar(size) or 0,
        newest_at=connection.scalar(sa.select(sa.func.max(visits.c.ended_at))),
    )


def _outcomes(connection: sa.Connection, since: datetime) -> tuple[tuple[Outcome, int], ...]:
    count = sa.func.count()
    query = (
        sa.select(visits.c.outcome, count)
        .where(visits.c.ended_at >= since)
        .group_by(visits.c.outcome)
        .order_by(count.desc(), visits.c.outcome)
    )
    return tuple((Outcome(outcome), number) for outcome, number in connection.execute(query))


def _counts(connection: sa.Connection) -> list[tuple[str, int]]:
    tables = (articles, revisions, visits, targets, sources)
    return [
        (table.name, connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
        for table in tables
    ]


def _space(path: Path | None) -> Space:
    if path is None:
        return Space(database=0, free=None)
    parts = [path, path.with_name(path.name + "-wal")]
    size = sum(part.stat().st_size for part in parts if part.exists())
    return Space(database=size, free=shutil.disk_usage(path.absolute().parent).free)
