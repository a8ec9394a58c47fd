"""What is found of a source by its history, and the episodes that are kept of it."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pasts import DAY, HOUR, Past

from crawler.health.findings import Finding, Trouble, rounded
from crawler.health.verdict import Verdict, judged
from crawler.health.watch import health_steps
from pipelines.items import Cut, Link, Outcome
from pipelines.store import Episode, Store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as opened:
        yield opened
        assert opened.check() == []


@pytest.fixture
def past(store: Store) -> Past:
    return Past(store, url="https://n.example", begin=NOW - 60 * DAY)


def verdict(past: Past, now: datetime = NOW) -> Verdict:
    return judged(past.store.histories([past.name], now=now)[0], now)


def found(past: Past, now: datetime = NOW) -> dict[Trouble, Finding]:
    return {finding.trouble: finding for finding in verdict(past, now).findings}


def daily(count: int, *, until: datetime) -> list[datetime]:
    dice = random.Random(2)
    return [until - (count - number) * DAY + dice.random() * HOUR for number in range(1, count + 1)]


def days_of(past: Past, outcomes: list[Outcome], *, until: datetime = NOW, every: timedelta = HOUR) -> None:
    for number, outcome in enumerate(outcomes):
        at = until - (len(outcomes) - 1 - number) * every
        past.poll(
            at, outcome=outcome, reason=f"status of {outcome}" if outcome is not Outcome.LINKS else None
        )


# --- silent --------------------------------------------------------------------------------------------


def test_a_daily_that_stopped_is_silent_with_figures_and_probability(past: Past) -> None:
    last = NOW - 4 * DAY
    past.publish(daily(30, until=last), until=NOW)
    silent = found(past)[Trouble.SILENT]
    assert abs(silent.since - last) < 6 * HOUR
    assert silent.probability is not None
    assert silent.probability < 1 / 50
    assert "nothing new for" in silent.detail
    assert "probability of such a silence in a usual month" in silent.detail
    # Before that, and a day ago, all was well.
    assert found(past).keys() == {Trouble.SILENT}


def test_a_daily_that_publishes_on_is_well_and_its_rate_is_known(past: Past) -> None:
    past.publish(daily(30, until=NOW - 20 * HOUR), until=NOW)
    seen = verdict(past)
    assert seen.findings == ()
    assert seen.weekly == pytest.approx(7, rel=0.3)


def test_a_source_that_cannot_be_reached_is_failing_and_not_silent(past: Past) -> None:
    past.publish(daily(30, until=NOW - 4 * DAY), until=NOW - 4 * DAY)
    days_of(past, [Outcome.NETWORK_ERROR] * 12, every=6 * HOUR)
    assert found(past).keys() == {Trouble.FAILING}


def test_a_source_that_was_never_visited_has_no_findings(past: Past) -> None:
    seen = verdict(past)
    assert (seen.findings, seen.visited_at, seen.article_at, seen.weekly) == ((), None, None, None)


# --- failing and blocked -------------------------------------------------------------------------------

GOOD, BAD, NO = Outcome.LINKS, Outcome.HTTP_ERROR, Outcome.BLOCKED


@pytest.mark.parametrize(
    ("outcomes", "trouble"),
    [
        ([GOOD] * 10 + [BAD] * 2, None),
        ([GOOD] * 10 + [BAD] * 3, Trouble.FAILING),
        ([BAD] * 3, Trouble.FAILING),
        ([GOOD] * 10 + [NO] * 3, Trouble.BLOCKED),
        ([GOOD] * 10 + [NO, NO, BAD], Trouble.BLOCKED),
        ([GOOD] * 10 + [BAD] * 3 + [GOOD], None),
        # One visit in two has always failed: three in a row are no news, ten are.
        ([GOOD, BAD] * 10 + [BAD] * 3, None),
        ([GOOD, BAD] * 6 + [BAD] * 11, Trouble.FAILING),
        ([GOOD] * 10 + [Outcome.GONE] * 3, Trouble.FAILING),
        ([GOOD] * 10 + [Outcome.ROBOTS] * 3, Trouble.FAILING),
        ([Outcome.NOT_MODIFIED, Outcome.UNCHANGED] * 9, None),
    ],
)
def test_a_run_beyond_chance_is_found(past: Past, outcomes: list[Outcome], trouble: Trouble | None) -> None:
    days_of(past, outcomes)
    assert set(found(past)) == ({trouble} if trouble else set())


def test_a_run_has_its_beginning_and_its_last_reason(past: Past) -> None:
    days_of(past, [GOOD] * 10 + [BAD] * 4)
    failing = found(past)[Trouble.FAILING]
    assert failing.since == NOW - 3 * HOUR
    assert failing.detail == (
        "feed https://n.example/feed/: 4 visits in a row since 2026-11-20 09:00, last: status of http_error"
    )


def test_a_short_outage_is_none(past: Past) -> None:
    days_of(past, [GOOD] * 10, until=NOW - HOUR)
    days_of(past, [BAD] * 5, every=5 * MINUTE)
    assert found(past) == {}


def test_articles_that_are_refused_are_found_though_the_feed_answers(past: Past) -> None:
    for number in range(12):
        at = NOW - (12 - number) * HOUR
        past.poll(at, [past.link(number)])
        past.read(at + MINUTE, number, outcome=Outcome.BLOCKED if number >= 8 else None)
    blocked = found(past)[Trouble.BLOCKED]
    assert blocked.detail.startswith("articles: 4 visits in a row since 2026-11-20 08:01")


# --- redirected, certificate, gap ----------------------------------------------------------------------


def test_a_feed_that_ends_at_another_site_is_found_but_not_one_that_always_did(past: Past) -> None:
    other = "https://parked.example/"
    for hour in range(6, 0, -1):
        past.poll(NOW - hour * HOUR, final_url=other if hour <= 2 else "https://www.n.example/rss")
    moved = found(past)[Trouble.REDIRECTED]
    assert moved.since == NOW - 2 * HOUR
    assert moved.detail == f"feed https://n.example/feed/ ends at {other}"
    burner = Past(past.store, url="https://b.example", begin=NOW - DAY, name="b")
    for hour in range(6, 0, -1):
        burner.poll(NOW - hour * HOUR, final_url="https://feeds.example/b")
    assert found(burner) == {}


@pytest.mark.parametrize(
    ("days", "says"), [(15, None), (6, "ends on 2026-11-26 12:00, in 6d"), (-1, "has ended")]
)
def test_a_certificate_near_its_end_is_found(past: Past, days: int, says: str | None) -> None:
    import sqlalchemy as sa

    from pipelines.store.schema import hosts

    row = {"host": "n.example", "asked": False, "failures": 0, "certificate_ends_at": NOW + days * DAY}
    with past.store._database.write() as connection:
        connection.execute(sa.insert(hosts), row)
    detail = found(past)[Trouble.CERTIFICATE].detail if says else None
    assert (says is None and found(past) == {}) or (detail is not None and says in detail)


def test_polls_that_showed_only_new_entries_are_counted_for_a_week(past: Past) -> None:
    past.poll(NOW - 9 * DAY, [past.link(number) for number in range(8)])
    past.poll(NOW - 8 * DAY, [past.link(number) for number in range(10, 18)])
    assert Trouble.GAP not in found(past)
    past.poll(NOW - DAY, [past.link(number) for number in range(20, 28)])
    gap = found(past)[Trouble.GAP]
    assert gap.since == NOW - DAY
    assert gap.detail.startswith("1 poll in the last 7 days showed nothing but new entries")


# --- drifting ------------------------------------------------------------------------------------------

LEARNED = (Cut(line="Join us.", rule="learned"),)


def readings(past: Past, *, changed: bool) -> None:
    """Sixty as ever, then twenty that may be otherwise."""
    dice = random.Random(4)
    for number in range(80):
        new, at = changed and number >= 60, NOW - (80 - number) * HOUR
        words = dice.randrange(90, 150) if new else dice.randrange(400, 900)
        refused = Outcome.TOO_SHORT if new and number % 2 else None
        authors = () if new else ("Ada Novak",)
        past.read(at, number, words=words, outcome=refused, authors=authors, cuts=() if new else LEARNED)


def test_a_changed_template_is_found_with_each_figure_that_changed(past: Past) -> None:
    readings(past, changed=True)
    drift = found(past)[Trouble.DRIFTING]
    assert drift.since == NOW - 20 * HOUR
    assert "pages read as no article or too short 50%, before 0%" in drift.detail
    # Of those that were stored only ten are new: the other ten hide what changed less.
    for number in range(100, 120):
        past.read(NOW + number * MINUTE, number, words=120)
    drift = found(past, NOW + 3 * HOUR)[Trouble.DRIFTING]
    assert "median text 120 words, before 556" in drift.detail
    assert "with authors 0%, before 8" in drift.detail
    assert "with learned lines taken out 0%, before 8" in drift.detail


def test_what_stays_as_it_was_does_not_drift(past: Past) -> None:
    readings(past, changed=False)
    assert found(past) == {}


def test_chance_does_not_drift(past: Past) -> None:
    """The control of the thresholds: half with authors, lengths of one wide distribution, in any order."""
    from crawler.health.drift import drifting
    from pipelines.store.health import History, ReadOnce

    dice, alarms = random.Random(6), 0
    for _ in range(400):
        reads = tuple(
            ReadOnce(
                NOW, Outcome.STORED, int(dice.lognormvariate(6, 1)), dice.random() < 0.5, True, True, True, 0
            )
            for _ in range(150)
        )
        history = History(
            source="n", visited_at=NOW, article_at=NOW, roots=(), article_visits=(), readings=reads, gaps=(), hosts=()
        )  # fmt: skip
        alarms += len(list(drifting(history)))
    assert alarms == 0


# --- episodes ------------------------------------------------------------------------------------------


def watch(store: Store, now: datetime) -> None:
    for _ in health_steps(store, clock=lambda: now):
        pass


def test_an_episode_begins_once_and_its_end_is_said(past: Past, caplog: pytest.LogCaptureFixture) -> None:
    store, since = past.store, NOW - 30 * DAY
    days_of(past, [GOOD] * 10 + [BAD] * 4)
    with caplog.at_level(logging.INFO, "wirewatch"):
        watch(store, NOW)
        past.poll(NOW + HOUR, outcome=BAD)
        watch(store, NOW + HOUR)
        assert [record.getMessage()[:13] for record in caplog.records] == ["n is failing:"]
        (episode,) = store.episodes(ended_since=since)
        assert (episode.finding, episode.began_at, episode.ended_at) == ("failing", NOW - 3 * HOUR, None)
        assert "5 visits in a row" in episode.detail
        past.poll(NOW + 2 * HOUR)
        watch(store, NOW + 2 * HOUR)
    assert caplog.messages[1:] == ["n has recovered: failing from 2026-11-20 09:00 to 2026-11-20 14:00 (5h)"]
    (episode,) = store.episodes(ended_since=since)
    assert episode.ended_at == NOW + 2 * HOUR
    assert store.episodes(ended_since=NOW + 3 * HOUR) == []


def test_a_source_that_is_watched_no_longer_has_no_open_episodes(
    past: Past, caplog: pytest.LogCaptureFixture
) -> None:
    lost = Episode(source="gone", finding="silent", detail="x", began_at=NOW)
    past.store.keep_findings([lost], of_sources=["gone"], now=NOW)
    with caplog.at_level(logging.INFO, "wirewatch"):
        watch(past.store, NOW + HOUR)
    assert caplog.messages == []
    assert [one.ended_at for one in past.store.episodes(ended_since=NOW)] == [NOW + HOUR]


def test_hundreds_of_sources_are_judged_a_batch_at_a_time(store: Store) -> None:
    for number in range(45):
        Past(store, url=f"https://s{number}.example", begin=NOW, name=f"s{number}").poll(
            NOW, [Link(url="https://s.example/a")]
        )
    assert len(list(health_steps(store, clock=lambda: NOW))) == 4


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0m"),
        (59, "59m"),
        (60, "1h"),
        (61, "1h1m"),
        (1440, "1d"),
        (1500, "1d1h"),
        (1441, "1d"),
        (20000, "13d"),
    ],
)
def test_lengths_are_said_in_their_largest_units(minutes: int, said: str) -> None:
    assert rounded(timedelta(minutes=minutes)) == said
