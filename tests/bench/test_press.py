"""The made-up press that the desk is measured on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bench.desk.press import ORIGINAL, Edited, Event, Press, Published, spread
from bench.identity.texts import read_stories

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)


def told(*, begin: int = 0) -> list[Event]:
    press = Press(read_stories([]), seed=3, words=40, begin=begin)
    times = spread(round(600 * ORIGINAL), BEGIN, BEGIN + timedelta(days=4))
    return list(press.events(times))


def test_a_press_tells_the_same_again_and_goes_on_with_other_articles() -> None:
    events = told()
    assert events == told()
    keys = {event.article.id for event in events if isinstance(event, Published)}
    assert keys.isdisjoint(event.article.id for event in told(begin=600) if isinstance(event, Published))


def test_it_publishes_copies_and_edits_in_the_order_of_time() -> None:
    events = told()
    published = [event for event in events if isinstance(event, Published)]
    assert 500 < len(published) < 700
    seen = [event.article.first_seen_at for event in published]
    assert all(one <= other for one, other in pairwise(seen))
    known = {event.article.id: event.article for event in published}
    copies = [event for event in published if event.original is not None]
    assert 0.02 < len(copies) / len(published) < 0.2
    assert all(known[copy.original].source != copy.article.source for copy in copies if copy.original)
    assert any(isinstance(event, Edited) for event in events)


def test_hours_get_their_share() -> None:
    times = list(spread(1000, BEGIN, BEGIN + timedelta(days=7)))
    assert len(times) == 1000
    days = [sum(at.date() == (BEGIN + timedelta(days=day)).date() for at in times) for day in range(7)]
    assert max(days[5:]) < min(days[:5])
