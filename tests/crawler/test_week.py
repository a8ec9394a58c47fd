"""Hours of the week and what is learned of them."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.schedule.week import Habits, Week, clock

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = [1 + 0.8 * math.sin(2 * math.pi * hour / 24) for hour in range(24)]
DAYS = [1.2] * 5 + [0.5] * 2


def seen(habits: Habits, weeks: int, *, level: float, dated: bool = True) -> Habits:
    dice, week = random.Random(1), Week(HOURS, DAYS)
    for hour in range(168 * weeks):
        count = sum(dice.random() < level * week.weigh(hour, hour + 1) / 50 for _ in range(50))
        habits.watch(hour, hour + 1)
        if dated:
            habits.count(hour + 0.5, count)
        else:
            habits.spread(hour, hour + 1, count, week)
    return habits


def test_the_clock_begins_on_a_monday() -> None:
    assert clock(MONDAY) % 168 == 0
    assert clock(MONDAY + timedelta(minutes=90)) - clock(MONDAY) == pytest.approx(1.5)


@given(st.floats(0, 400), st.floats(0, 400), st.floats(0, 400))
def test_weights_add_up(begin: float, first: float, second: float) -> None:
    week = Week(HOURS, DAYS)
    whole = week.weigh(begin, begin + first + second)
    assert whole == pytest.approx(
        week.weigh(begin, begin + first) + week.weigh(begin + first, begin + first + second), abs=1e-6
    )
    assert week.weigh(begin, begin + 168) == pytest.approx(168)


@pytest.mark.parametrize("dated", [True, False])
def test_day_and_week_are_found(dated: bool) -> None:
    habits = seen(Habits(), 8, level=2.0, dated=dated)
    assert habits.day() == pytest.approx(HOURS, abs=0.2)
    assert habits.week() == pytest.approx(DAYS, abs=0.15)


def test_a_few_articles_are_no_profile() -> None:
    """Ten articles swing the day less than a tenth of what single hours would say; none leave it flat."""
    assert Habits().day() == [1.0] * 24
    assert Habits().week() == [1.0] * 7
    habits = seen(Habits(), 1, level=0.06)
    assert max(habits.day()) < 3
    assert min(habits.day()) > 0
    assert 0.6 < min(habits.week()) <= max(habits.week()) < 1.5


def test_old_evidence_fades() -> None:
    habits = seen(Habits(), 2, level=2.0)
    before = sum(habits.hours)
    habits.fade(24.0 * 70)
    assert sum(habits.hours) == pytest.approx(before / math.e)
