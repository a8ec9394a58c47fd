"""`why` explains each outcome, on a web that has a page for each, read twice."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from newsserver import Answer, HangUpError, NewsServer, article, paragraphs, wirewatch

from crawler.cli import main_group
from pipelines.items import HostState, Outcome
from pipelines.store import Store

Why = Callable[..., Result]

COMMENTS = '<div id="respond"><h3>Leave a Reply</h3><form><textarea name="comment"></textarea></form></div>'
TAGS = "".join(
    f'<h3><a href="/2026/11/other-{number}">Another headline that leads elsewhere, number {number}</a></h3>'
    for number in range(8)
)


def path(name: str) -> str:
    return f"/2026/11/{name.replace('_', '-')}-story-of-the-day"


def told(number: int, *more: str) -> str:
    return article(number, body="".join(f"<p>{text}</p>" for text in (*paragraphs(number), *more)))


def ticking(number: int) -> Callable[[NewsServer], Answer]:
    """The same article in other bytes at each request."""
    return lambda site: Answer(told(number) + f"<!-- {len(site.asked)} -->")


def hang_up(site: NewsServer) -> Answer:
    raise HangUpError


@dataclass(frozen=True)
class Web:
    """The site with a page for each outcome, and two whose pages break."""

    site: NewsServer
    down: NewsServer
    slow: NewsServer

    def address(self, name: str) -> str:
        server = {"network_error": self.down, "timeout": self.slow}.get(name, self.site)
        return server.url + (f"/private{path(name)}" if name == "robots" else path(name))


def pages_of(site: NewsServer) -> dict[str, Any]:
    short = (
        "<p>The council votes on Tuesday evening about the bridge, the harbour and the new road there.</p>"
    )
    return {
        path("stored"): article(1, body="".join(f"<p>{one}</p>" for one in paragraphs(1)) + COMMENTS),
        path("updated"): told(2),
        path("unchanged"): ticking(3),
        path("not_modified"): told(4),
        path("duplicate"): told(1),
        path("not_article"): f"<title>Budget</title><body class='tag archive'><main>{TAGS}</main></body>",
        path("too_short"): article(5, body=short),
        path("blocked"): Answer("<title>No</title>", status=403),
        path("gone"): Answer("<title>No</title>", status=404),
        path("http_error"): Answer("<title>No</title>", status=500),
        path("parse_error"): "",
        path("filtered"): Answer(status=302, headers={"Location": "/advert" + path("filtered")}),
        "/advert" + path("filtered"): told(6),
        path("over_limit"): Answer(told(9), headers={f"X-Header-{number}": "1" for number in range(300)}),
        path("withdrawn"): told(7),
        path("moved"): Answer(status=301, headers={"Location": path("there")}),
        path("there"): told(8),
    }  # fmt: skip


def feed(site: NewsServer, paths: list[str]) -> Answer:
    items = "".join(f"<item><title>News</title><link>{site.url}{one}</link></item>" for one in paths)
    text = (
        f'<rss version="2.0"><channel><title>The Local</title><link>{site.url}/</link>{items}</channel></rss>'
    )
    return Answer(text, type="application/rss+xml")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Web]]:
    """The folder of two crawls of it, between which some pages changed."""
    folder = tmp_path_factory.mktemp("why")
    never = threading.Event()
    with ExitStack() as stack:
        site, down, slow = (stack.enter_context(NewsServer()) for _ in range(3))
        stack.callback(never.set)
        site.pages = pages_of(site)
        named = [one for one in site.pages if not one.startswith("/advert") and one != path("there")]
        named += ["/private" + path("robots"), "/advert" + path("named")]
        site.pages["/feed/"] = feed(site, named)
        site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /private/\n", type="text/plain")
        down.pages = {"/feed/": feed(down, [path("network_error")]), path("network_error"): hang_up}
        slow.pages = {"/feed/": feed(slow, [path("timeout")])}
        slow.pages[path("timeout")] = lambda _: Answer(status=200 if never.wait(30) else 504)
        config = '[network]\nallow = ["127.0.0.0/8"]\ntimeout = 4\n[defaults]\ndelay = 0\n'
        for name, server in (("local", site), ("down", down), ("slow", slow)):
            config += f'[[sources]]\nname = "{name}"\nurl = "{server.url}/"\nfeeds = ["{server.url}/feed/"]\n'
            config += 'exclude = ["/advert/"]\n'
        (folder / "wirewatch.toml").write_text(config)
        wirewatch("crawl", cwd=folder)
        site.pages[path("updated")] = told(2, "The office added on Friday that nobody had been told of it.")
        site.pages[path("withdrawn")] = Answer("<title>No</title>", status=410)
        with sqlite3.connect(folder / "wirewatch.db") as connection:
            connection.execute("UPDATE targets SET due_at = '2026-01-01 00:00:00' WHERE kind = 'article'")
        connection.close()
        wirewatch("crawl", cwd=folder)
        keep_alone(folder, down)
        yield folder, Web(site, down, slow)


def keep_alone(folder: Path, server: NewsServer) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    host = f"127.0.0.1:{server.port}"
    with Store.open(f"sqlite:///{folder}/wirewatch.db") as store:
        store.keep_hosts([HostState(host=host, not_before=until, failures=3, reason="no answer")])


@pytest.fixture
def why(web: tuple[Path, Web], monkeypatch: pytest.MonkeyPatch) -> Why:
    monkeypatch.chdir(web[0])
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(main_group, ["why", *arguments])


def record(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# The state of each page's address, the outcomes of its visits, and what the last one's reason or the account says.
OUTCOMES = [
    ("stored", "stored", ["stored", "not_modified"], "in the store as"),
    ("updated", "stored", ["stored", "updated"], "in the store as"),
    ("unchanged", "stored", ["stored", "unchanged"], "in the store as"),
    ("not_modified", "stored", ["stored", "not_modified"], "in the store as"),
    ("duplicate", "other_address", ["duplicate"], "another address of the article"),
    ("not_article", "not_article", ["not_article"], "tag page"),
    ("too_short", "too_short", ["too_short"], "16 words"),
    ("robots", "robots", ["robots", "robots"], "forbidden by robots.txt (Disallow: /private/)"),
    ("blocked", "blocked", ["blocked", "blocked"], "status 403"),
    ("gone", "gone", ["gone"], "status 404"),
    ("http_error", "http_error", ["http_error", "http_error"], "status 500"),
    ("parse_error", "parse_error", ["parse_error", "parse_error"], "empty body"),
    ("filtered", "filtered", ["filtered"], "excluded by the source's patterns"),
    ("network_error", "network_error", ["network_error"], "no answer that could be read: Connection was closed"),
    ("timeout", "timeout", ["timeout"], "no complete answer in time"),
    ("over_limit", "over_limit", ["over_limit"], "headers"),
    ("withdrawn", "withdrawn", ["stored", "gone"], "taken away by its publisher"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "state", "outcomes", "said"), OUTCOMES)
def test_each_outcome_is_explained(
    web: tuple[Path, Web], why: Why, name: str, state: str, outcomes: list[str], said: str
) -> None:
    address = web[1].address(name)
    told = record(why(address, "--json"))
    assert told["state"] == state
    own = [visit for visit in told["visits"] if visit["url"] == address]
    assert [visit["outcome"] for visit in own][: len(outcomes)] == outcomes
    assert told["found"]["via_kind"] == "feed"
    assert told["found"]["at"]
    assert told["now"]["robots"]["allowed"] is (name != "robots")
    shown = why(address)
    assert shown.exit_code == 0
    assert said in " ".join(shown.stdout.split())
    assert "on the feed" in shown.stdout


def test_the_table_has_every_outcome() -> None:
    assert {outcome for _, _, outcomes, _ in OUTCOMES for outcome in outcomes} == set(Outcome) - {
        Outcome.LINKS
    }


def test_a_feed_is_explained_too(web: tuple[Path, Web], why: Why) -> None:
    told = record(why(f"{web[1].site.url}/feed/", "--json"))
    assert (told["found"]["via"], told["found"]["kind"]) == ("config", "feed")
    assert [visit["outcome"] for visit in told["visits"]] == ["links", "not_modified"]
    assert told["state"] == "not_modified"
    assert told["visits"][0]["fresh"] > 10


def test_of_an_article_it_says_what_was_cut_and_what_it_was_judged_by(
    web: tuple[Path, Web], why: Why
) -> None:
    address = web[1].address("stored")
    told = record(why(address, "--json"))
    assert "Leave a Reply" in [cut["line"] for cut in told["visits"][0]["cuts"]]
    grounds = told["visits"][0]["grounds"]
    assert (grounds["way"], grounds["declared"], grounds["dated"]) == ("fast", True, True)
    assert grounds["words"] > 200
    assert told["article"]["extractor"] == "trafilatura"
    assert web[1].address("duplicate") in told["addresses"]
    assert "cut (prune:comment-form): Leave a Reply" in why(told["article"]["id"][:10]).stdout


def test_redirects_are_told_at_both_ends(web: tuple[Path, Web], why: Why) -> None:
    there = web[1].site.url + path("there")
    for address in (web[1].site.url + path("moved"), there):
        told = record(why(address, "--json"))
        assert told["visits"][0]["hops"] == [["301", there]]
    assert told["state"] == "stored"
    assert record(why(web[1].site.url + path("moved"), "--json"))["state"] == "other_address"


# What is said of an address that nobody has seen, without asking for it.
UNSEEN = [
    ("{site}/2026/11/never-named-by-anybody", None, "once a feed, sitemap or listing of local names it"),
    ("{site}/2026/11/never-named-by-anybody?utm_source=x#top", None, "/2026/11/never-named-by-anybody\n"),
    ("{site}/private/2026/11/a-secret", "robots", "forbidden by robots.txt (Disallow: /private/)"),
    ("{site}/advert/2026/11/a-bargain", "filtered", "exclude '/advert/' matches"),
    ("{down}/2026/11/another-story", None, "is left alone until"),
    ("http://10.0.0.1/2026/11/story", "network_error", "no public address"),
    ("https://nobody.example/2026/11/story", None, "no source watches nobody.example"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "outcome", "said"), UNSEEN)
def test_of_an_unseen_address_it_says_what_would_happen(
    web: tuple[Path, Web], why: Why, address: str, outcome: str | None, said: str
) -> None:
    _, servers = web
    url = address.format(site=servers.site.url, down=servers.down.url)
    asked = len(servers.site.asked)
    told = record(why(url, "--json"))
    assert (told["state"], told["found"], told["visits"]) == ("unknown", None, [])
    assert told["now"]["outcome"] == outcome
    assert said in why(url).stdout
    assert len(servers.site.asked) == asked


@pytest.mark.parametrize(
    "name", ["nothing", "ftp://x.example/a", "https://u:secret@x.example/", "https://x y/"]
)
def test_what_is_no_address_is_refused(why: Why, name: str) -> None:
    done = why(name)
    assert done.exit_code != 0
    assert "secret" not in str(done.exception)


# With --fetch: an unseen page is asked for, read and judged, and nothing is kept of it.
FETCHED = [
    ("fresh", "stored", None),
    ("stored", "unchanged", None),
    ("not_article", "not_article", "tag page"),
    ("robots", "robots", "Disallow: /private/"),
    ("blocked", "blocked", "status 403"),
    ("filtered", "filtered", "exclude '/advert/' matches"),
    ("withdrawn", "gone", "status 410"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "outcome", "reason"), FETCHED)
def test_fetching_tells_what_would_come_of_it_and_stores_nothing(
    web: tuple[Path, Web], name: str, outcome: str, reason: str | None
) -> None:
    folder, servers = web
    servers.site.pages[path("fresh")] = told(20)
    before = dump(folder)
    done = wirewatch("why", servers.address(name), "--fetch", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)["fetched"]
    assert seen["outcome"] == outcome
    assert reason is None or reason in seen["reason"]
    assert dump(folder) == before


def dump(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "wirewatch.db")
    try:
        return list(connection.iterdump())
    finally:
        connection.close()
