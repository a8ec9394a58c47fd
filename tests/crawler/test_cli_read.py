from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from plans import due_at

from crawler.cli.context import Context
from crawler.cli.db import db
from crawler.cli.read import export, search, show
from pipelines.errors import StoreError, UsageError
from pipelines.items import Article, Link, Visit
from pipelines.store import Store

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
Run = Callable[..., Result]


def article(number: int, **fields: object) -> Article:
    url = f"https://n.example/{number}"
    base = Article(
        id="",
        url=url,
        url_canonical=url,
        source="n",
        domain="n.example",
        title=f"Council meets again {number}",
        text=f"The council met on day {number}.\n\nNothing was settled [bold]by the members[/bold].",
        authors=("A. Writer",),
        published_at=NOW - timedelta(days=number),
        language="en",
        word_count=12,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/s.db"
    with Store.open(url) as store:
        store.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW)
        for one in (
            article(1),
            article(2, description="What happened."),
            article(
                3,
                title="北京今天下雨",
                text="中国的首都北京今天下雨。",
                language="zh",
                published_precision="day",
            ),
            article(4, title="Evil \x1b[31mred\x07", text="\x1b]0;title\x07 steers the terminal", authors=()),
        ):
            store.add_targets("n", [Link(url=one.url)], via="x", depth=0, now=NOW)
            target = store.target(one.url)
            assert target is not None
            store.end_visit(Visit(target=target, started_at=NOW, article=one), plan=due_at(None))
    return url


@pytest.fixture
def run(database: str) -> Run:
    def invoke(command: click.Command, *words: str, quiet: bool = False, on: str = database) -> Result:
        result = CliRunner().invoke(command, words, obj=Context(database_option=on, quiet=quiet))
        if isinstance(result.exception, UsageError | StoreError):
            # As the command group does it.
            return replace_exit(result, result.exception.exit_code)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def replace_exit(result: Result, code: int) -> Result:
    result.exit_code = code
    return result


def records(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_search_for_people(run: Run) -> None:
    result = run(search, "settled", "members")
    assert result.exit_code == 0
    assert "Council meets again 1" in result.stdout
    assert "2026-10-31" in result.stdout
    assert "[bold]by the members[/bold]" in " ".join(result.stdout.split())
    assert "北京" not in result.stdout


def test_search_for_machines(run: Run) -> None:
    (found,) = records(run(search, "首都", "--json"))
    assert found["title"] == "北京今天下雨"
    assert found["published_at"] == "2026-10-29T08:00:00Z"
    assert ["首都", True] in found["snippet"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ((), 4),
        (("council", "-1"), 1),
        (("council",), 2),
        (('"meets again" -2',), 1),
        (("--source", "n", "council"), 2),
        (("--source", "m", "council"), 0),
        (("--language", "zh"), 1),
        (("--since", "2026-10-31"), 1),
        (("--until", "2026-10-30"), 2),
        (("council", "--limit", "1"), 1),
        (("council", "--offset", "1"), 1),
        (("title:council", "OR", "首都"), 3),
    ],
)
def test_search_words_and_filters(run: Run, words: tuple[str, ...], count: int) -> None:
    assert len(records(run(search, "--json", *words))) == count


def test_nothing_found_is_no_error(run: Run) -> None:
    for options in ((), ("--json",)):
        result = run(search, "unheard", *options)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing found\n")


def test_search_help_explains_the_syntax(run: Run) -> None:
    text = run(search, "--help").stdout
    for word in ('"a phrase"', "-word", "OR", "title:", "word*", "Examples:"):
        assert word in text


@pytest.mark.parametrize("words", [("--sorce", "n"), ("--since", "soon"), ("--limit", "0")])
def test_search_misused(run: Run, words: tuple[str, ...]) -> None:
    assert run(search, *words).exit_code == 2


def test_no_database_yet(run: Run, tmp_path: Path) -> None:
    for command, words in ((search, ["x"]), (show, ["x"]), (export, [])):
        result = run(command, *words, on=f"sqlite:///{tmp_path}/none.db")
        assert result.exit_code == 1
        assert "there is none yet" in str(result.exception)
        assert not (tmp_path / "none.db").exists()


def test_show(run: Run) -> None:
    (found,) = records(run(search, "happened OR title:2", "--json"))
    key = str(found["id"])
    for name in (key, key[:7], "https://n.example/2"):
        text = run(show, name).stdout
        assert "Council meets again 2" in text
        assert "A. Writer · 2026-10-30 08:00 UTC · n · en" in text
        assert "What happened." in text
        assert "Nothing was settled [bold]by the members[/bold]." in text
        assert "https://n.example/2" in text
        (record,) = records(run(show, name, "--json"))
        assert record["id"] == key
    assert "2026-10-29 · n · zh" in run(show, "https://n.example/3").stdout


def test_show_of_what_is_not_there(run: Run) -> None:
    for name in ("ffffffffffffffff", "https://n.example/none", "zz", ""):
        result = run(show, name)
        assert result.exit_code == 2
        assert "\n" not in str(result.exception)


def test_a_page_cannot_steer_the_terminal(run: Run) -> None:
    text = run(show, "https://n.example/4").stdout + run(search, "steers").stdout
    assert "steers the terminal" in text
    assert not set(text) & {"\x1b", "\x07"}


def test_export_to_standard_output(run: Run) -> None:
    found = records(run(export))
    assert [one["url"] for one in found] == [f"https://n.example/{number}" for number in (1, 2, 3, 4)]
    assert run(export, "--format", "csv", "-o", "-").stdout.startswith("id,url,")
    assert len(records(run(export, "--language", "zh"))) == 1


def test_export_to_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    result = run(export, "-o", str(path), "--since", "2026-10-30")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 articles" in result.stderr
    assert len(path.read_text().splitlines()) == 2
    assert run(export, "-o", str(path), quiet=True).stderr == ""
    assert len(path.read_text().splitlines()) == 4


@pytest.mark.parametrize(
    "words", [("-o", "a.txt"), ("-o", "a.csv", "--format", "xml"), ("--format", "parquet")]
)
def test_export_misused(run: Run, words: tuple[str, ...]) -> None:
    assert run(export, *words).exit_code == 2


def test_db_upgrade_check_and_backup(run: Run, tmp_path: Path) -> None:
    assert "up to date" in run(db, "upgrade", on=f"sqlite:///{tmp_path}/new.db").stderr
    assert run(db, "check").exit_code == 0
    copy = tmp_path / "copy.db"
    assert run(db, "backup", str(copy)).exit_code == 0
    assert run(db, "check", on=f"sqlite:///{copy}").exit_code == 0
    assert run(db, "backup", str(copy)).exit_code == 1
    assert run(db, "upgrade", quiet=True).stderr == ""


def test_db_check_says_what_is_wrong(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.db"
    path.write_bytes(b"garbage" * 1000)
    result = run(db, "check", on=f"sqlite:///{path}")
    assert result.exit_code == 1
    assert result.stdout
    assert run(db, "check", on=f"sqlite:///{tmp_path}/none.db").exit_code == 1


@pytest.mark.parametrize("command", [search, show, export, *db.commands.values()])
def test_every_command_has_examples(command: click.Command) -> None:
    assert "Examples:" in (command.help or "")
