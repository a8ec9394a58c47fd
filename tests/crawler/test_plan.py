"""When a target is due again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest

from crawler.schedule.plan import (
    HOST_RETRY,
    MAX_ARTICLE_FAILURES,
    MAX_HOST_FAILURES,
    REREAD,
    Rhythm,
    Rules,
    planned,
)
from pipelines.items import FAILURES, Article, Kind, Link, Outcome, Page, PollWish, Target, Visit

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)  # a Tuesday
SHORT, LONG = timedelta(minutes=10), timedelta(days=1)
RULES = Rules(min_interval=SHORT, max_interval=LONG)
PAGES_OF_LINKS = [Kind.FEED, Kind.SITEMAP, Kind.LISTING]
POLLED = [Outcome.LINKS, Outcome.UNCHANGED, Outcome.NOT_MODIFIED]


def ended(kind: Kind, outcome: Outcome, *, failures: int = 0, visits: int = 0, depth: int = 0) -> Visit:
    target = Target(
        id=1, url="https://a.example/", kind=kind, host="a.example", source="a", due_at=NOW,
        failures=failures, visits=visits, depth=depth,
    )  # fmt: skip
    return Visit(target=target, started_at=NOW, ended_at=NOW, outcome=outcome)


def wait(visit: Visit, rules: Rules = RULES) -> timedelta | None:
    due = planned(visit, rules).due_at
    return None if due is None else due - NOW


def answer(*, status: int = 200, **headers: str) -> Page:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    url = "https://a.example/"
    return Page(url=url, final_url=url, status=status, headers=names, body=b"", fetched_at=NOW)


def polled(hours: int, every: timedelta, *, articles: int) -> Target:
    """A feed that was polled so often for so many hours until NOW, with so many new articles at each poll."""
    target = ended(Kind.FEED, Outcome.LINKS).target
    at = NOW - timedelta(hours=hours)
    while at < NOW:
        at += every
        fresh = tuple(Link(url=f"https://a.example/{at}/{number}") for number in range(articles))
        known = Link(url="https://a.example/known")
        visit = Visit(
            target=target,
            started_at=at,
            ended_at=at,
            outcome=Outcome.LINKS,
            fresh=fresh,
            links=(*fresh, known),
        )
        target = planned(visit, RULES)
    return target


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("kind", PAGES_OF_LINKS)
def test_a_root_is_always_due_again_within_its_intervals(kind: Kind, outcome: Outcome) -> None:
    for failures in (0, 1, 5, 1000):
        again = wait(ended(kind, outcome, failures=failures))
        assert again is not None
        assert SHORT <= again <= LONG


def test_failures_double_the_wait() -> None:
    waits = [wait(ended(Kind.FEED, Outcome.TIMEOUT, failures=number)) for number in range(4)]
    assert waits == [SHORT * 2, SHORT * 4, SHORT * 8, SHORT * 16]


def test_a_failed_poll_teaches_nothing() -> None:
    target = polled(48, timedelta(hours=1), articles=2)
    for outcome in FAILURES:
        visit = Visit(target=target, started_at=NOW, ended_at=NOW + LONG, outcome=outcome)
        assert planned(visit, RULES).rhythm == target.rhythm


def test_who_publishes_more_is_polled_sooner() -> None:
    often = polled(48, timedelta(hours=1), articles=4)
    seldom = polled(48, timedelta(hours=1), articles=0)
    assert often.due_at is not None
    assert seldom.due_at is not None
    assert often.due_at < seldom.due_at


@pytest.mark.parametrize("outcome", POLLED)
def test_what_was_learned_stays_with_the_target(outcome: Outcome) -> None:
    target = polled(48, timedelta(hours=1), articles=3)
    visit = Visit(target=target, started_at=NOW, ended_at=NOW + SHORT, outcome=outcome)
    kept = Rhythm.of(planned(visit, RULES).rhythm)
    assert kept.page_size == 4
    assert kept.rate.articles == pytest.approx(Rhythm.of(target.rhythm).rate.articles)


def test_all_new_is_polled_again_at_once() -> None:
    target = polled(24, timedelta(hours=6), articles=1)
    fresh = tuple(Link(url=f"https://a.example/new/{number}") for number in range(8))
    visit = Visit(
        target=target, started_at=NOW, ended_at=NOW, outcome=Outcome.LINKS, fresh=fresh, links=fresh
    )
    assert wait(visit) == SHORT
    tied = replace(visit, links=(*fresh, Link(url="https://a.example/known")))
    later = wait(tied)
    assert later is not None
    assert later > SHORT


@pytest.mark.parametrize(
    ("wish", "headers", "least"),
    [
        (PollWish(wait=3 * 3600), {}, timedelta(hours=3)),
        (PollWish(wait=90 * 86400), {}, LONG),
        (PollWish(skip_hours=(12, 13, 14)), {}, timedelta(hours=3)),
        (PollWish(skip_days=(1,)), {}, timedelta(hours=12)),
        (PollWish(skip_days=(1, 2, 3, 4, 5)), {}, LONG),
        (None, {"cache_control": "public, max-age=10800"}, timedelta(hours=3)),
        (None, {"cache_control": "max-age=10800", "age": "3600"}, timedelta(hours=2)),
        (None, {"cache_control": "s-maxage=10800"}, SHORT),
        (None, {"cache_control": "max-age=99999999999999"}, LONG),
        (None, {"cache_control": "no-cache"}, SHORT),
    ],
)
def test_the_publishers_wishes_are_floors(
    wish: PollWish | None, headers: dict[str, str], least: timedelta
) -> None:
    busy = polled(24, timedelta(minutes=10), articles=9)
    asked = replace(
        ended(Kind.FEED, Outcome.LINKS), target=busy, wish=wish, page=answer(**headers),
    )  # fmt: skip
    assert wait(asked) == least


def test_a_feeds_wish_holds_for_answers_without_a_body() -> None:
    busy = polled(24, timedelta(minutes=10), articles=9)
    asked = replace(ended(Kind.FEED, Outcome.LINKS), target=busy, wish=PollWish(wait=3 * 3600))
    again = replace(asked, target=planned(asked, RULES), wish=None, outcome=Outcome.NOT_MODIFIED)
    assert wait(again) == timedelta(hours=3)


def test_articles_are_read_again_at_their_ages_and_then_never() -> None:
    waits = [wait(ended(Kind.ARTICLE, Outcome.UNCHANGED, visits=number)) for number in range(len(REREAD) + 1)]
    assert waits[-1] is None
    assert tuple(accumulate(waits[:-1])) == REREAD


def test_what_is_over_a_limit_is_looked_at_twice_more() -> None:
    def failed(failures: int) -> timedelta | None:
        return wait(ended(Kind.ARTICLE, Outcome.OVER_LIMIT, failures=failures))

    assert (failed(0), failed(1), failed(2)) == (timedelta(days=1), timedelta(days=1), None)


@pytest.mark.parametrize("outcome", sorted(FAILURES - {Outcome.OVER_LIMIT}))
def test_a_failing_article_is_given_up_in_the_end(outcome: Outcome) -> None:
    def failed(failures: int) -> timedelta | None:
        return wait(replace(ended(Kind.ARTICLE, outcome, failures=failures), page=answer(status=500)))

    assert failed(0) == timedelta(minutes=5)
    assert failed(MAX_ARTICLE_FAILURES) is None


@pytest.mark.parametrize("status", [None, 429, 502, 503, 504])
def test_an_article_whose_host_failed_is_due_again_with_its_host(status: int | None) -> None:
    def failed(failures: int) -> timedelta | None:
        page = None if status is None else answer(status=status)
        return wait(replace(ended(Kind.ARTICLE, Outcome.NETWORK_ERROR, failures=failures), page=page))

    assert failed(0) == HOST_RETRY
    assert failed(MAX_ARTICLE_FAILURES) is not None
    assert failed(MAX_HOST_FAILURES) is None


@pytest.mark.parametrize(
    "outcome", [Outcome.NOT_ARTICLE, Outcome.DUPLICATE, Outcome.GONE, Outcome.FILTERED, Outcome.TOO_SHORT]
)
def test_what_is_no_article_is_not_asked_again(outcome: Outcome) -> None:
    assert wait(ended(Kind.ARTICLE, outcome)) is None


def test_jitter_only_lengthens() -> None:
    for kind, outcome in ((Kind.FEED, Outcome.LINKS), (Kind.ARTICLE, Outcome.STORED)):
        plain, longer = wait(ended(kind, outcome)), wait(ended(kind, outcome), replace(RULES, jitter=0.1))
        assert plain is not None
        assert longer == plain * 1.1


def test_a_withdrawn_article_is_looked_at_once_more_and_then_as_ever() -> None:
    article = Article(
        id="1", url="https://a.example/", url_canonical="https://a.example/", source="a", domain="a.example",
        title="x", text="x", first_seen_at=NOW, last_seen_at=NOW, withdrawn_at=NOW,
    )  # fmt: skip
    late = replace(ended(Kind.ARTICLE, Outcome.GONE, visits=len(REREAD)), article=article)
    assert wait(late) == REREAD[0]
    second = replace(late, article=replace(article, withdrawn_at=NOW - REREAD[0]))
    assert wait(second) is None
    early = replace(second, target=replace(second.target, visits=2))
    assert wait(early) == REREAD[2] - REREAD[1]
    assert wait(late, replace(RULES, reread=())) is None
