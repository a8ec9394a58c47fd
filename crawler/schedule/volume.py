"""How many articles a source is expected to name on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from crawler.schedule.plan import Rhythm

_HOURS = 24


def expected_daily(rhythms: Iterable[Mapping[str, Any] | None], days: Sequence[date]) -> list[float]:
    """The usual number of new articles on each of these days (UTC), from what is kept of a source's feeds,
    sitemaps and listings: the sum of their usual rates, each by its own days of the week.

    A target that never named anything new says nothing. What is expected are articles that are named: some
    of them turn out to be none.
    """
    week = [0.0] * 7
    for record in rhythms:
        rhythm = Rhythm.of(record)
        if rhythm.news.times:
            hourly = rhythm.rate.level()[1]
            week = [
                known + _HOURS * hourly * factor
                for known, factor in zip(week, rhythm.rate.habits.week(), strict=True)
            ]
    return [week[day.weekday()] for day in days]
