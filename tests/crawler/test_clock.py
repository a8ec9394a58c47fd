"""The clock goes back or ahead by months: the schedule neither stands still nor asks for everything at once."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import apscheduler.schedulers.base
import pytest
from apscheduler.triggers.interval import IntervalTrigger
from clocked import clocked
from newsserver import local_news, path_of, wirewatch

import crawler.schedule.service
from crawler.schedule.service import Service
from pipelines.items import HostState, Kind, Link, OriginFile
from pipelines.store import Store, check_database

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTHS = timedelta(days=180)
CONFIG = """
[network]
allow = ["127.0.0.0/8"]
[defaults]
delay = 0.0
min_interval = "1s"
max_interval = "6h"
[crawl]
jitter = 0.0
[[sources]]
name = "local"
url = "{url}/"
feeds = ["{url}/feed/"]
"""


class Wall:
    """A clock on the wall that can be set, in the place of `datetime` in APScheduler and in our service."""

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def now(self, zone: tzinfo | None = None) -> datetime:
        return datetime.now(zone) + self.shift


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    for module in (apscheduler.schedulers.base, crawler.schedule.service):
        monkeypatch.setattr(module, "datetime", wall)
    monkeypatch.setattr(crawler.schedule.service, "BEAT", 0.02)
    return wall


async def ticks_after(wall: Wall, shift: timedelta) -> list[float]:
    """When, in seconds after the clock was set, the first ticks of a hundredth came; none for half a second: none."""
    ticks: list[float] = []
    came, enough = asyncio.Event(), asyncio.Event()

    def tick() -> None:
        ticks.append(time.monotonic())
        came.set()
        if len(ticks) > 5:
            enough.set()

    service = Service(tick=tick, seconds=0.01)
    service.start()
    try:
        await asyncio.wait_for(came.wait(), 10)
        set_at = time.monotonic()
        wall.shift = shift
        ticks.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), 1.0)
    finally:
        service.stop()
    return [at - set_at for at in ticks]


@pytest.mark.parametrize("shift", [-MONTHS, timedelta(hours=-1), timedelta(hours=1), MONTHS], ids=str)
async def test_the_service_ticks_on(wall: Wall, shift: timedelta) -> None:
    ticks = await ticks_after(wall, shift)
    assert len(ticks) > 5
    assert ticks[-1] < 0.9


async def test_control_without_a_look_at_the_clock_it_stands_still(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "_heed_the_clock", lambda self: None)
    assert len(await ticks_after(wall, -MONTHS)) <= 1


def test_a_jump_ahead_is_one_time_and_no_list_of_all_that_were_missed() -> None:
    def missed(trigger: object) -> int:
        count, when = 0, NOW
        while when <= NOW + timedelta(hours=6):
            when = trigger.get_next_fire_time(when, NOW + timedelta(hours=6))  # type: ignore[attr-defined]
            count += 1
        return count

    assert missed(crawler.schedule.service.Every(1.0)) == 1
    assert missed(IntervalTrigger(seconds=1, start_date=NOW, timezone="UTC")) > 20_000  # the control


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/news.db")


def crawled_at(folder: Path, now: datetime, mode: str = "due") -> str:
    done = clocked(folder, 0.0, 1.0, mode, shift=(now - datetime.now(UTC)).total_seconds())
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("mode", ["due", "hand"])
def test_what_a_clock_ahead_has_planned_is_due_when_it_went_back(tmp_path: Path, mode: str) -> None:
    now = datetime.now(UTC)
    database = f"sqlite:///{tmp_path}/wirewatch.db"
    with local_news(4) as site:
        (tmp_path / "wirewatch.toml").write_text(CONFIG.format(url=site.url))
        crawled_at(tmp_path, now + MONTHS, mode)
        asked = len(site.asked)
        assert site.count(path_of(3)) == 1
        said = crawled_at(tmp_path, now, mode)
        assert "the clock was ahead and went back" in said
        assert site.count("/feed/") == 2
        assert (
            len(site.asked) - asked <= 5
        )  # the two files of an origin, the feed, its two articles: each once
        # The next run finds nothing to mend, and nothing that is due.
        again = len(site.asked)
        assert "went back" not in crawled_at(tmp_path, now + timedelta(seconds=5), "due")
        assert len(site.asked) - again <= 1
    assert check_database(database) == []
    assert wirewatch("health", cwd=tmp_path).returncode == 0


def test_control_without_mending_nothing_is_due_for_months(
    store: Store,
) -> None:
    planned(store, NOW + MONTHS)
    assert store.due(NOW) == []
    assert store.mend_times(NOW) == 1
    assert [target.url for target in store.due(NOW)] == ["https://n.example/feed"]


def planned(store: Store, now: datetime, *, visited: bool = True) -> None:
    """A feed that was polled at that time, and is due an hour later."""
    from plans import due_at

    from pipelines.items import Outcome, Visit

    feed = Link(url="https://n.example/feed", kind=Kind.FEED)
    store.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=[feed], now=now)
    target = store.target(feed.url)
    assert target is not None
    visit = Visit(target=target, started_at=now, ended_at=now, outcome=Outcome.UNCHANGED)
    store.end_visit(visit, plan=due_at(now + timedelta(hours=1)))


def test_hosts_and_robots_files_of_a_clock_ahead_hold_no_longer(store: Store) -> None:
    later = NOW + MONTHS
    planned(store, later)
    down = HostState(host="down.example", not_before=later, failures=3)
    asks = HostState(host="asks.example", not_before=later, asked=True, failures=1)
    store.keep_hosts([down, asks])
    store.keep_origin_file(
        OriginFile(
            origin="https://n.example",
            status=404,
            body=None,
            fetched_at=later,
            expires_at=later + timedelta(days=1),
        )
    )
    assert store.mend_times(NOW) == 1
    waits = {state.host: state.not_before for state in store.hosts()}
    assert waits == {"down.example": None, "asks.example": NOW + timedelta(days=1)}
    file = store.origin_file("https://n.example")
    assert file is not None
    assert file.expires_at == NOW


def test_a_clock_that_is_right_mends_nothing(store: Store) -> None:
    planned(store, NOW)
    assert store.mend_times(NOW + timedelta(minutes=1)) == 0
    assert store.mend_times(NOW - timedelta(minutes=5)) == 0
    assert store.due(NOW + timedelta(minutes=30)) == []


def test_a_clock_that_jumps_ahead_asks_for_everything_once_and_no_more(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with local_news(4) as site:
        (tmp_path / "wirewatch.toml").write_text(CONFIG.format(url=site.url))
        crawled_at(tmp_path, now)
        asked = len(site.asked)
        crawled_at(tmp_path, now + MONTHS)
        assert 0 < len(site.asked) - asked <= 5
    assert check_database(f"sqlite:///{tmp_path}/wirewatch.db") == []


@pytest.mark.parametrize("night", ["2027-10-31T00:59:56", "2027-03-28T00:59:56"])
def test_daylight_saving_time_changes_nothing(
    tmp_path: Path, night: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service over the change of the clocks of Berlin: times are UTC, and go on by seconds."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    with local_news(2) as site:
        (tmp_path / "wirewatch.toml").write_text(CONFIG.format(url=site.url))
        shift = datetime.fromisoformat(night).replace(tzinfo=UTC) - datetime.now(UTC)
        done = clocked(tmp_path, 0.0, 1.0, "service", "6s", shift=shift.total_seconds(), timeout=60)
        assert done.returncode == 143, done.stderr
    with closing(sqlite3.connect(tmp_path / "wirewatch.db")) as connection:
        times = [
            time
            for row in connection.execute("SELECT started_at, ended_at FROM visits ORDER BY id")
            for time in row
        ]
    assert len(times) >= 4
    assert times == sorted(times)
    assert all(one[:13] in (night[:13].replace("T", " "), f"{night[:10]} 01") for one in times)
