"""When a target is looked at next: pure functions of the visit that just ended.

Intervals are fixed for now: the source's shortest one after a success, doubling up to its longest one
after failures. What is learned from each poll will come in at `next_due`, and nowhere else.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.items import FAILURES, Kind, Outcome, Visit

# An article is read again for corrections at these ages; corrections come early or not at all.
REREAD = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)
# Media Cloud gives a story up after 10 tries as well.
MAX_ARTICLE_FAILURES = 10
ARTICLE_RETRY = timedelta(minutes=5)
ROBOTS_RETRY = timedelta(days=1)

_READ = frozenset({Outcome.STORED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.NOT_MODIFIED})


def next_due(
    visit: Visit, *, min_interval: timedelta, max_interval: timedelta, jitter: float = 0.0
) -> datetime | None:
    """The time of the next visit, or None for never.

    `jitter` is a share, 0 to 1, that the wait is lengthened by, drawn by the caller: sources that were
    added together would otherwise be polled together for ever. The ended visit carries its outcome and
    `ended_at`, and its target the failures and visits before it.
    """
    wait = _article_wait(visit) if visit.target.kind is Kind.ARTICLE else None
    if visit.target.kind is not Kind.ARTICLE:
        wait = _root_wait(visit, min_interval=min_interval, max_interval=max_interval)
    if wait is None or visit.ended_at is None:
        return None
    return visit.ended_at + wait * (1 + jitter)


def _root_wait(visit: Visit, *, min_interval: timedelta, max_interval: timedelta) -> timedelta:
    if visit.outcome in FAILURES or visit.outcome is Outcome.GONE:
        return _doubled(min_interval, visit.target.failures + 1, max_interval)
    if visit.outcome is Outcome.ROBOTS:
        return max(ROBOTS_RETRY, min_interval)
    # The second and further pages of a listing change only as the first one pushes articles down.
    return min_interval if visit.target.depth < 2 else max_interval


def _article_wait(visit: Visit) -> timedelta | None:
    target = visit.target
    if visit.outcome in _READ:
        return REREAD[target.visits] if target.visits < len(REREAD) else None
    if visit.outcome in FAILURES:
        if target.failures + 1 >= MAX_ARTICLE_FAILURES:
            return None
        return _doubled(ARTICLE_RETRY, target.failures, timedelta(days=1))
    return ROBOTS_RETRY if visit.outcome is Outcome.ROBOTS and target.visits < len(REREAD) else None


def _doubled(base: timedelta, times: int, cap: timedelta) -> timedelta:
    # 2**16 times any base is beyond every cap; the bound keeps timedelta from overflowing.
    factor: int = 2 ** min(times, 16)
    return max(min(base * factor, cap), min(base, cap))
