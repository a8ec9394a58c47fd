"""The account of a run and its exit code."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crawler.summary import Summary
from pipelines.items import Kind, Outcome, Target, Visit

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def counted(*visits: tuple[str, Outcome]) -> Summary:
    summary = Summary()
    for source, outcome in visits:
        target = Target(
            id=1, url="https://a.example/", kind=Kind.FEED, host="a.example", source=source, due_at=NOW
        )
        summary.count(Visit(target=target, started_at=NOW, outcome=outcome))
    return summary


@pytest.mark.parametrize(
    ("visits", "code"),
    [
        ([], 0),
        ([("a", Outcome.STORED), ("b", Outcome.LINKS)], 0),
        ([("a", Outcome.STORED), ("a", Outcome.TIMEOUT)], 0),
        ([("a", Outcome.STORED), ("b", Outcome.NETWORK_ERROR)], 3),
        ([("a", Outcome.TIMEOUT), ("b", Outcome.BLOCKED), ("b", Outcome.GONE)], 4),
        ([("a", Outcome.ROBOTS)], 4),
    ],
)
def test_exit_code(visits: list[tuple[str, Outcome]], code: int) -> None:
    assert counted(*visits).exit_code == code


def test_a_source_that_could_not_be_surveyed_failed() -> None:
    summary = counted(("a", Outcome.STORED))
    summary.source_failed("b")
    assert summary.exit_code == 3
    assert summary.failed == {"b"}


def test_the_line_and_its_json_say_the_same() -> None:
    summary = counted(("a", Outcome.STORED), ("a", Outcome.DUPLICATE), ("b", Outcome.TIMEOUT))
    line = dict(pair.split("=") for pair in summary.line().split())
    figures = json.loads(summary.json_line())["summary"]
    assert line["stored"] == line["duplicate"] == line["timeout"] == "1"
    assert {word: float(count) for word, count in line.items()} == {word: figures[word] for word in line}
    assert set(figures) >= {outcome.value for outcome in Outcome}
