"""What the dashboard reads of the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plans import due_at
from stories import text_of

from pipelines.items import Article, HostState, Kind, Link, Outcome, Page, Visit
from pipelines.store import Store
from pipelines.store.health import Episode
from pipelines.store.migrations import HEAD

NOW = datetime(2026, 11, 4, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Outlets:
    """A store of some outlets, and what they publish."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.desk = store.desk

    def add(self, name: str, *, enabled: bool = True) -> None:
        roots = [Link(url=f"https://{name}.example/feed", kind=Kind.FEED)]
        home = f"https://{name}.example/"
        self.store.sync_source(name, home, configured=True, enabled=enabled, roots=roots, now=NOW - 9 * DAY)

    def publish(
        self,
        source: str,
        story: str,
        *,
        ago: timedelta,
        seen: timedelta | None = None,
        language: str | None = "en",
        **fields: object,
    ) -> Article:
        """The article of this story, dated `ago` before now and read at once, or `seen` before now."""
        at = NOW - (ago if seen is None else seen)
        url = f"https://{source}.example/{story}"
        article = Article(
            id="",
            url=url,
            url_canonical=url,
            source=source,
            domain=f"{source}.example",
            title=f"{story} at {source}",
            text="\n\n".join(text_of(story)),
            published_at=NOW - ago,
            first_seen_at=at,
            last_seen_at=at,
            language=language,
        )
        visit = self.visit(source, url, at=at, article=replace(article, **fields))  # type: ignore[arg-type]
        assert visit.article is not None
        return visit.article

    def visit(
        self, source: str, url: str, *, at: datetime, due: datetime | None = None, **fields: object
    ) -> Visit:
        self.store.add_targets(source, [Link(url=url)], via="x", depth=0, now=at)
        target = self.store.target(url)
        assert target is not None
        page = Page(url=url, final_url=url, status=200, headers={}, body=b"x" * 100, fetched_at=at)
        begun = at - timedelta(seconds=2)
        visit = Visit(target=target, started_at=begun, ended_at=at, page=page)
        return self.store.end_visit(replace(visit, **fields), plan=due_at(due))  # type: ignore[arg-type]


@pytest.fixture
def outlets(tmp_path: Path) -> Iterator[Outlets]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as store:
        found = Outlets(store)
        for name in "abc":
            found.add(name)
        found.add("off", enabled=False)
        yield found
        assert store.check() == []


def test_an_empty_store_has_pages_too(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/empty.db") as store:
        desk = store.desk
        today = desk.today(NOW)
        assert (today.stories, today.newest, today.by_source, today.total, today.changes) == (
            (),
            (),
            (),
            0,
            0,
        )
        assert today.volume == today.volume_before == (0,) * 24
        assert (desk.stories().stories, desk.stories().before) == ((), None)
        assert desk.story("x") is None
        assert desk.sources(NOW) == []
        assert desk.source_detail("a", NOW) is None
        assert desk.rhythms() == {}
        system = desk.system(NOW)
        assert dict(system.counts) == store.counts()
        assert dict(system.queue.targets) == dict.fromkeys(Kind, 0) == dict(system.queue.due)
        assert (system.rates.newest_at, system.rates.outcomes_day, system.queue.next_due_at) == (
            None,
            (),
            None,
        )
        assert system.schema_version == HEAD


def test_a_store_in_memory_and_one_that_is_only_read(outlets: Outlets) -> None:
    outlets.publish("a", "fire", ago=HOUR)
    path = outlets.store.desk.database.path
    with Store.open(str(path), readonly=True) as reader:
        assert reader.desk.today(NOW) == outlets.desk.today(NOW)
        assert reader.desk.system(NOW).space.database > 0
    with Store.open("sqlite://") as memory:
        assert (memory.desk.system(NOW).space.database, memory.desk.system(NOW).space.free) == (0, None)


def test_today_counts_the_window_and_the_one_before(outlets: Outlets) -> None:
    outlets.publish("a", "now", ago=timedelta(minutes=1))
    outlets.publish("a", "edge", ago=24 * HOUR)
    outlets.publish("b", "before", ago=24 * HOUR + timedelta(seconds=1), language="de")
    outlets.publish("b", "late", ago=2 * HOUR, language="de")
    outlets.publish("b", "undated", ago=HOUR, published_at=None, language=None)
    outlets.publish("c", "ahead", ago=-2 * HOUR, seen=HOUR)
    outlets.publish("c", "old", ago=49 * HOUR)
    today = outlets.desk.today(NOW)
    assert today.since == NOW - DAY
    assert (today.total, today.total_before) == (5, 1)
    assert today.by_source == (("a", 2), ("b", 2), ("c", 1))
    assert dict(today.by_language) == {"en": 3, "de": 1, None: 1}
    assert (sum(today.volume), sum(today.volume_before)) == (5, 1)
    # The one whose publisher's clock is ahead counts in the last hour.
    assert (today.volume[0], today.volume[21:], today.volume_before[23]) == (1, (0, 1, 3), 1)
    assert [one.title.split()[0] for one in today.newest] == ["ahead", "undated", "late", "edge", "now"]
    assert [story.first.pk for story in today.stories] == [one.pk for one in today.newest]
    assert today.unique_stories == 5
    assert outlets.desk.today(NOW, hours=48).total == 6
    assert len(outlets.desk.today(NOW, stories=2).stories) == 2


def test_stories_of_many_sources_stand_first(outlets: Outlets) -> None:
    first = outlets.publish("a", "fire", ago=30 * HOUR, description="Smoke over the harbour.")
    outlets.publish("b", "fire", ago=5 * HOUR)
    outlets.publish("c", "fire", ago=4 * HOUR, title="Harbour burns", published_at=None)
    outlets.publish("a", "twice", ago=3 * HOUR, seen=3 * HOUR)
    outlets.publish("b", "alone", ago=HOUR)
    today = outlets.desk.today(NOW)
    fire, alone, twice = today.stories
    assert (fire.id, fire.first.id, fire.first.snippet) == (first.id, first.id, "Smoke over the harbour.")
    assert (fire.copies, fire.sources, fire.here) == (2, ("a", "b", "c"), 2)
    assert fire.newest_at == NOW - 4 * HOUR
    assert (alone.first.title, alone.copies, alone.sources, alone.here) == ("alone at b", 0, ("b",), 1)
    assert twice.first.title == "twice at a"
    assert (today.total, today.unique_stories) == (4, 3)


def test_briefs_tell_what_lists_show(outlets: Outlets) -> None:
    long = "word " * 100
    outlets.publish("a", "one", ago=HOUR, text=long, authors=("Ada",), section="World", language=None)
    (brief,) = outlets.desk.today(NOW).newest
    assert (brief.source, brief.url, brief.section, brief.language) == (
        "a",
        "https://a.example/one",
        "World",
        None,
    )
    assert (brief.authors, brief.revision, brief.cluster_id, brief.is_withdrawn) == (("Ada",), 1, None, False)
    assert brief.snippet == long[:199] + "…"
    outlets.visit("a", brief.url, at=NOW, outcome=Outcome.GONE, reason="404")
    today = outlets.desk.today(NOW)
    assert (today.newest[0].is_withdrawn, today.newest[0].withdrawn_at, today.changes) == (True, NOW, 1)


def test_stories_are_paged_by_their_newest_member(outlets: Outlets) -> None:
    for number, story in enumerate(("fire", "flood", "vote")):
        outlets.publish("a", story, ago=DAY - number * HOUR)
    outlets.publish("off", "vote", ago=10 * HOUR, seen=9 * HOUR)
    outlets.publish("b", "flood", ago=8 * HOUR)
    outlets.publish("b", "fire", ago=7 * HOUR)
    outlets.publish("a", "alone", ago=6 * HOUR)
    outlets.publish("b", "vote", ago=5 * HOUR)
    everything = outlets.desk.stories()
    assert [one.first.title for one in everything.stories] == ["vote at a", "fire at a", "flood at a"]
    assert everything.before is None
    vote = everything.stories[0]
    assert (vote.copies, vote.without, vote.newest_at) == (2, 1, NOW - 5 * HOUR)
    assert [(one.source, one.delay, one.articles) for one in vote.sources] == [
        ("a", timedelta(), 1),
        ("off", 13 * HOUR, 1),
        ("b", 17 * HOUR, 1),
    ]
    pages, before = [], None
    while not pages or before is not None:
        page = outlets.desk.stories(limit=1, before=before)
        pages += page.stories
        before = page.before
    assert tuple(pages) == everything.stories
    assert len(outlets.desk.stories(limit=3).stories) == 3
    assert outlets.desk.stories(limit=3).before is None
    assert outlets.desk.stories(since=NOW - 7 * HOUR).stories == everything.stories[:2]


def test_a_story_has_all_members_and_says_who_has_not(outlets: Outlets) -> None:
    first = outlets.publish("b", "fire", ago=9 * HOUR, language="de")
    outlets.publish("b", "fire-again", ago=8 * HOUR, text=first.text, language="de")
    outlets.publish("off", "fire", ago=7 * HOUR)
    outlets.publish("c", "other", ago=6 * HOUR, language="de")
    outlets.publish("a", "other-still", ago=6 * HOUR, language="fr")
    (line,) = outlets.desk.stories().stories
    story = outlets.desk.story(line.id)
    assert story is not None
    assert [one.source for one in story.members] == ["b", "b", "off"]
    assert [one.articles for one in story.sources] == [2, 1]
    assert story.first == story.members[0]
    assert story.sources == line.sources
    assert story.without == ("c", "a")
    assert line.without == 2


def test_sources_at_a_glance(outlets: Outlets) -> None:
    for number in range(3):
        outlets.publish("a", f"today-{number}", ago=number * HOUR)
    outlets.publish("a", "yesterday", ago=DAY)
    outlets.publish("a", "first-day", ago=13 * DAY)
    outlets.publish("a", "earlier", ago=14 * DAY)
    outlets.publish("a", "too-old", ago=30 * DAY)
    outlets.visit("b", "https://b.example/x", at=NOW - HOUR, outcome=Outcome.HTTP_ERROR, reason="status 503")
    outlets.visit("b", "https://b.example/x", at=NOW - 25 * HOUR, outcome=Outcome.TIMEOUT)
    open_one = Episode(source="b", finding="unreachable", detail="for a day", began_at=NOW - DAY)
    over = Episode(source="b", finding="silent", detail="long", began_at=NOW - 2 * DAY)
    outlets.store.keep_findings([open_one, over], of_sources=["b"], now=NOW)
    outlets.store.keep_findings([open_one], of_sources=["b"], now=NOW)
    a, b, c, off = outlets.desk.sources(NOW)
    assert (a.name, a.url, a.configured, a.enabled, off.enabled) == (
        "a",
        "https://a.example/",
        True,
        True,
        False,
    )
    assert a.daily == (1, *(0,) * 11, 1, 3)
    assert (a.lately, a.newest_at, a.last_visit_at, a.last_outcome) == (6, NOW, NOW, Outcome.STORED)
    assert (a.visits, a.failures, a.episodes) == (4, 0, ())
    assert (b.visits, b.failures, b.episodes) == (1, 1, (open_one,))
    assert (b.last_visit_at, b.last_outcome) == (NOW - HOUR, Outcome.HTTP_ERROR)
    assert (c.last_visit_at, c.last_outcome, c.newest_at, c.visits) == (None, None, None, 0)
    detail = outlets.desk.source_detail("b", NOW)
    assert detail is not None
    assert detail.view == b
    assert {one.finding for one in detail.episodes} == {"silent", "unreachable"}
    assert dict(detail.outcomes) == {Outcome.HTTP_ERROR: 1, Outcome.TIMEOUT: 1}
    newest = detail.visits[0]
    assert (newest.at, newest.reason, newest.status, newest.milliseconds) == (
        NOW - HOUR,
        "status 503",
        200,
        2000,
    )


def test_a_source_in_detail(outlets: Outlets) -> None:
    for number in range(32):
        outlets.publish("a", f"story-{number}", ago=number * HOUR)
    feed = "https://a.example/feed"
    target = outlets.store.target(feed)
    assert target is not None
    visit = Visit(target=target, started_at=NOW - HOUR, ended_at=NOW - HOUR, outcome=Outcome.NOT_MODIFIED)
    outlets.store.end_visit(
        visit, plan=lambda done: replace(done.target, due_at=NOW, rhythm={"page_size": 7})
    )
    outlets.store.add_targets("a", [Link(url=f"{feed}2", kind=Kind.LISTING)], via=feed, depth=0, now=NOW)
    detail = outlets.desk.source_detail("a", NOW)
    assert detail is not None
    assert [len(part) for part in (detail.visits, detail.articles, detail.roots)] == [30, 20, 2]
    assert [one.title for one in detail.articles[:2]] == ["story-0 at a", "story-1 at a"]
    own, found = detail.roots
    assert (own.url, own.kind, own.own, found.own) == (feed, Kind.FEED, True, False)
    assert (own.interval, own.failures, own.visits, own.due_at) == (HOUR, 0, 1, NOW)
    assert (found.interval, found.last_visited_at) == (None, None)
    assert outlets.desk.rhythms() == {"a": [{"page_size": 7}]}


def test_the_system(outlets: Outlets) -> None:
    outlets.publish("a", "one", ago=30 * HOUR)
    outlets.publish("a", "two", ago=timedelta(minutes=30))
    outlets.visit("b", "https://b.example/x", at=NOW - 2 * HOUR, outcome=Outcome.TIMEOUT, due=NOW + 2 * HOUR)
    outlets.store.add_targets("b", [Link(url="https://b.example/y")], via="x", depth=0, now=NOW - HOUR)
    outlets.store.add_targets("off", [Link(url="https://off.example/y")], via="x", depth=0, now=NOW - HOUR)
    later, sooner, free = (
        HostState(host=host, not_before=NOW + hours * HOUR, reason="status 503")
        for host, hours in (("later", 2), ("sooner", 1), ("free", -1))
    )
    outlets.store.keep_hosts([later, sooner, free])
    system = outlets.desk.system(NOW)
    assert dict(system.counts) == outlets.store.counts()
    assert dict(system.queue.targets) == {Kind.FEED: 4, Kind.SITEMAP: 0, Kind.LISTING: 0, Kind.ARTICLE: 5}
    assert dict(system.queue.due) == {Kind.FEED: 3, Kind.SITEMAP: 0, Kind.LISTING: 0, Kind.ARTICLE: 1}
    assert sum(dict(system.queue.due).values()) == outlets.store.count_due(NOW)
    assert (system.queue.oldest_due_at, system.queue.next_due_at) == (NOW - 9 * DAY, NOW + 2 * HOUR)
    assert system.left_alone == (sooner, later)
    rates = system.rates
    assert (dict(rates.outcomes_hour), dict(rates.outcomes_day)) == (
        {Outcome.STORED: 1},
        {Outcome.STORED: 1, Outcome.TIMEOUT: 1},
    )
    assert (rates.per_hour[-3:], sum(rates.per_hour), rates.bytes_day) == ((0, 1, 1), 2, 200)
    assert rates.newest_at == NOW - 2 * HOUR
    assert system.space.free is not None


def test_changes_are_paged(outlets: Outlets) -> None:
    for number in range(3):
        outlets.publish("a", f"story-{number}", ago=DAY)
    # Two kinds of change at one time, of each of the articles.
    for number in range(3):
        more = "\n\n".join([*text_of(f"story-{number}"), *text_of("more", 1)])
        outlets.publish("a", f"story-{number}", ago=DAY, seen=HOUR, title="New", text=more)
    everything = outlets.store.changes()
    assert len(everything) >= 6
    pages: list[object] = []
    last = None
    while page := outlets.store.changes(limit=2, before=last):
        pages += page
        last = page[-1].id
    assert pages == everything
    kinds = sorted({change.kind for change in everything})
    assert len(kinds) > 1
    assert outlets.store.changes(kinds=kinds, limit=100) == everything
    one = [change for change in everything if change.kind is kinds[0]]
    assert outlets.store.changes(kinds=kinds[:1], limit=2) == one[:2]
    assert outlets.store.changes(kinds=kinds[:1], limit=2, before=one[1].id) == one[2:]
    assert outlets.store.changes(kinds=kinds[:1], source="a", limit=2) == one[:2]
    assert outlets.store.changes(source="b", limit=2) == []
