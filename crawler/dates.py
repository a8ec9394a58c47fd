"""Dates as a person types them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pipelines.errors import UsageError

_AGO = re.compile(r"(\d+)\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str, now: datetime) -> datetime:
    """A point in time, UTC: `2026-11-01`, `2026-11-01T08:30` (UTC if it names no zone), or `3d` before now.

    Units are m, h, d and w. Raises UsageError.
    """
    text = text.strip()
    ago = _AGO.fullmatch(text.lower())
    try:
        if ago is not None:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"not a date: {text!r} (want 2026-11-01, 2026-11-01T08:30 or 3d, 12h, 2w)"
        ) from error
