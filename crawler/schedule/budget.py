"""The budget of polls, and the price at which it is just used up. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from crawler.schedule.polling import UNBOUNDED, Demand, price_of
from crawler.schedule.rates import HOUR

# What one day's polls of debt raise the price by (e to this power). Low, for nights and weekends are to save
# for busy days and not to be evened out.
_GAIN = 0.5
# Days of polls that may be saved or owed.
_SAVED, _OWED = 3.0, 3.0


class Budget:
    """Polls an hour that may be spent on average, and what a poll must be worth so that they last.

    The price that the expected rates ask for is corrected by what is owed: bursts and learning cost polls that
    no expectation has, so the debt is the integral that keeps the mean at `per_hour`. None means no budget.
    """

    def __init__(self, *, per_hour: float | None) -> None:
        self.per_hour = per_hour
        self.price = UNBOUNDED
        self._debt = 0.0
        self._settled_at: datetime | None = None

    def spend(self, now: datetime) -> None:
        """One poll is made."""
        self._debt += 1

    def renew(self, now: datetime, demands: Iterable[Demand]) -> None:
        """Set the price anew, from what the targets ask for and what is owed."""
        if self.per_hour is None:
            return
        day = 24 * self.per_hour
        if self._settled_at is not None:
            self._debt -= (now - self._settled_at).total_seconds() / HOUR * self.per_hour
            self._debt = min(max(self._debt, -_SAVED * day), _OWED * day)
        self._settled_at = now
        base = price_of(demands, polls_per_hour=self.per_hour)
        value = base.value * math.exp(_GAIN * self._debt / day)
        self.price = replace(base, value=max(value, UNBOUNDED.value))
