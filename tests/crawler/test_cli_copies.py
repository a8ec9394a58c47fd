from __future__ import annotations

import csv
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

from crawler.cli.context import Context
from crawler.cli.read import export, search, show
from crawler.demo.content import read_outlets
from pipelines.errors import UsageError
from pipelines.items import Article, Kind, Target, Visit
from pipelines.store import Store

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
(STORY, OTHER) = next(outlet.stories for outlet in read_outlets(NOW) if outlet.language == "en")[:2]
Run = Callable[..., Result]


def article(source: str, lines: tuple[str, ...], **fields: object) -> Article:
    url = f"https://{source}.example/1"
    base = Article(
        id="",
        url=url,
        url_canonical=url,
        source=source,
        domain=f"{source}.example",
        title=STORY.title,
        text="\n\n".join(lines),
        language="en",
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


ARTICLES = (
    article("first", STORY.lines, published_at=NOW - HOUR, agency="Reuters"),
    article("cut", STORY.lines[: len(STORY.lines) // 2], title="Evil \x1b[31mred", first_seen_at=NOW + HOUR),
    article(
        "boxed",
        (*STORY.lines, "Read the zebra report in our weekend edition, on sale on Saturday for two crowns."),
        published_at=NOW - 2 * HOUR,
        first_seen_at=NOW + 2 * HOUR,
    ),
    article("alone", OTHER.lines, title=OTHER.title),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    database = f"sqlite:///{tmp_path}/s.db"
    with Store.open(database) as store:
        for one in ARTICLES:
            target = Target(
                id=0, url=one.url, kind=Kind.ARTICLE, host=one.domain, source=one.source, due_at=NOW
            )
            store.end_visit(Visit(target=target, started_at=NOW, article=one), plan=due_at(None))

    def invoke(command: click.Command, *words: str) -> Result:
        result = CliRunner().invoke(command, words, obj=Context(database_option=database))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def records(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_search_unique_gives_one_article_a_story(run: Run) -> None:
    assert {one["source"] for one in records(run(search, "--json"))} == {"first", "cut", "boxed", "alone"}
    found = {one["source"]: one["copies"] for one in records(run(search, "--json", "--unique"))}
    assert found == {"first": 2, "alone": 0}
    words = STORY.title.split()[0]
    assert [one["source"] for one in records(run(search, words, "--json", "--unique"))] == ["first"]
    assert "first · 2 copies" in run(search, words, "--unique").stdout


def test_search_unique_finds_a_story_by_what_only_a_copy_says(run: Run) -> None:
    (found,) = records(run(search, "zebra", "--json", "--unique"))
    assert (found["source"], found["copies"]) == ("boxed", 2)
    (found,) = records(run(search, "--source", "cut", "--json", "--unique"))
    assert found["source"] == "cut"


def test_limit_and_offset_count_stories(run: Run) -> None:
    pages = [
        records(run(search, "--json", "--unique", "--limit", "1", "--offset", str(at))) for at in range(3)
    ]
    assert sorted(str(one["source"]) for page in pages for one in page) == ["alone", "first"]


def test_show_copies_for_people(run: Run) -> None:
    text = run(show, "https://cut.example/1", "--copies").stdout
    first, cut, boxed = (line for line in text.splitlines() if "2026-11-01" in line)
    assert [line.split()[1] for line in (first, cut, boxed)] == ["first", "cut", "boxed"]
    assert "2026-11-01 08:00*" in first
    assert "2026-11-01 06:00*" in boxed
    assert "* first seen at first" in text
    assert "* earliest by its own word at boxed" in text
    assert "2 copies · 3 outlets · agency: Reuters" in text
    assert "\x1b" not in text
    assert "Evil" in text


def test_show_copies_for_machines(run: Run) -> None:
    first, cut, boxed = records(run(show, "https://first.example/1", "--copies", "--json"))
    assert (first["first"], first["earliest"], first["copy_of"]) == (True, False, None)
    assert cut["copy_of"] == boxed["copy_of"] == first["id"]
    assert cut["cluster_id"] == first["cluster_id"] is not None
    assert (cut["added"], cut["other_headline"], boxed["other_headline"]) == (0.0, True, False)
    assert 0.2 < float(str(cut["kept"])) < 0.8
    assert (boxed["kept"], boxed["earliest"]) == (1.0, True)
    assert 0.0 < float(str(boxed["added"])) < 0.3


def test_a_story_without_copies(run: Run) -> None:
    (only,) = records(run(show, "https://alone.example/1", "--copies", "--json"))
    assert (only["cluster_id"], only["copy_of"], only["kept"]) == (None, None, 1.0)
    assert "0 copies · 1 outlet · no agency named" in run(show, "https://alone.example/1", "--copies").stdout


def test_show_says_that_it_is_a_copy(run: Run) -> None:
    (first, *_) = records(run(show, "https://first.example/1", "--copies", "--json"))
    assert f"copy of {first['id']}" in run(show, "https://cut.example/1").stdout
    assert "agency: Reuters" in run(show, "https://first.example/1").stdout
    with pytest.raises(UsageError):
        run(show, "https://first.example/1", "--copies", "--revisions")


def test_exports_have_the_cluster(run: Run) -> None:
    found = {one["source"]: one for one in records(run(export))}
    assert found["cut"]["copy_of"] == found["first"]["id"]
    assert found["cut"]["cluster_id"] == found["first"]["cluster_id"]
    assert (found["first"]["agency"], found["alone"]["cluster_id"]) == ("Reuters", None)
    (row, *_) = csv.DictReader(io.StringIO(run(export, "--format", "csv", "--source", "cut").stdout))
    assert row["copy_of"] == found["first"]["id"]
