"""What a clock that was ahead has planned would wait until that time comes: due times, hosts left alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from pipelines.store.schema import alerts, channels, hosts, robots, targets, visits
from pipelines.store.types import UtcDateTime

# Clocks are set right by seconds all the time.
AHEAD = timedelta(minutes=10)
# A host may ask to be left alone for a day at most.
_LONGEST_REST = timedelta(days=1)
# A channel that fails rests an hour at most, or as long as it asks for.
_LONGEST_WAIT = timedelta(days=1)
# Among so many of the newest visits a clock that was ahead has left one.
_NEWEST = 1000


def mend(connection: sa.Connection, now: datetime) -> int:
    """Let what was planned by a clock that was ahead be due now; the number of targets. 0 when none was.

    Dates of articles and of the log stay as they were written.
    """
    newest = sa.select(visits.c.ended_at).order_by(visits.c.id.desc()).limit(_NEWEST).subquery()
    latest = connection.scalar(sa.select(sa.func.max(newest.c.ended_at, type_=UtcDateTime)))
    if latest is None or latest <= now + AHEAD:
        return 0
    _mend_hosts(connection, now)
    _mend_alerts(connection, now)
    seen = targets.c.last_visited_at
    planned = sa.and_(
        targets.c.due_at.is_not(None),
        sa.or_(seen > now + AHEAD, sa.and_(seen.is_(None), targets.c.due_at > now + AHEAD)),
    )
    # A crawl by hand asks for whatever it has not visited since it began.
    before = sa.case((seen.is_not(None), sa.literal(now - timedelta(seconds=1), UtcDateTime)))
    return connection.execute(
        sa.update(targets).where(planned).values(due_at=now, last_visited_at=before)
    ).rowcount


def _mend_alerts(connection: sa.Connection, now: datetime) -> None:
    """What arose in the future is due; a channel rests an hour at most."""
    late = sa.and_(alerts.c.sent_at.is_(None), alerts.c.at > now + AHEAD)
    connection.execute(sa.update(alerts).where(late).values(due_at=now))
    connection.execute(
        sa.update(channels).where(channels.c.not_before > now + _LONGEST_WAIT).values(not_before=now)
    )


def _mend_hosts(connection: sa.Connection, now: datetime) -> None:
    late = hosts.c.not_before > now
    connection.execute(sa.update(hosts).where(late, hosts.c.asked.is_(False)).values(not_before=None))
    last = now + _LONGEST_REST
    connection.execute(sa.update(hosts).where(hosts.c.not_before > last).values(not_before=last))
    connection.execute(sa.update(robots).where(robots.c.fetched_at > now + AHEAD).values(expires_at=now))
