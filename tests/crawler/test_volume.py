from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crawler.schedule.plan import Rhythm
from crawler.schedule.volume import expected_daily

MONDAY = date(2026, 11, 2)
WEEK = [MONDAY + timedelta(days=day) for day in range(7)]


def rhythm(weekday: int, weekend: int, *, weeks: int = 6) -> Rhythm:
    """Of a feed that was polled every hour, with so many articles a day at even distances."""
    found = Rhythm()
    at = datetime(2026, 9, 7, tzinfo=UTC)
    for day in range(7 * weeks):
        count = weekday if day % 7 < 5 else weekend
        times = [at + timedelta(days=day, hours=24 * (number + 0.5) / count) for number in range(count)]
        for hour in range(1, 25):
            until = at + timedelta(days=day, hours=hour)
            new = [when for when in times if until - timedelta(hours=1) < when <= until]
            found.news.learn(found.rate.seen_until, until, new)
            found.rate.learn(until, new)
    return found


def test_what_is_expected_follows_the_days_of_the_week() -> None:
    week = expected_daily([rhythm(24, 4).record()], WEEK)
    assert week[:5] == pytest.approx([24] * 5, rel=0.25)
    assert week[5:] == pytest.approx([4] * 2, rel=0.5)
    assert expected_daily([rhythm(24, 4).record()], WEEK[::-1]) == week[::-1]


def test_targets_add_up_and_those_that_know_nothing_say_nothing() -> None:
    one = rhythm(6, 6, weeks=2).record()
    twice = expected_daily([one, None, {}, Rhythm().record(), one], WEEK)
    assert twice == pytest.approx([2 * each for each in expected_daily([one], WEEK)])
    assert expected_daily([], WEEK) == [0.0] * 7
    assert expected_daily([one], []) == []
