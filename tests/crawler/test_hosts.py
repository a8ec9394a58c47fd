"""When a host is left alone and for how long, and the rest between two requests to it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crawler.hosts import MAX_CRAWL_DELAY, Hosts
from crawler.lock import CrawlLock
from crawler.middlewares.refusals import LeftAloneError, NotNowError
from crawler.schedule.hosts import BAD_RUN, MAX_WAIT, Sighting, Sign, after, of_answer, retry_after
from pipelines.items import HostState

NOW = datetime(2026, 11, 25, 10, 0, 0, tzinfo=UTC)
HOST = "courier.example"

# (what Retry-After says, seconds)
RETRY_AFTER = [
    ("1", 1.0),
    ("120", 120.0),
    (" 120 ", 120.0),
    ("0120", 120.0),
    ("3600", 3600.0),
    ("86400", 86400.0),
    ("86401", 86400.0),
    ("99999999999999999999", 86400.0),
    ("0", None),
    ("00", None),
    ("-1", None),
    ("+5", None),
    ("1.5", None),
    ("1e3", None),
    ("٣", None),
    ("", None),
    (" ", None),
    ("soon", None),
    ("120 seconds", None),
    ("120, 60", None),
    ("PT5M", None),
    # RFC 9110, 5.6.7: the three forms of an HTTP date.
    ("Wed, 25 Nov 2026 10:30:00 GMT", 1800.0),
    ("Wednesday, 25-Nov-26 10:30:00 GMT", 1800.0),
    ("Wed Nov 25 10:30:00 2026", 1800.0),
    ("wed, 25 nov 2026 10:30:00 gmt", 1800.0),
    ("25 Nov 2026 10:30:00 GMT", 1800.0),
    ("Wed, 25 Nov 2026 11:30:00 +0100", 1800.0),
    ("Thu, 26 Nov 2026 10:00:00 GMT", 86400.0),
    ("Fri, 25 Dec 2026 10:00:00 GMT", 86400.0),
    ("Wed, 25 Nov 2026 10:00:00 GMT", None),
    ("Wed, 25 Nov 2026 09:59:59 GMT", None),
    ("Sun, 06 Nov 1994 08:49:37 GMT", None),
    ("Wed, 99 Nov 2026 10:30:00 GMT", None),
    ("Wed, 25 Nov 2026", None),
    ("2026-11-25T10:30:00Z", None),
    ("Wed, 25 Nov 99999 10:30:00 GMT", None),
]


@pytest.mark.parametrize(("value", "seconds"), RETRY_AFTER)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value, now=NOW) == seconds


# (status, what it says of the host, of a file that was only tried)
SIGNS = [
    (200, Sign.FINE, Sign.FINE),
    (204, Sign.FINE, Sign.FINE),
    (301, Sign.FINE, Sign.FINE),
    (304, Sign.FINE, Sign.FINE),
    (400, Sign.BAD, None),
    (401, Sign.BAD, None),
    (403, Sign.BAD, None),
    (404, None, None),
    (410, None, None),
    (429, Sign.ASKED, Sign.ASKED),
    (451, Sign.BAD, None),
    (500, Sign.BAD, None),
    (502, Sign.DOWN, None),
    (503, Sign.ASKED, None),
    (504, Sign.DOWN, None),
    (522, Sign.DOWN, None),
]


@pytest.mark.parametrize(("status", "page", "tried"), SIGNS)
def test_what_a_status_says_of_its_host(status: int, page: Sign | None, tried: Sign | None) -> None:
    for alone, sign in ((False, page), (True, tried)):
        seen = of_answer(status, {}, now=NOW, tried=alone)
        assert (seen.sign if seen else None) == sign


@pytest.mark.parametrize("status", [429, 503])
def test_a_figure_counts_wherever_it_is_said(status: int) -> None:
    for tried in (False, True):
        seen = of_answer(status, {"retry-after": "30"}, now=NOW, tried=tried)
        reason = f"status {status}, Retry-After 30"
        assert seen == Sighting(sign=Sign.ASKED, reason=reason, wait=30.0)
    assert of_answer(500, {"retry-after": "30"}, now=NOW) == Sighting(sign=Sign.BAD, reason="status 500")


def waits(*signs: Sighting) -> list[float | None]:
    """Seconds that the host is left alone after each of these, one coming as soon as it may."""
    state, now, found = HostState(host=HOST), NOW, []
    for seen in signs:
        state = after(state, seen, now=now, jitter=0.0)
        until = state.not_before
        found.append((until - now).total_seconds() if until is not None and until > now else None)
        now = max(now, until or now)
    return found


def asked(wait: float | None = None) -> Sighting:
    return Sighting(sign=Sign.ASKED, wait=wait)


DOWN, BAD, FINE = (Sighting(sign=sign) for sign in (Sign.DOWN, Sign.BAD, Sign.FINE))


def test_a_host_that_is_down_is_tried_ever_more_seldom() -> None:
    assert waits(*[DOWN] * 10) == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_a_host_that_asks_without_a_figure_is_left_alone_for_longer_each_time() -> None:
    assert waits(*[asked()] * 8) == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_the_first_figure_is_taken_as_it_is_and_later_ones_at_least() -> None:
    assert waits(asked(2.0), asked(2.0), asked(2.0), asked(7200.0)) == [2, 60, 120, 7200]


def test_single_bad_answers_say_nothing_a_run_does_and_success_forgets() -> None:
    assert waits(*[BAD] * (BAD_RUN + 1)) == [None] * (BAD_RUN - 1) + [15, 30]
    assert waits(*[BAD] * (BAD_RUN - 1), FINE, BAD) == [None] * (BAD_RUN + 1)
    assert waits(DOWN, DOWN, FINE, DOWN) == [15, 30, None, 15]


def test_success_leaves_nothing_to_remember() -> None:
    state = after(HostState(host=HOST), asked(60.0), now=NOW, jitter=0.5)
    assert state.asked
    assert after(state, FINE, now=NOW, jitter=0.5) == HostState(host=HOST)


def test_jitter_only_lengthens() -> None:
    calm, wild = (after(HostState(host=HOST), DOWN, now=NOW, jitter=share) for share in (0.0, 1.0))
    assert calm.not_before is not None
    assert wild.not_before is not None
    assert calm.not_before < wild.not_before <= NOW + timedelta(seconds=15 * 1.25)


def test_waits_never_overflow() -> None:
    state = HostState(host=HOST, failures=10**6)
    assert after(state, DOWN, now=NOW, jitter=0.0).not_before == NOW + timedelta(seconds=MAX_WAIT)


# --- the run's own memory -----------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_a_host_is_refused_until_its_time_and_the_change_is_handed_over_once() -> None:
    clock = Clock()
    hosts = Hosts(clock=clock)
    hosts.seen(HOST, Sighting(sign=Sign.ASKED, reason="status 429, Retry-After 3600", wait=3600.0))
    with pytest.raises(LeftAloneError) as refused:
        hosts.check(HOST)
    words = "courier.example asked to be left alone until 2026-11-25 11:00 UTC (status 429, Retry-After 3600)"
    assert str(refused.value) == words
    assert refused.value.asked
    hosts.check("other.example")
    assert [state.host for state in hosts.changes()] == [HOST]
    assert hosts.changes() == ()
    clock.now += timedelta(hours=1)
    hosts.check(HOST)


async def rested(hosts: Hosts, delay: float) -> float:
    """Seconds until the host's turn comes."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    await hosts.turn(HOST, delay)
    return loop.time() - started


async def test_the_rest_is_the_longest_of_both_delays_and_the_crawl_delay() -> None:
    hosts = Hosts(clock=Clock())
    assert await rested(hosts, 0.2) < 0.05
    hosts.ended(HOST, 0.2)
    assert await rested(hosts, 0.0) >= 0.2
    hosts.ended(HOST, 0.0)
    assert await rested(hosts, 0.1) >= 0.1
    hosts.ended(HOST, 0.0)
    hosts.set_crawl_delay(HOST, 0.3)
    told: list[float] = []
    await hosts.turn(HOST, 0.0, waits=told.append)
    assert 0.25 < told[0] <= 0.3


async def test_a_crawl_delay_beyond_the_cap_is_taken_for_that() -> None:
    hosts = Hosts(clock=Clock())
    hosts.set_crawl_delay(HOST, 86400.0)
    hosts.ended(HOST, 0.0)
    told: list[float] = []
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hosts.turn(HOST, 0.0, waits=told.append), 0.01)
    assert told == [pytest.approx(MAX_CRAWL_DELAY, abs=1)]


async def test_a_stop_ends_the_wait_at_once() -> None:
    hosts = Hosts(clock=Clock())
    hosts.ended(HOST, 3600.0)
    waiting = asyncio.ensure_future(hosts.turn(HOST, 0.0))
    await asyncio.sleep(0)
    hosts.stop()
    with pytest.raises(NotNowError):
        await asyncio.wait_for(waiting, 10)


@pytest.mark.parametrize(
    ("ago", "killed", "waits"),
    [(0.0, False, True), (0.2, False, True), (0.9, False, False), (None, False, False), (None, True, True)],
)
async def test_what_earlier_runs_asked_counts(ago: float | None, killed: bool, waits: bool) -> None:
    hosts = Hosts(clock=Clock())
    before = [] if ago is None else [(f"https://{HOST}/a", NOW - timedelta(seconds=ago))]
    hosts.recall([], before, everyone=NOW if killed else None)
    assert (await rested(hosts, 0.4) > 0.1) is waits
    assert await rested(hosts, 0.4) < 0.1 or not waits


def test_a_killed_run_leaves_its_mark_in_the_lock(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "wirewatch.db.lock"
    with CrawlLock(path) as first:
        assert not first.after_kill
    with CrawlLock(path) as second:
        assert not second.after_kill
        left = path.read_text()
    path.write_text(left)  # as kill -9 leaves it
    with CrawlLock(path) as third:
        assert third.after_kill
    with CrawlLock(path) as fourth:
        assert not fourth.after_kill
