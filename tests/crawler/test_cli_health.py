"""`wirewatch health`: the table, JSON, exit code 5, recoveries; and crawls against sites that are not well."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from newsserver import Answer, NewsServer, article, local_news, path_of, rss, wirewatch
from pasts import DAY, HOUR, Past

from crawler.cli.context import Context
from crawler.cli.health import health
from crawler.health.findings import TROUBLE_MEANING, Trouble
from pipelines.errors import UsageError
from pipelines.items import Kind, Link, Outcome
from pipelines.store import Episode, Store

CONFIG = (
    '[network]\nallow = ["127.0.0.0/8"]\n[defaults]\ndelay = 0.0\n[extraction]\nworkers = 1\n'
    '[[sources]]\nname = "n"\nurl = "{url}/"\nfeeds = ["{url}/feed/"]\ndiscover = false\n'
)
Run = Callable[..., Result]


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/wirewatch.db"


@pytest.fixture
def run(database: str) -> Run:
    def run(*arguments: str, quiet: bool = False) -> Result:
        context = Context(database_option=database, quiet=quiet)
        context.console.width = 300
        return CliRunner().invoke(health, arguments, obj=context, standalone_mode=False)

    return run


def code(result: Result) -> int:
    assert isinstance(result.exception, SystemExit) or result.exception is None, result.exception
    return result.exit_code


def stopped(store: Store, url: str, *, days_ago: float, name: str = "n") -> Past:
    """A daily that last published so many days ago, polled until half an hour ago."""
    past = Past(store, url=url, begin=now() - 60 * DAY, name=name)
    last = now() - days_ago * DAY
    past.publish([last - day * DAY for day in range(30)], until=now() - HOUR / 2)
    return past


# --- the command ---------------------------------------------------------------------------------------


def test_the_table_says_what_is_wrong_and_what_is_well(database: str, run: Run) -> None:
    with Store.open(database) as store:
        stopped(store, "https://quiet.example", days_ago=5, name="quiet")
        stopped(store, "https://well.example", days_ago=0.5, name="well")
        Past(store, url="https://new.example", begin=now(), name="new")
    result = run()
    assert code(result) == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["source", "quiet", "new", "well"]
    assert "silent" in lines[1]
    assert "1 in " in lines[1]
    assert "never visited" in lines[2]
    assert re.search(r"no article yet; usually (?:[67]\.\d a week|1\.\d a day)", lines[3])
    assert lines[-1] == "3 sources: 1 with findings, 2 ok"
    assert "\x1b" not in result.output
    quiet = run(quiet=True).output.splitlines()
    assert len(quiet) == 2
    assert quiet[1].startswith("quiet")
    assert len(run("well").output.splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [("silent", 5), ("failing, silent", 5), ("any", 5), ("failing,blocked", 0), (None, 0)],
)
def test_fail_on_ends_with_exit_code_5(database: str, run: Run, words: str | None, expected: int) -> None:
    with Store.open(database) as store:
        stopped(store, "https://quiet.example", days_ago=5)
    assert code(run(*(["--fail-on", words] if words else []))) == expected
    assert code(run("--json", *(["--fail-on", words] if words else []))) == expected


def test_mistakes_are_named_with_what_there_is(database: str, run: Run) -> None:
    with Store.open(database) as store:
        Past(store, url="https://n.example", begin=now(), name="tagesblatt")
    error = run("--fail-on", "silent,sleepy").exception
    assert isinstance(error, UsageError)
    assert "'sleepy'" in str(error)
    assert all(trouble in str(error) for trouble in (*Trouble, "any"))
    error = run("tagesblat").exception
    assert isinstance(error, UsageError)
    assert "did you mean tagesblatt?" in str(error)


def test_the_document_has_findings_and_recoveries(database: str, run: Run) -> None:
    with Store.open(database) as store:
        stopped(store, "https://quiet.example", days_ago=5, name="quiet")
        stopped(store, "https://well.example", days_ago=0.5, name="well")
        # One that a crawl has ended, one that is over but no crawl has seen, one that holds, one long past.
        began = now() - 9 * DAY
        old = [
            Episode(source="well", finding="failing", detail="f", began_at=began),
            Episode(source="well", finding="gap", detail="g", began_at=began),
        ]
        store.keep_findings(old, of_sources=["well"], now=began)
        store.keep_findings(old[1:], of_sources=["well"], now=now() - 2 * DAY)
        held = Episode(source="quiet", finding="silent", detail="s", began_at=began)
        store.keep_findings([old[1], held], of_sources=["well"], now=now() - DAY)
    document = json.loads(run("--json").output)
    quiet, well = document["sources"]
    assert (quiet["source"], well["source"]) == ("quiet", "well")
    assert well["findings"] == []
    assert well["articles_a_week"] == pytest.approx(7, rel=0.3)
    (finding,) = quiet["findings"]
    assert finding["finding"] == "silent"
    assert 0 < finding["probability"] < 1 / 50
    assert finding["since"] == began.isoformat().replace("+00:00", "Z")
    assert [(one["source"], one["finding"]) for one in document["recovered"]] == [("well", "gap")]
    document = json.loads(run("--json", "--since", "3d").output)
    assert {one["finding"] for one in document["recovered"]} == {"gap", "failing"}
    table = run("--since", "3d").output
    assert "was failing for 7d, until" in table


def test_what_a_server_says_cannot_steer_the_terminal(database: str, run: Run) -> None:
    with Store.open(database) as store:
        past = Past(store, url="https://n.example", begin=now())
        for hour in range(5, 0, -1):
            past.poll(now() - hour * HOUR, outcome=Outcome.HTTP_ERROR, reason="bad \x1b]0;owned\x07[red]")
    output = run().output
    assert "bad ]0;owned[red]" in output
    assert "\x1b" not in output


def test_the_words_are_the_same_in_code_command_and_docs() -> None:
    page = (Path(__file__).parents[2] / "docs/health.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.M)
    assert [(word, TROUBLE_MEANING[Trouble(word)]) for word, _ in documented] == documented
    assert [word for word, _ in documented] == [trouble.value for trouble in Trouble]
    assert health.help is not None
    assert re.findall(r"^ *(\w+)  +\w", health.help.split("Reads")[0], re.M) == [
        trouble.value for trouble in Trouble
    ]


# --- crawls --------------------------------------------------------------------------------------------


def crawled(folder: Path, url: str) -> str:
    """The log of one crawl of the source as it is."""
    (folder / "wirewatch.toml").write_text(CONFIG.format(url=url))
    return wirewatch("crawl", cwd=folder).stderr


def judged(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    done = wirewatch("health", *arguments, cwd=folder)
    return done.returncode, done.stdout.splitlines()


@pytest.mark.slow
def test_a_site_that_stops_is_called_silent_and_its_return_is_said(tmp_path: Path, database: str) -> None:
    site = NewsServer({"/feed/": lambda site: rss(site.url, range(0))})
    with site:
        with Store.open(database) as store:
            past = stopped(store, site.url, days_ago=5)
            # Its articles are known and read, or a crawl would fetch them.
            for number in range(30):
                past.read(now() - 6 * DAY, number)
        log = crawled(tmp_path, site.url)
        assert "n is silent: nothing new for 5d" in log
        assert judged(tmp_path, "--fail-on", "silent")[0] == 5
        site.pages[path_of(99)] = article(99)
        site.pages["/feed/"] = lambda site: rss(site.url, range(99, 100))
        assert "n has recovered: silent from" in crawled(tmp_path, site.url)
        status, lines = judged(tmp_path, "--fail-on", "silent")
    assert status == 0
    assert any("recovered" in line and "was silent for 5d" in line for line in lines)
    assert any(" ok " in line for line in lines)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer("<p>no</p>", status=403), "last: status 403 Forbidden"),
        (Answer("<title>Just a moment...</title><p>Enable JavaScript"), "last: challenge page of Cloudflare"),
    ],
)
def test_a_site_that_refuses_us_is_blocked(tmp_path: Path, database: str, answer: Answer, says: str) -> None:
    with NewsServer({"/feed/": answer, "/": answer}) as site:
        with Store.open(database) as store:
            past = Past(store, url=site.url, begin=now() - DAY)
            for hour in range(10, 2, -1):
                past.poll(now() - hour * HOUR)
            for hour in (2, 1):
                past.poll(now() - hour * HOUR, outcome=Outcome.BLOCKED, reason="status 403 Forbidden")
        log = crawled(tmp_path, site.url)
    assert "n is blocked: feed" in log
    assert says in log
    assert judged(tmp_path, "--fail-on", "blocked")[0] == 5


@pytest.mark.slow
def test_a_site_that_has_moved_elsewhere_is_said(tmp_path: Path, database: str) -> None:
    with local_news(6) as other, NewsServer() as site:
        site.pages["/feed/"] = Answer(status=301, headers={"Location": f"{other.url}/feed/"})
        with Store.open(database) as store:
            past = Past(store, url=site.url, begin=now() - DAY)
            for hour in range(10, 0, -1):
                past.poll(now() - hour * HOUR)
        assert "is redirected" not in crawled(tmp_path, site.url)
        assert f"n is redirected: feed {site.url}/feed/ ends at {other.url}/feed/" in crawled(
            tmp_path, site.url
        )


def test_a_new_template_is_called_drifting(tmp_path: Path, database: str, run: Run) -> None:
    with Store.open(database) as store:
        past = Past(store, url="https://n.example", begin=now() - 30 * DAY)
        for number in range(80):
            past.read(now() - (80 - number) * HOUR, number, words=(600 if number < 60 else 120) + number)
    result = run("--fail-on", "drifting")
    assert code(result) == 5
    assert "median text 190 words, before 630" in result.output


def test_a_listing_that_is_served_elsewhere_from_the_first_is_said(database: str, run: Run) -> None:
    with Store.open(database) as store:
        roots = [Link(url="https://old.example/", kind=Kind.LISTING)]
        past = Past(store, url="https://old.example", begin=now() - DAY)
        store.sync_source("n", "https://old.example/", configured=True, enabled=True, roots=roots, now=now())
        past.feed = "https://old.example/"
        for hour in (3, 2, 1):
            past.poll(now() - timedelta(hours=hour), final_url="https://new.example/")
    assert "listing https://old.example/ ends at https://new.example/" in run().output
