"""What the store gives to judge a source by, and how it keeps episodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pasts import DAY, HOUR, Past

from pipelines.items import Cut, Kind, Link, Outcome
from pipelines.store import Episode, History, Store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as opened:
        yield opened
        assert opened.check() == []


@pytest.fixture
def past(store: Store) -> Past:
    return Past(store, url="https://n.example", begin=NOW - 60 * DAY)


def history(past: Past) -> History:
    (found,) = past.store.histories([past.name], now=NOW)
    return found


def test_a_new_source_has_a_root_and_nothing_else(past: Past) -> None:
    found = history(past)
    assert (found.visited_at, found.article_at, found.readings, found.gaps, found.hosts) == (
        None,
        None,
        (),
        (),
        (),
    )
    (root,) = found.roots
    assert (root.url, root.kind, root.own, root.visits) == (past.feed, Kind.FEED, True, ())


def test_visits_are_the_newest_first_and_not_all_of_them(past: Past) -> None:
    for hour in range(40, 0, -1):
        past.poll(NOW - hour * HOUR, final_url=f"https://n.example/{hour}")
    (root,) = history(past).roots
    assert [visit.ended_at for visit in root.visits] == [NOW - hour * HOUR for hour in range(1, 25)]
    assert root.visits[0].final_url == "https://n.example/1"
    assert root.first_final_url == "https://n.example/40"
    assert root.rhythm is not None
    assert history(past).visited_at == NOW - HOUR


def test_sections_count_for_news_only_and_retired_roots_for_nothing(past: Past) -> None:
    past.poll(NOW, [Link(url="https://n.example/town/", kind=Kind.LISTING, depth=1)])
    past.poll(NOW + HOUR, [Link(url="https://n.example/town/?page=9", kind=Kind.LISTING, depth=2)])
    assert [(root.own, root.kind) for root in history(past).roots] == [
        (True, Kind.FEED),
        (False, Kind.LISTING),
    ]
    roots = [Link(url="https://n.example/new", kind=Kind.FEED)]
    past.store.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=roots, now=NOW)
    assert [root.url for root in history(past).roots if root.own] == ["https://n.example/new"]


def test_only_first_readings_are_compared(past: Past) -> None:
    cuts = (Cut(line="Join us", rule="learned"), Cut(line="More", rule="promo-label"))
    past.read(NOW - 3 * HOUR, 1, words=500, authors=("A. B.",), image_url="https://n.example/i", cuts=cuts)
    past.read(NOW - 2 * HOUR, 1, words=500, authors=("A. B.",), image_url="https://n.example/i")
    past.read(NOW - HOUR, 2, outcome=Outcome.TOO_SHORT)
    past.read(NOW, 3, outcome=Outcome.NETWORK_ERROR)
    found = history(past)
    assert [one.outcome for one in found.article_visits] == [
        "network_error",
        "too_short",
        "unchanged",
        "stored",
    ]
    short, stored = found.readings
    assert (short.outcome, short.words, short.authors) == (Outcome.TOO_SHORT, 0, False)
    assert (stored.words, stored.authors, stored.published, stored.learned) == (500, True, True, 1)
    assert (stored.description, stored.image) == (False, True)
    assert found.article_at == NOW - 3 * HOUR


def test_disabled_sources_are_not_watched(past: Past) -> None:
    Past(past.store, url="https://m.example", begin=NOW, name="m")
    assert past.store.watched() == ["m", "n"]
    past.store.sync_source("n", "https://n.example/", configured=True, enabled=False, roots=(), now=NOW)
    assert past.store.watched() == ["m"]


def test_episodes_follow_the_findings(store: Store) -> None:
    one = Episode(source="a", finding="silent", detail="for 1d", began_at=NOW)
    other = Episode(source="b", finding="failing", detail="x", began_at=NOW)
    assert store.keep_findings([one, other], of_sources=["a", "b"], now=NOW).began == (one, other)
    longer = replace(one, detail="for 2d", began_at=NOW + HOUR)
    changes = store.keep_findings([longer], of_sources=["a", "b"], now=NOW + DAY)
    assert (changes.began, changes.ended) == ((), (other,))
    first, second = store.episodes(ended_since=NOW)
    assert first == replace(one, detail="for 2d")
    assert second == replace(other, ended_at=NOW + DAY)
    assert store.episodes(ended_since=NOW + DAY + timedelta(seconds=1)) == [first]
    # Again: a new episode.
    again = replace(other, began_at=NOW + 2 * DAY)
    assert store.keep_findings([longer, again], of_sources=["a", "b"], now=NOW + 2 * DAY).began == (again,)
    assert len(store.episodes(ended_since=NOW)) == 3
