"""Lengths of time as a person writes them: "5m", "1h30m", "1d", or a number of seconds. Pure."""

from __future__ import annotations

import math
import re
from datetime import timedelta

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
# Each unit at most once, the longest first: "90m" and "1h30m" are clear, "30m1h" is more likely a slip.
_WRITTEN = re.compile(r"\s*".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?)\s*{unit})?" for unit in _UNITS), re.ASCII)
# Longer than anything sensible here, and far below what timedelta can hold.
LONGEST = timedelta(days=3660)


def parse_duration(value: object) -> timedelta:
    """The duration that a text or a number of seconds means. Raises ValueError with a line for a person."""
    seconds = _seconds(value)
    if seconds is None:
        raise ValueError(f'not a duration: {_shown(value)} (say "5m", "1h30m", "1d" or a number of seconds)')
    if not 0 <= seconds <= LONGEST.total_seconds():
        raise ValueError(f"out of range: {_shown(value)}")
    return timedelta(seconds=seconds)


def _seconds(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        found = _WRITTEN.fullmatch(value.strip()) if len(value) <= 80 else None
        if found is None or not any(found.groupdict().values()):
            return None
        return sum(float(number) * _UNITS[unit] for unit, number in found.groupdict().items() if number)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # math.inf for what no float can hold: it is out of range, not misspelt.
        return None if isinstance(value, float) and math.isnan(value) else min(value, math.inf)
    return None


def format_duration(duration: timedelta) -> str:
    """The shortest spelling that parse_duration reads back: 90 minutes are "1h30m"."""
    left = duration.total_seconds()
    parts = []
    for unit in ("d", "h", "m"):
        count, left = divmod(left, _UNITS[unit])
        if count:
            parts.append(f"{int(count)}{unit}")
    if left or not parts:
        parts.append(f"{left:.6f}".rstrip("0").rstrip(".") + "s")
    return "".join(parts)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
