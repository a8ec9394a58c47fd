"""How the crawl and its database are doing."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipelines.items import HostState, Kind, Outcome
from pipelines.store.database import Database, driver
from pipelines.store.fields import written
from pipelines.store.hosts import list_hosts
from pipelines.store.migrations import HEAD
from pipelines.store.schema import NO_ARTICLE, articles, sources, targets, visits
from pipelines.store.spans import SPANS, listed
from pipelines.store.targets import count_due, next_due_at

_HOUR = timedelta(hours=1)
HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Targets by kind, and those of enabled sources due now; `oldest_due_at` is the earliest due time, past
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
    articles, revisions, visits, targets and sources; they are read off row numbers: that of targets, and of
    articles to visit in `queue`, is too high where sources were removed."""

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


_ENABLED = sources.c.enabled.is_(True)
_NOW: sa.BindParameter[datetime] = sa.bindparam("now", type_=targets.c.due_at.type)
_KNOWN_ROOTS = sa.select(targets.c.kind, sa.func.count()).where(NO_ARTICLE).group_by(targets.c.kind)
_OF_SOURCE = targets.c.source == sources.c.name
_DUE_ROOTS = (
    sa.select(targets.c.kind, sa.func.count())
    .join_from(sources, targets, _OF_SOURCE)
    .where(_ENABLED, NO_ARTICLE, targets.c.due_at <= _NOW)
    .group_by(targets.c.kind)
)
_NEXT = sa.select(sa.func.min(targets.c.due_at)).where(_OF_SOURCE, targets.c.due_at > _NOW)
_NEXT_DUE = sa.select(sa.func.min(_NEXT.scalar_subquery(), type_=targets.c.due_at.type)).where(_ENABLED)
_NEWEST = sa.select(visits.c.ended_at).order_by(visits.c.id.desc()).limit(1)
# Of each outcome and hour a range of an index that holds all of it: only counted, it is ten times as fast as
# grouped.
_RATES = f"""
    WITH {SPANS}, outcome (word) AS (SELECT value FROM json_each(:outcomes))
    SELECT word, span.number, (
        SELECT count(*) FROM visits
        WHERE visits.outcome = word AND ended_at >= span.begins AND ended_at < span.ends)
    FROM outcome CROSS JOIN span
"""  # noqa: S608 - a text of ours
_BYTES = """
    SELECT sum((SELECT sum(bytes) FROM visits WHERE outcome = word.value AND ended_at >= :since))
    FROM json_each(:outcomes) AS word
"""
_WORDS = json.dumps(list(Outcome))


def _queue(connection: sa.Connection, now: datetime) -> Queue:
    known, due = _by_kind(connection, _KNOWN_ROOTS), _by_kind(connection, _DUE_ROOTS, now=now)
    # Articles are what is left: of them there are too many to be counted.
    known[Kind.ARTICLE] = max(_highest(connection, targets.c.id) - sum(known.values()), 0)
    due[Kind.ARTICLE] = count_due(connection, now, None) - sum(due.values())
    return Queue(
        targets=tuple(known.items()),
        due=tuple(due.items()),
        oldest_due_at=next_due_at(connection, None),
        next_due_at=connection.scalar(_NEXT_DUE, {"now": now}),
    )


def _by_kind(connection: sa.Connection, query: sa.Select[Any], **values: object) -> dict[Kind, int]:
    """Every kind, in order, those that were not counted with 0."""
    found = {Kind(kind): count for kind, count in connection.execute(query, values)}
    return {kind: found.get(kind, 0) for kind in Kind}


def _rates(connection: sa.Connection, now: datetime) -> Rates:
    begins = [now - ago * _HOUR for ago in range(HOURS, 0, -1)]
    rows = driver(connection).execute(_RATES, {"spans": listed(begins), "outcomes": _WORDS})
    day, hour, per_hour = Counter[Outcome](), Counter[Outcome](), [0] * HOURS
    for word, number, count in rows:
        day[Outcome(word)] += count
        per_hour[number] += count
        if number == HOURS - 1:
            hour[Outcome(word)] += count
    size = {"outcomes": _WORDS, "since": written(begins[0])}
    return Rates(
        outcomes_hour=tuple((+hour).most_common()),
        outcomes_day=tuple((+day).most_common()),
        per_hour=tuple(per_hour),
        bytes_day=driver(connection).execute(_BYTES, size).fetchone()[0] or 0,
        newest_at=connection.scalar(_NEWEST),
    )


def _counts(connection: sa.Connection) -> list[tuple[str, int]]:
    """Row numbers are given in order: the highest is the number of rows, as long as none were taken away. Of
    visits the oldest are."""
    first = connection.scalar(sa.select(sa.func.min(visits.c.id))) or 1
    return [
        ("articles", _highest(connection, articles.c.pk)),
        (
            "revisions",
            connection.exec_driver_sql("SELECT coalesce(max(rowid), 0) FROM revisions").scalar() or 0,
        ),
        ("visits", _highest(connection, visits.c.id) - first + 1),
        ("targets", _highest(connection, targets.c.id)),
        ("sources", connection.scalar(sa.select(sa.func.count()).select_from(sources)) or 0),
    ]


def _highest(connection: sa.Connection, column: sa.Column[int]) -> int:
    return connection.scalar(sa.select(sa.func.max(column))) or 0


def _space(path: Path | None) -> Space:
    if path is None:
        return Space(database=0, free=None)
    parts = [path, path.with_name(path.name + "-wal")]
    size = sum(part.stat().st_size for part in parts if part.exists())
    return Space(database=size, free=shutil.disk_usage(path.absolute().parent).free)
