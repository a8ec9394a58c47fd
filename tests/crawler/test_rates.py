"""What is learned of a target's publications, and what it makes of the next poll."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.schedule.budget import Budget, Budgets
from crawler.schedule.polling import UNBOUNDED, Demand, Price, demand, poll_at, price_of
from crawler.schedule.rates import HOUR, Rate

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
MINUTES, DAY = timedelta(minutes=5), timedelta(days=1)


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def watched(
    days: int,
    *,
    every: float,
    rates: list[float],
    dated: bool = True,
    seed: int = 1,
    rate: Rate | None = None,
) -> Rate:
    """Polled every so many hours; `rates` are articles an hour by hour of the day."""
    dice = random.Random(seed)
    rate = rate or Rate()
    first = 0.0 if rate.seen_until is None else (rate.seen_until - START).total_seconds() / HOUR
    if rate.seen_until is None:
        rate.learn(START, [])
    published: list[float] = []
    for hour in range(int(first), int(first) + days * 24):
        count = sum(dice.random() < rates[hour % 24] / 60 for _ in range(60))
        published += sorted(hour + dice.random() for _ in range(count))
    at = first
    while at < first + days * 24:
        new = [hours(when) for when in published if at < when <= at + every]
        at += every
        rate.learn(hours(at), new if dated else [None] * len(new))
    return rate


@pytest.mark.parametrize("true", [0.05, 0.5, 5.0])
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("every", [0.5, 12.0])
def test_the_rate_is_found_however_late_the_polls_are(true: float, dated: bool, every: float) -> None:
    _, usual = watched(40, every=every, rates=[true] * 24, dated=dated).level()
    assert true / 1.6 < usual < true * 1.6


def test_the_night_is_learned() -> None:
    rates = [0.05] * 6 + [3.0] * 16 + [0.05] * 2
    shape, days = watched(28, every=1.0, rates=rates).shape()
    assert max(shape[1:5]) < 0.35
    assert min(shape[8:20]) > 0.8
    assert sum(shape) == pytest.approx(24)
    assert sum(days) == pytest.approx(7)


def test_a_burst_is_followed_at_once_and_ends_by_itself() -> None:
    rate = watched(14, every=1.0, rates=[0.2] * 24)
    end = hours(14 * 24 + 0.5)
    calm = poll_at(rate, hours(14 * 24), price=Price(value=0.5), shortest=MINUTES, longest=DAY)
    rate.learn(end, [end - timedelta(minutes=minute) for minute in range(25, 0, -5)])
    now, usual = rate.level()
    assert now > 5 * usual
    excited = poll_at(rate, end, price=Price(value=0.5), shortest=MINUTES, longest=DAY)
    assert excited - end < (calm - hours(14 * 24)) / 3
    rate.learn(end + 2 * DAY, [])
    assert rate.level()[0] < 2 * usual


def test_a_lasting_change_becomes_the_usual() -> None:
    rate = watched(14, every=1.0, rates=[0.5] * 24)
    rate = watched(7, every=1.0, rates=[2.0] * 24, rate=rate, seed=2)
    assert 1.2 < rate.level()[1] < 2.6


def test_a_late_poll_is_no_sign_of_a_low_rate() -> None:
    """Nobody looked for ten days, and the articles came as before: dated or not."""
    for dated in (True, False):
        rate = watched(14, every=1.0, rates=[1.0] * 24)
        rate = watched(10, every=240.0, rates=[1.0] * 24, rate=rate, seed=3, dated=dated)
        assert 0.7 < rate.level()[1] < 1.4


def test_the_dates_of_the_first_poll_are_a_beginning() -> None:
    rate = Rate()
    rate.learn(hours(100), [hours(100 - number / 4) for number in range(40)])
    assert 2.5 < rate.level()[1] < 5.5
    without = Rate()
    without.learn(hours(100), [None] * 40)
    assert without.level()[1] == pytest.approx(0.6)


@given(
    st.lists(
        st.tuples(st.floats(0, 500), st.lists(st.one_of(st.none(), st.floats(-1e5, 1e5)), max_size=300)),
        max_size=6,
    )
)
def test_nothing_that_a_feed_says_breaks_it(polls: list[tuple[float, list[float | None]]]) -> None:
    rate, now = Rate(), START
    for wait, published in polls:
        now += timedelta(hours=wait)
        rate.learn(now, [None if at is None else now + timedelta(hours=at) for at in published])
        level, usual = rate.level()
        assert 0 < level < 1000
        assert math.isfinite(usual)
        assert Rate.of(json.loads(json.dumps(rate.record()))).level()[1] == pytest.approx(
            usual, rel=0.05, abs=0.01
        )
        due = poll_at(rate, now, price=UNBOUNDED, shortest=MINUTES, longest=DAY, page_size=20)
        assert now + MINUTES <= due <= now + DAY


def test_a_silent_target_is_never_forgotten() -> None:
    rate = watched(14, every=1.0, rates=[1.0] * 24)
    for month in range(1, 40):
        rate.learn(hours(14 * 24 + month * 720), [])
        rate = Rate.of(json.loads(json.dumps(rate.record())))
    assert 0 < rate.level()[1] < 0.01
    now = hours(14 * 24 + 39 * 720 + 1)
    rate.learn(now, [now - timedelta(minutes=20), now - timedelta(minutes=5)])
    assert rate.level()[0] > 0.01


@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(days=400), -timedelta(days=400)])
def test_wrong_dates_count_as_none(wrong: timedelta) -> None:
    """All of one date (that of the feed's making), in the future or long past: no burst, and the rate is found."""
    rate = Rate()
    rate.learn(START, [])
    for hour in range(6, 24 * 14, 6):
        rate.learn(hours(hour), [hours(hour) + wrong] * 6)
    now, usual = rate.level()
    assert 0.7 < usual < 1.5
    assert 0.7 < now < 1.5


def test_a_page_of_nothing_but_news_says_nothing_of_the_time_before() -> None:
    """Three weeks off, and the page holds 20 hours: that is no silence of twenty days."""
    for dated in (True, False):
        rate = watched(14, every=1.0, rates=[1.0] * 24)
        back = hours(14 * 24 + 21 * 24)
        page = [back - timedelta(hours=number) for number in range(20)]
        rate.learn(back, page if dated else [None] * 20, missed=True)
        assert 0.7 < rate.level()[1] < 1.4
        assert rate.seen_until == back
    control = watched(14, every=1.0, rates=[1.0] * 24)
    control.learn(back, page)
    assert control.level()[1] < 0.5


def test_a_clock_that_went_back_is_followed() -> None:
    rate = watched(14, every=1.0, rates=[1.0] * 24)
    rate.learn(hours(5000), [])  # a clock ahead by months
    at = hours(15 * 24)
    rate.learn(at, [None] * 3)
    assert rate.seen_until == at
    rate.learn(at - timedelta(seconds=5), [None])  # two polls that ended out of order
    assert rate.seen_until == at


@pytest.mark.parametrize(
    "record", [None, {}, {"now": 3}, {"seen_until": "yesterday"}, {"seen_until": None, "now": [1]}]
)
def test_what_is_no_record_begins_anew(record: dict[str, object] | None) -> None:
    assert Rate.of(record) == Rate()


def test_polls_of_a_day_with_a_night_gather_where_articles_wait() -> None:
    """An evening's last articles are fetched before the night, and the night itself is left alone."""
    rate = watched(28, every=1.0, rates=[0.05] * 8 + [3.0] * 14 + [0.05] * 2)
    at, polls = hours(28 * 24 + 8), []
    while at < hours(29 * 24 + 8):
        at = poll_at(rate, at, price=Price(value=1.0), shortest=MINUTES, longest=DAY)
        polls.append(at.hour)
    assert sum(8 < hour <= 22 for hour in polls) > 0.8 * len(polls)


@pytest.mark.parametrize("page_size", [10, 20, 50, 100])
def test_a_page_is_read_before_it_overflows(page_size: int) -> None:
    """At a known rate of ten an hour, the chance that more was published than fits is below one in a thousand."""
    rate = watched(28, every=1.0, rates=[10.0] * 24)
    now = hours(28 * 24)
    due = poll_at(rate, now, price=Price(value=1e6), shortest=MINUTES, longest=DAY, page_size=page_size)
    mean = 10 * (due - now) / timedelta(hours=1)
    fits = sum(
        math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(page_size + 1)
    )
    assert 1 - fits < 1e-3
    assert mean > page_size / 6


def test_with_a_flat_rate_polls_go_by_the_square_root() -> None:
    for true in (0.5, 2.0, 8.0):
        rate = Rate(now=Rate().now, usual=[true * 1e4, 1e4])
        rate.now = [0.0] * len(rate.now)
        from crawler.schedule.rates import LADDER

        nearest = min(range(len(LADDER)), key=lambda step: abs(math.log(LADDER[step] / true)))
        rate.now[nearest], rate.usual = 1.0, [LADDER[nearest] * 1e4, 1e4]
        due = poll_at(rate, START, price=Price(value=1.0), shortest=MINUTES, longest=DAY)
        expected = math.sqrt(2 * 1.0 / LADDER[nearest])
        assert (due - START).total_seconds() / HOUR == pytest.approx(expected, rel=0.05)


def test_a_full_page_is_never_waited_for() -> None:
    rate = watched(14, every=1.0, rates=[10.0] * 24)
    dear = Price(value=1e4)
    assert poll_at(rate, hours(336), price=dear, shortest=MINUTES, longest=DAY) == hours(336) + DAY
    due = poll_at(rate, hours(336), price=dear, shortest=MINUTES, longest=DAY, page_size=20)
    assert due - hours(336) < timedelta(hours=2)


def test_the_price_is_that_at_which_the_budget_is_used_up() -> None:
    asked = [
        Demand(level=20 / rank**1.5, evenness=0.9, shortest=1 / 12, longest=6.0) for rank in range(1, 51)
    ]
    price = price_of(asked, polls_per_hour=20)
    assert sum(one.polls(price.value, price.longest) for one in asked) == pytest.approx(20, rel=0.01)
    assert price_of(asked, polls_per_hour=1e6) == UNBOUNDED
    assert price_of([], polls_per_hour=1) == UNBOUNDED
    # A budget that cannot poll everyone within 6 hours stretches the longest wait.
    poor = price_of(asked, polls_per_hour=4)
    assert poor.cap(timedelta(hours=6)) > timedelta(hours=6)


def test_overspending_raises_the_price_and_saving_lowers_it() -> None:
    asked = [demand(watched(7, every=1.0, rates=[1.0] * 24), shortest=MINUTES, longest=DAY)] * 10
    prices = []
    for polls in (10, 20, 0):
        budget = Budget(per_hour=10)
        budget.renew(START, asked)
        for hour in range(1, 25):
            for _ in range(polls):
                budget.spend()
            budget.renew(hours(hour), asked)
        prices.append(budget.price.value)
    even, over, saved = prices
    assert saved < even < over


def test_articles_are_paid_for_first() -> None:
    asked = [Demand(level=1.0, evenness=1.0, shortest=1 / 12, longest=6.0)] * 10
    prices = []
    for articles in (10, 0):
        budget = Budget(per_hour=20)
        budget.renew(START, asked)
        for hour in range(1, 49):
            for number in range(10 + articles):
                budget.spend(poll=number < 10)
            budget.renew(hours(hour), asked)
        prices.append(budget.price.value)
    assert prices[0] > 2 * prices[1]


def test_a_debt_is_paid_back_and_what_is_saved_is_spent() -> None:
    """Polls that no expectation has, as jitter or bursts bring: in the end the mean is the budget's."""
    asked = [Demand(level=1.0, evenness=1.0, shortest=1 / 12, longest=6.0)] * 10
    for wrong in (0.7, 1.4):
        budget, owed, spent = Budget(per_hour=20), 0.0, 0
        budget.renew(START, asked)
        for hour in range(1, 24 * 60):
            owed += wrong * sum(one.polls(budget.price.value, 6.0) for one in asked)
            while owed >= 1:
                owed, spent = owed - 1, spent + 1
                budget.spend()
            budget.renew(hours(hour), asked)
            if hour == 24 * 30:
                spent = 0
        assert spent / (24 * 30) == pytest.approx(20, rel=0.01)


def test_a_restart_begins_without_a_debt_and_a_clock_that_goes_back_gives_nothing() -> None:
    asked = [Demand(level=1.0, evenness=1.0, shortest=1 / 12, longest=6.0)] * 10
    budget = Budget(per_hour=10)
    budget.renew(START, asked)
    before = budget.price.value
    for _ in range(10):  # everything is due at once
        budget.spend()
    budget.renew(hours(0.02), asked)
    assert before <= budget.price.value < 1.1 * before
    budget.renew(hours(-1000), asked)
    budget.renew(hours(-999), asked)
    assert before / 1.1 < budget.price.value < 1.1 * before


def test_a_host_has_its_own_price() -> None:
    asked = Demand(level=5.0, evenness=1.0, shortest=1 / 60, longest=6.0)
    budgets = Budgets(per_hour=None, per_host=2)
    budgets.renew(START, [("a.example", asked)] * 5 + [("b.example", asked)])
    assert budgets.price("a.example").value > budgets.price("b.example").value > UNBOUNDED.value
    assert budgets.price("never.example") == UNBOUNDED
    budgets.spend("a.example", poll=True)
    budgets.spend("never.example", poll=False)
