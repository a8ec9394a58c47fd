from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from plans import due_at
from rich.console import Console

from crawler.cli.changes import changes, drawn
from crawler.cli.context import Context
from crawler.cli.read import show
from pipelines.changes import ChangeKind
from pipelines.changes.marks import word_diff
from pipelines.errors import UsageError
from pipelines.items import Article, Link, Visit
from pipelines.store import Store

NOW = datetime.now(UTC) - timedelta(hours=2)
URL = "https://n.example/1"
BODY = "The council met on Tuesday.\n\nAt least 12 people were hurt, the police said in the evening."
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    url = f"sqlite:///{tmp_path}/s.db"
    first = Article(
        id="",
        url=URL,
        url_canonical=URL,
        source="n",
        domain="n.example",
        title="Council settles the budget",
        text=BODY,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    states = [first, replace(first, text=BODY.replace("12", "15"))]
    states.append(replace(states[1], title="Council rejects the budget"))
    with Store.open(url) as store:
        store.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW)
        store.add_targets("n", [Link(url=URL)], via="x", depth=0, now=NOW)
        for minute, state in enumerate(states):
            target = store.target(URL)
            assert target is not None
            at = NOW + timedelta(minutes=minute)
            visit = Visit(target=target, started_at=at, ended_at=at, article=state)
            store.end_visit(visit, plan=due_at(None))

    def invoke(command: click.Command, *words: str) -> Result:
        result = CliRunner().invoke(command, words, obj=Context(database_option=url))
        if result.exception is not None and not isinstance(result.exception, SystemExit | UsageError):
            raise result.exception
        return result

    return invoke


def test_changes_for_machines_newest_first(run: Run) -> None:
    rows = [json.loads(line) for line in run(changes, "--json").stdout.splitlines()]
    assert [(row["kind"], row["revision"]) for row in rows] == [("headline", 3), ("figures", 2)]
    assert rows[0]["before"] == "Council settles the budget"
    assert rows[0]["url"] == URL


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--kind", "figures"), 1),
        (("--kind", "headline,figures"), 2),
        (("--kind", "Paragraphs-Added"), 0),
        (("--since", "1h"), 0),
        (("--limit", "1"), 1),
        (("--source", "m"), 0),
    ],
)
def test_changes_filters(run: Run, words: tuple[str, ...], count: int) -> None:
    assert len(run(changes, "--json", *words).stdout.splitlines()) == count


def test_changes_for_people_mark_the_words(run: Run) -> None:
    shown = " ".join(run(changes).stdout.split())
    assert "headline: Council [-settles-]{+rejects+} the budget" in shown


def test_a_bad_kind_is_a_usage_error_that_names_the_good_ones(run: Run) -> None:
    error = run(changes, "--kind", "headlines").exception
    assert isinstance(error, UsageError)
    assert error.exit_code == 2
    assert "headlines" in str(error)
    assert all(kind.value in str(error) for kind in ChangeKind)


def test_show_revisions(run: Run) -> None:
    lines = run(show, URL, "--revisions").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3"]
    assert "figures" in lines[2]
    assert "headline" in lines[3]


def test_show_diff_has_marks_without_a_terminal(run: Run) -> None:
    diff = run(show, URL, "--diff", "1..3").stdout
    assert "Council [-settles-]{+rejects+} the budget" in diff
    assert "At least [-12-]{+15+} people" in diff
    assert "1 paragraph unchanged" in diff
    assert "settles" not in run(show, URL, "--diff", "2").stdout.replace("Council settles the budget", "")


@pytest.mark.parametrize("words", [("--diff", "1..9"), ("--diff", "x"), ("--json", "--revisions")])
def test_show_refuses(run: Run, words: tuple[str, ...]) -> None:
    assert isinstance(run(show, URL, *words).exception, UsageError)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("至少12人受伤，王伟说。", "至少14人受伤，李强说。", "至少[-12-]{+14+}人受伤，[-王伟-]{+李强+}说。"),
        (
            "قال أحمد إن الجسر سيبنى",
            "قال محمد إن الجسر سيبنى",
            "قال \u2068[-أحمد-]\u2069\u2068{+محمد+}\u2069 إن",
        ),
    ],
)
def test_marks_suit_every_script(old: str, new: str, shown: str) -> None:
    (pieces,) = word_diff(old, new)
    assert shown in drawn(Context(console=Console(file=io.StringIO())), pieces).plain


def test_a_terminal_shows_colours_and_no_marks() -> None:
    (pieces,) = word_diff("At least 12 people", "At least 15 people")
    text = drawn(Context(console=Console(file=io.StringIO(), force_terminal=True)), pieces)
    assert text.plain == "At least 1215 people"
    assert [span.style for span in text.spans if span.style] == ["red strike", "green"]
