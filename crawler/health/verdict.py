"""All that is wrong with one source. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.health.drift import drifting
from crawler.health.findings import Finding, Trouble, rounded, stamp
from crawler.health.reach import certificates, missed, redirected, unreachable
from crawler.schedule.plan import Rhythm
from crawler.schedule.silence import Silence, silence

if TYPE_CHECKING:
    from pipelines.store.health import History

# A probability below this is not said in figures: no model of the world is that good.
_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is found of one source, in the order of Trouble; `weekly` are its usual articles a week."""

    source: str
    findings: tuple[Finding, ...]
    visited_at: datetime | None
    article_at: datetime | None
    weekly: float | None


def judged(history: History, now: datetime) -> Verdict:
    """The verdict on a source. One that was never visited has no findings."""
    rhythms = [Rhythm.of(root.rhythm) for root in history.roots]
    quiet = silence([(rhythm.rate, rhythm.news) for rhythm in rhythms])
    findings = (
        *_silent(history.source, quiet, now),
        *unreachable(history, now),
        *drifting(history),
        *redirected(history),
        *certificates(history, now),
        *missed(history),
    )
    return Verdict(
        source=history.source,
        findings=findings,
        visited_at=history.visited_at,
        article_at=history.article_at,
        weekly=None if quiet is None else quiet.weekly,
    )


def _silent(source: str, quiet: Silence | None, now: datetime) -> Iterator[Finding]:
    if quiet is None or not quiet.reported:
        return
    probability = max(quiet.expected, _SMALLEST)
    below = "below " if quiet.expected < _SMALLEST else ""
    detail = (
        f"nothing new for {rounded(now - quiet.since)}, since {stamp(quiet.since)}; the longest gap in the "
        f"30 days before was {rounded(quiet.longest)}; probability of such a silence in a usual month "
        f"{below}1 in {1 / probability:,.0f}"
    )
    yield Finding(
        source=source, trouble=Trouble.SILENT, detail=detail, since=quiet.since, probability=probability
    )
