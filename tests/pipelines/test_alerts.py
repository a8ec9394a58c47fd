from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.alerts import Event, Watch, checked, due_at, speaks_of
from pipelines.errors import UsageError

BERLIN = Watch(name="w", query="x", timezone="Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "arose", "due"),
    [
        ({}, "2026-11-28T08:00", "2026-11-28T08:00"),
        # Winter: Berlin is an hour ahead. 08:00 there is 07:00 in UTC.
        ({"digest": time(8)}, "2026-11-28T06:59", "2026-11-28T07:00"),
        ({"digest": time(8)}, "2026-11-28T07:00", "2026-11-28T07:00"),
        ({"digest": time(8)}, "2026-11-28T07:01", "2026-11-29T07:00"),
        # Summer time begins on 29 March 2026: two hours ahead from then on, and a day of 23 hours.
        ({"digest": time(8)}, "2026-03-28T07:01", "2026-03-29T06:00"),
        ({"digest": time(2, 30)}, "2026-03-28T12:00", "2026-03-29T01:30"),
        # It ends on 25 October: 02:30 comes twice, the first one counts.
        ({"digest": time(2, 30)}, "2026-10-24T12:00", "2026-10-25T00:30"),
        ({"digest": time(8)}, "2026-10-24T07:01", "2026-10-25T07:00"),
        ({"digest": timedelta(hours=1)}, "2026-11-28T08:20", "2026-11-28T09:00"),
        ({"digest": timedelta(hours=6)}, "2026-11-28T08:20", "2026-11-28T11:00"),
        ({"digest": timedelta(hours=24)}, "2026-11-28T08:20", "2026-11-28T23:00"),
        ({"digest": timedelta(hours=7)}, "2026-11-28T21:30", "2026-11-28T23:00"),
        ({"quiet": (time(22), time(7))}, "2026-11-28T21:30", "2026-11-29T06:00"),
        ({"quiet": (time(22), time(7))}, "2026-11-28T05:59", "2026-11-28T06:00"),
        ({"quiet": (time(22), time(7))}, "2026-11-28T06:00", "2026-11-28T06:00"),
        ({"quiet": (time(22), time(7))}, "2026-11-28T12:00", "2026-11-28T12:00"),
        ({"quiet": (time(12), time(13))}, "2026-11-28T11:30", "2026-11-28T12:00"),
        ({"quiet": (time(22), time(7))}, "2026-03-28T22:00", "2026-03-29T05:00"),
        # Within the hour that comes twice, quiet hours end where that time comes for the second time.
        ({"quiet": (time(22), time(2, 30))}, "2026-10-25T01:10", "2026-10-25T01:30"),
        ({"digest": time(6), "quiet": (time(22), time(7))}, "2026-11-28T12:00", "2026-11-29T06:00"),
        ({"digest": timedelta(hours=1), "quiet": (time(22), time(7))}, "2026-11-28T21:30", "2026-11-29T06:00"),
        ({"digest": time(8), "timezone": "Asia/Kathmandu"}, "2026-11-28T00:00", "2026-11-28T02:15"),
    ],
)  # fmt: skip
def test_when_an_alert_is_delivered(values: dict[str, object], arose: str, due: str) -> None:
    assert due_at(replace(BERLIN, **values), at(arose)) == at(due)  # type: ignore[arg-type]


times = st.times().map(lambda one: one.replace(second=0, microsecond=0))
zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/Havana", "Pacific/Apia"]
)  # fmt: skip
spans = st.none() | times | st.integers(60, 86400).map(lambda seconds: timedelta(seconds=seconds))


@given(
    st.datetimes(min_value=datetime.fromisoformat("2009-01-01"), max_value=datetime.fromisoformat("2030-01-01")),
    zones,
    spans,
    st.none() | st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]),
)  # fmt: skip
def test_nothing_is_early_nor_much_too_late(
    arose: datetime, zone: str, digest: time | timedelta | None, quiet: tuple[time, time] | None
) -> None:
    watch = checked(Watch(name="w", query="x", timezone=zone, digest=digest, quiet=quiet))
    moment = arose.replace(tzinfo=UTC)
    due = due_at(watch, moment)
    # A day that a zone leaves out (Samoa crossed the date line) and one set back make it two at the most.
    assert timedelta(0) <= due - moment <= timedelta(hours=75 if quiet and digest else 50)
    assert due.tzinfo is UTC
    if digest is None and quiet is None:
        assert due == moment


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"name": ""}, "not a name"),
        ({"name": "a/b"}, "not a name"),
        ({"name": "-x"}, "not a name"),
        ({"query": ""}, "no query"),
        ({"query": "???"}, "nothing can be found"),
        ({"events": ()}, "no events"),
        ({"events": (Event.CHANGE,), "kinds": ()}, "no kinds"),
        ({"timezone": "Europe/Nowhere"}, "no time zone"),
        ({"timezone": "../x"}, "no time zone"),
        ({"timezone": ""}, "no time zone"),
        ({"digest": timedelta(seconds=5)}, "a digest comes"),
        ({"digest": timedelta(days=2)}, "a digest comes"),
        ({"quiet": (time(7), time(7))}, "quiet hours"),
    ],
)
def test_a_watch_that_makes_no_sense_gets_one_line(values: dict[str, object], problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        checked(replace(BERLIN, **values))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_health_of_all_sources_needs_no_query() -> None:
    assert checked(Watch(name="all", events=(Event.HEALTH,)))


@pytest.mark.parametrize(
    ("query", "sources"),
    [
        ("", "courier the-bay herald"),
        ("climate", "courier the-bay herald"),
        ("climate source:courier", "courier"),
        ("source:(courier OR the-*) summit", "courier the-bay"),
        ("-source:COURIER", "the-bay herald"),
        ("(climate OR source:courier) -title:source:x", "courier"),
    ],
)
def test_whose_health_a_watch_tells_of(query: str, sources: str) -> None:
    watch = Watch(name="w", query=query, events=(Event.HEALTH,))
    assert [name for name in ("courier", "the-bay", "herald") if speaks_of(watch, name)] == sources.split()
