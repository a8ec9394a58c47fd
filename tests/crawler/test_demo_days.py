"""Days of news on the sample sites: what their courses say, and what comes of watching them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from newsserver import wirewatch
from sampledays import three_days

from crawler.demo.clock import DayClock
from crawler.demo.days import MOST_DAYS, Course, read_days
from crawler.demo.pages import Site
from crawler.demo.watches import WATCHES
from pipelines.extract import read_article
from pipelines.items import Outcome, Page
from pipelines.store import Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BEGIN = NOW - timedelta(days=MOST_DAYS)
COURSES = read_days(NOW)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"sqlite:///{three_days(tmp_path_factory)}", readonly=True) as opened:
        yield opened


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_every_outlet_begins_with_a_few_stories_and_publishes_in_each_day(course: Course) -> None:
    begin = course.at(BEGIN)
    assert begin is not None
    assert 2 <= len(begin.stories) < len(course.whole.stories)
    assert all(story.published_at <= NOW for story in course.whole.stories)
    ages = [(NOW - story.published_at) / timedelta(hours=1) for story in course.whole.stories]
    assert min(ages) < 24
    assert sum(age < 72 for age in ages) >= 3


def test_nothing_is_shown_before_its_time() -> None:
    for course in COURSES.values():
        for moment in course.moments:
            shown = course.at(moment)
            if shown is not None:
                assert all(story.changed_at <= moment for story in (*shown.stories, *shown.withdrawn))


def test_every_edit_changes_something() -> None:
    edits = [(course, edit) for course in COURSES.values() for edit in course.edits]
    assert len(edits) >= 8
    for course, edit in edits:
        before, after = course.at(edit.at - timedelta(seconds=1)), course.at(edit.at)
        assert before is not None
        assert after is not None
        one = next(story for story in before.stories if story.slug == edit.slug)
        other = next((story for story in after.stories if story.slug == edit.slug), None)
        assert (other is None) is edit.withdrawn
        for old, _ in edit.replace:
            assert any(old in line for line in one.lines)
        if other is not None:
            assert (one.title, one.lines) != (other.title, other.lines)


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_every_story_reads_as_an_article_and_a_withdrawn_one_is_gone(course: Course) -> None:
    outlet = course.at(NOW - timedelta(hours=20)) or course.whole
    site = Site(outlet, "http://127.0.0.1:1")
    pages = site.pages()
    for story in outlet.stories:
        answer = pages[site.design.story_path(story)]
        url = site.address(story)
        page = Page(
            url=url, final_url=url, status=200, headers={"content-type": answer.type}, body=answer.body, fetched_at=NOW
        )  # fmt: skip
        reading = read_article(page, source="demo")
        assert reading.outcome is None, url
        assert reading.article is not None
        assert reading.article.title == story.title
    for story in outlet.withdrawn:
        assert pages[site.design.story_path(story)].status == 410


def test_the_clock_jumps_up_to_the_present_and_no_further() -> None:
    clock, jumps = DayClock(1, step=timedelta(hours=9)), 0
    assert datetime.now(UTC) - clock() > timedelta(hours=23)
    while clock.move_on():
        jumps += 1
        assert clock() <= datetime.now(UTC)
    assert jumps == 3
    assert datetime.now(UTC) - clock() < timedelta(minutes=1)


@pytest.mark.slow
def test_three_days_of_watching_find_what_happened(store: Store) -> None:
    articles = {article.title: article for article in store.articles()}
    # What the failing outlet publishes at last is missed, and what came in the last hours may be.
    due = [
        story
        for key, course in COURSES.items()
        for story in course.whole.stories
        if key != "diario-del-valle" and not {edit.slug for edit in course.edits} & {story.slug}
    ]
    assert {story.title for story in due} <= articles.keys()
    assert {change.kind for change in store.changes(limit=100)} >= {"headline", "correction", "withdrawn"}
    assert sum(article.withdrawn_at is not None for article in articles.values()) == 1
    clusters = {article.cluster_id for article in articles.values() if article.cluster_id}
    assert len(clusters) == 5
    assert {article.source for article in articles.values()} == COURSES.keys()
    first = [article.first_seen_at for article in articles.values()]
    assert max(first) - min(first) > timedelta(days=2.5)


@pytest.mark.slow
def test_a_site_that_fails_is_said_to_fail_and_one_that_came_back_has_recovered(store: Store) -> None:
    episodes = {
        (one.source, one.finding, one.ended_at is None) for one in store.episodes(ended_since=datetime.min.replace(tzinfo=UTC))
    }  # fmt: skip
    assert ("diario-del-valle", "failing", True) in episodes
    assert {source for source, _, _ in episodes} <= {"diario-del-valle", "le-phare"}


@pytest.mark.slow
def test_the_sample_watches_find_articles_of_several_languages(store: Store) -> None:
    found = {name: store.watch_matches(name, limit=50) for name in WATCHES}
    assert all(found.values())
    assert len({match.article.language for match in found["climate"]}) >= 4


def test_a_desk_that_strangers_could_reach_is_refused_before_anything_is_crawled(tmp_path: Path) -> None:
    done = wirewatch("demo", "--serve", "0.0.0.0:0", cwd=tmp_path, timeout=30)
    assert done.returncode == 2
    assert "set a password" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_no_visit_ended_for_a_reason_that_nobody_planned(store: Store) -> None:
    outcomes = {
        visit.outcome for article in store.articles() for visit in store.visits(article.url_canonical)
    }
    assert outcomes <= {
        Outcome.STORED,
        Outcome.UPDATED,
        Outcome.UNCHANGED,
        Outcome.NOT_MODIFIED,
        Outcome.GONE,
        Outcome.HTTP_ERROR,
    }
