"""When a target is due again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.schedule.plan import MAX_ARTICLE_FAILURES, REREAD, next_due
from pipelines.items import FAILURES, Kind, Outcome, Target, Visit

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SHORT, LONG = timedelta(minutes=10), timedelta(days=1)


def wait(
    kind: Kind, outcome: Outcome, *, failures: int = 0, visits: int = 0, depth: int = 0
) -> timedelta | None:
    target = Target(
        id=1, url="https://a.example/", kind=kind, host="a.example", source="a", due_at=NOW,
        failures=failures, visits=visits, depth=depth,
    )  # fmt: skip
    visit = Visit(target=target, started_at=NOW, ended_at=NOW, outcome=outcome)
    due = next_due(visit, min_interval=SHORT, max_interval=LONG)
    return None if due is None else due - NOW


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("kind", [Kind.FEED, Kind.SITEMAP, Kind.LISTING])
def test_a_root_is_always_due_again_within_its_intervals(kind: Kind, outcome: Outcome) -> None:
    for failures in (0, 1, 5, 1000):
        again = wait(kind, outcome, failures=failures)
        assert again is not None
        assert SHORT <= again <= LONG


def test_failures_double_the_wait() -> None:
    waits = [wait(Kind.FEED, Outcome.TIMEOUT, failures=number) for number in range(4)]
    assert waits == [SHORT * 2, SHORT * 4, SHORT * 8, SHORT * 16]


def test_articles_are_read_again_and_then_never() -> None:
    waits = [wait(Kind.ARTICLE, Outcome.UNCHANGED, visits=number) for number in range(len(REREAD) + 1)]
    assert waits == [*REREAD, None]


@pytest.mark.parametrize("outcome", sorted(FAILURES))
def test_a_failing_article_is_given_up_in_the_end(outcome: Outcome) -> None:
    assert wait(Kind.ARTICLE, outcome) == timedelta(minutes=5)
    assert wait(Kind.ARTICLE, outcome, failures=MAX_ARTICLE_FAILURES) is None


@pytest.mark.parametrize(
    "outcome", [Outcome.NOT_ARTICLE, Outcome.DUPLICATE, Outcome.GONE, Outcome.FILTERED, Outcome.TOO_SHORT]
)
def test_what_is_no_article_is_not_asked_again(outcome: Outcome) -> None:
    assert wait(Kind.ARTICLE, outcome) is None


def test_jitter_only_lengthens() -> None:
    target = Target(id=1, url="https://a.example/", kind=Kind.FEED, host="a", source="a", due_at=NOW)
    visit = Visit(target=target, started_at=NOW, ended_at=NOW, outcome=Outcome.LINKS)
    due = next_due(visit, min_interval=SHORT, max_interval=LONG, jitter=0.1)
    assert due == NOW + SHORT * 1.1
