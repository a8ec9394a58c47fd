"""A clock that lives the last days through once more, as fast as there is nothing to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# How far it jumps when nothing is due any more: the sample outlets publish every few hours.
STEP = timedelta(hours=2)


class DayClock:
    """Says the time of `days` ago to begin with; it goes as true time does and is moved on by jumps."""

    def __init__(self, days: float, *, step: timedelta = STEP) -> None:
        self._behind = timedelta(days=days)
        self._step = step

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self._behind

    def move_on(self) -> bool:
        """Jump ahead; False when it says the true time already."""
        if not self._behind:
            return False
        self._behind = max(timedelta(0), self._behind - self._step)
        return True
