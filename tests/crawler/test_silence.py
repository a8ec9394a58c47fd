"""When a silence is longer than a source's past explains: news kept, pauses, the verdict, and simulation."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.silence.publishers import random_sources, steady_publishers
from bench.silence.simulation import figures, watched
from crawler.schedule.odds import beta_below, gap_beyond, rank_sum_chance, share_chance
from crawler.schedule.rates import Rate
from crawler.schedule.silence import FEWEST, Clock, News, Silence, silence

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Known = tuple[Rate, News]


def polled(
    times: Sequence[datetime], *, until: datetime, every: timedelta = HOUR, dated: bool = True
) -> Known:
    rate, news, at, waiting = Rate(), News(), times[0] - every, sorted(times)
    while at <= until:
        new = [when for when in waiting if when <= at]
        waiting = waiting[len(new) :]
        published = [when if dated else None for when in new]
        news.learn(rate.seen_until, at, published)
        rate.learn(at, published)
        at += every
    return rate, news


def said(*known: Known) -> Silence:
    found = silence(known)
    assert found is not None
    return found


def daily(days: int, *, per_day: int = 1) -> list[datetime]:
    """At nine in the morning, within half an hour; several a minute apart."""
    dice = random.Random(3)
    mornings = [START + day * DAY + 9 * HOUR + dice.uniform(0, 30) * HOUR / 60 for day in range(days)]
    return [morning + number * HOUR / 60 for morning in mornings for number in range(per_day)]


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("per_day", [1, 8])
def test_who_publishes_every_morning_is_missed_on_the_third(per_day: int, dated: bool) -> None:
    times = daily(40, per_day=per_day)
    calm = said(polled(times, until=times[-1] + 30 * HOUR, dated=dated))
    assert not calm.reported
    assert calm.expected > 0.1
    missed = said(polled(times, until=times[-1] + 3 * DAY, dated=dated))
    assert missed.reported
    assert abs(missed.since - times[-1]) <= HOUR
    assert missed.longest < 26 * HOUR
    assert calm.weekly == pytest.approx(7 * per_day, rel=0.2)


def test_who_publishes_at_random_is_waited_for_longer() -> None:
    dice, at, times = random.Random(5), START, []
    while at < START + 60 * DAY:
        at += dice.expovariate(1 / 24) * HOUR
        times.append(at)
    assert not said(polled(times, until=times[-1] + 4 * DAY)).reported
    assert said(polled(times, until=times[-1] + 14 * DAY)).reported


def test_few_pieces_of_news_are_no_past() -> None:
    times = daily(FEWEST - 1)
    assert silence([polled(times, until=times[-1] + 300 * DAY)]) is None
    assert silence([]) is None
    assert silence([(Rate(), News())]) is None


def test_time_that_no_poll_covered_is_no_silence() -> None:
    """Five days without an answer are no silence; five days seen by the first poll after them are one."""
    times = daily(40)
    rate, news = polled(times, until=times[-1] + HOUR)
    assert not said((rate, news)).reported
    rate.learn(times[-1] + 5 * DAY, [])
    assert said((rate, news)).reported


def test_news_at_any_target_end_the_silence_of_the_source() -> None:
    times = daily(40)
    feed, sitemap = polled(times, until=times[-1] + 5 * DAY), polled(times[:10], until=times[-1] + 5 * DAY)
    assert said(feed, sitemap).reported
    rate, news = sitemap
    news.learn(rate.seen_until, times[-1] + 5 * DAY + HOUR, [None])
    assert not said(feed, sitemap).reported


def test_a_target_that_fails_is_missed_by_its_share_only() -> None:
    """The feed that names nearly everything has not answered since; the section answers, and names little."""
    times = daily(60)
    feed = polled([when for day, when in enumerate(times) if day % 10], until=times[-1] + HOUR)
    section = polled([when for day, when in enumerate(times) if not day % 10], until=times[-1] + 5 * DAY)
    assert not said(feed, section).reported
    assert said(polled(times, until=times[-1] + 5 * DAY)).reported


def test_an_old_article_dug_out_is_no_news_and_one_shown_late_is() -> None:
    news, at = News(), START + 30 * DAY
    news.learn(None, START, [START - 90 * DAY, START - DAY, None])
    assert news.times == [int((START - DAY).timestamp() // 60)]
    news.learn(at - HOUR, at, [at - 20 * DAY])
    assert len(news.times) == 1
    news.learn(at - HOUR, at, [at - DAY])
    assert news.last == int(at.timestamp() // 60)


def test_a_fast_source_is_remembered_for_days_and_a_batch_as_one() -> None:
    news = News()
    for minute in range(0, 20 * 24 * 60, 3):
        at = START + minute * HOUR / 60
        news.learn(at - HOUR / 20, at, [at])
    assert len(news.times) <= 120
    assert (news.times[-1] - news.times[0]) / 1440 >= 9
    batches = News()
    for when in daily(100, per_day=10):
        batches.learn(when - HOUR / 60, when, [when])
    assert len(batches.times) >= 60
    assert min(b - a for a, b in zip(batches.times, batches.times[1:], strict=False)) > 60


@given(
    st.lists(st.tuples(st.floats(0, 400), st.lists(st.one_of(st.none(), st.floats(-1e5, 1e4)), max_size=200)))
)
def test_nothing_that_a_feed_says_breaks_it(polls: list[tuple[float, list[float | None]]]) -> None:
    rate, news, now = Rate(), News(), START
    for wait, published in polls:
        now += wait * HOUR
        dates = [None if at is None else now + at * HOUR for at in published]
        news.learn(rate.seen_until, now, dates)
        rate.learn(now, dates)
        assert len(news.times) <= 120
        assert News.of(json.loads(json.dumps(news.record()))) == news
        found = silence([(rate, news)])
        assert found is None or 0 <= found.expected < 1e6


@pytest.mark.parametrize(
    "record", [None, {}, {"steps": 3}, {"steps": ["x"], "grain": 1, "last": 1}, {"steps": []}]
)
def test_what_is_no_record_begins_anew(record: dict[str, object] | None) -> None:
    assert News.of(record) == News()


def test_the_clock_runs_by_the_week() -> None:
    hours, days = [0.0] * 8 + [2.0] * 8 + [1.0] * 8, [1.4] * 5 + [0.0] * 2
    clock, plain = Clock([(1.0, (hours, days))]), Clock()
    monday = START.timestamp() / 60

    def passed(which: Clock, begin: float, end: float) -> float:
        return which.at(monday + 60 * end) - which.at(monday + 60 * begin)

    assert passed(clock, 0, 8) == pytest.approx(0)
    assert passed(clock, 8, 9.5) == pytest.approx(1.5 * 2 * 1.4)
    assert passed(clock, 5 * 24, 7 * 24) == pytest.approx(0)
    assert passed(clock, 3, 3 + 10 * 168) == pytest.approx(10 * 168)
    assert passed(plain, 0, 30.5) == pytest.approx(30.5)


# --- chances -------------------------------------------------------------------------------------------


def test_chances_are_those_of_the_books() -> None:
    assert beta_below(2, 3, 0.4) == pytest.approx(0.5248)
    assert beta_below(50, 3, 0.9) == pytest.approx(0.0966332851, rel=1e-6)
    assert [beta_below(2, 3, x) for x in (-1, 0, 1, 2)] == [0, 0, 1, 1]
    # Shape 1: a Pareto variable.
    assert gap_beyond(3, mean=1, shape=1, count=10) == pytest.approx(1.3**-10)
    # Fisher's lady tasting tea: three of four cups right, both sides (Agresti, "Categorical Data Analysis").
    assert share_chance(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert share_chance(0, 20, 0, 100) == pytest.approx(1)
    assert rank_sum_chance([1, 2, 3], [1, 2, 3]) == pytest.approx(1, abs=0.2)
    assert rank_sum_chance([1] * 20, [1] * 50) == 1
    assert rank_sum_chance(range(20), range(100, 200)) < 1e-9


# --- simulation ----------------------------------------------------------------------------------------


def test_in_simulation_stopping_is_noticed_and_false_alarms_are_rare() -> None:
    """The short form of bench/silence. The control, three times the mean gap, cries wolf every month."""
    publishers = [
        *random_sources(sources=6, days=56, seed=7)[2:],
        *(one for one in steady_publishers(each=1, days=56, seed=7) if one.group != "issue"),
    ]
    found = figures([watched(one, stops=1, seed=number) for number, one in enumerate(publishers)])
    assert found["months"] > 14
    assert found["alarms"] == 0
    assert found["naive_per_100"] > 100
    assert found["to_longest_within_3"] > 0.7
    assert found["to_longest_median"] < 2.8
