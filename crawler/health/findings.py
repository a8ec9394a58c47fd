"""The closed list of what may be found of a source's health, and a finding. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Trouble(StrEnum):
    """What is wrong with a source: one of these words, the same in log, store, command and docs."""

    SILENT = "silent"
    FAILING = "failing"
    BLOCKED = "blocked"
    DRIFTING = "drifting"
    REDIRECTED = "redirected"
    CERTIFICATE = "certificate"
    GAP = "gap"


TROUBLE_MEANING: Mapping[Trouble, str] = {
    Trouble.SILENT: "nothing new for longer than its past explains",
    Trouble.FAILING: "a feed, sitemap or listing of its own fails again and again",
    Trouble.BLOCKED: "the server refuses us again and again, or shows a challenge page",
    Trouble.DRIFTING: "what is read of its articles is not what it was",
    Trouble.REDIRECTED: "a feed, sitemap or listing of its own ends at another site",
    Trouble.CERTIFICATE: "a certificate has ended or is about to",
    Trouble.GAP: "polls showed nothing but new entries: some may have been missed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One trouble of one source: `detail` is a line for a person, `since` when it began.

    `probability`: that a usual month brings such a silence; None of other troubles.
    """

    source: str
    trouble: Trouble
    detail: str
    since: datetime
    probability: float | None = None


def rounded(length: timedelta) -> str:
    """A length of time as a person says it: its largest unit, and the next one if there is any of it."""
    minutes = max(int(length.total_seconds() // 60), 0)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days >= 10:
        return f"{days}d"
    parts = [(days, "d"), (hours, "h"), (minutes, "m")]
    first = next((place for place, (count, _) in enumerate(parts) if count), 2)
    return "".join(f"{count}{unit}" for count, unit in parts[first : first + 2] if count) or "0m"


def stamp(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"
