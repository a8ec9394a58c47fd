"""Politeness, end to end: real runs against local sites, judged by the sites' own ledgers of requests."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from certificates import server_context
from clocked import clocked
from newsserver import (
    Answer,
    HangUpError,
    NewsServer,
    article,
    clean_environment,
    listing,
    local_news,
    path_of,
    rss,
    wirewatch,
)

from pipelines.items import HostState, OriginFile
from pipelines.store import Store

# What the two clocks of a machine and its scheduler may differ in.
TOLERANCE = 0.01
FEED = 'name = "{name}"\nurl = "{url}/"\nfeeds = ["{url}/feed/"]\n'


def configure(folder: Path, *urls: str, delay: float = 0.0, extra: str = "", network: str = "") -> None:
    blocks = "".join(f"[[sources]]\n{FEED.format(name=f's{n}', url=url)}" for n, url in enumerate(urls))
    (folder / "wirewatch.toml").write_text(
        f'[network]\nallow = ["127.0.0.0/8"]\n{network}[defaults]\ndelay = {delay}\n'
        f"[extraction]\nworkers = 1\n{extra}{blocks}"
    )


def gaps(site: NewsServer) -> list[float]:
    return [later.at - earlier.at for earlier, later in pairwise(site.asked)]


def rows(folder: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "wirewatch.db")) as connection:
        return connection.execute(query).fetchall()


# --- the rest between two requests --------------------------------------------------------------------------


def test_no_two_requests_to_a_host_are_closer_than_its_delay(tmp_path: Path) -> None:
    with local_news(6) as site, NewsServer() as other:
        # Articles of the source on another host, one by way of a redirect, whose Crawl-delay is longer.
        other.pages["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 0.6\n", type="text/plain")
        for number in range(20, 23):
            other.pages[path_of(number)] = article(number)
        site.pages[path_of(5)] = Answer(status=302, headers={"Location": other.url + path_of(22)})
        feed = str(rss(site.url, range(6)).body)
        more = str(rss(other.url, range(20, 22)).body)
        items = more[more.index("<item>") : more.rindex("</channel>")]
        site.pages["/feed/"] = Answer(feed.replace("</channel>", f"{items}</channel>"), type="text/xml")
        configure(tmp_path, site.url, delay=0.3)
        result = wirewatch("crawl", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert len(site.asked) >= 9
        assert len(other.asked) >= 5  # robots.txt, tdmrep.json and three articles
        assert min(gaps(site)) >= 0.3 - TOLERANCE
        # robots.txt comes first: the Crawl-delay is known from then on.
        assert min(gaps(other)) >= 0.6 - TOLERANCE


def test_control_without_the_rest_they_are_closer(tmp_path: Path) -> None:
    with local_news(6) as site:
        configure(tmp_path, site.url, delay=0.3)
        result = clocked(tmp_path, time.time(), 1.0, "hand-careless")
        assert result.returncode == 0, result.stderr
        assert min(gaps(site)) < 0.3


def test_the_rest_is_kept_over_a_restart(tmp_path: Path) -> None:
    with NewsServer({"/feed/": lambda site: rss(site.url, range(0))}) as site:
        configure(tmp_path, site.url)
        now = datetime.now(UTC)
        with Store.open(f"sqlite:///{tmp_path}/wirewatch.db") as store:
            store.keep_origin_file(
                OriginFile(
                    origin=site.url,
                    status=200,
                    body="User-agent: *\nCrawl-delay: 5",
                    fetched_at=now - timedelta(hours=1),
                    expires_at=now + timedelta(hours=1),
                )
            )
        for _ in range(2):
            result = wirewatch("crawl", cwd=tmp_path)
            assert result.returncode == 0, result.stderr
        assert [asked.path for asked in site.asked] == ["/feed/", "/feed/"]  # robots.txt is known
        assert gaps(site)[0] >= 5 - TOLERANCE


def test_a_stop_does_not_wait_for_the_rest(tmp_path: Path) -> None:
    with local_news(4) as site:
        site.pages["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 100\n", type="text/plain")
        configure(tmp_path, site.url)
        command = [sys.executable, "-m", "crawler", "crawl"]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True
        )
        with process:
            assert site.wait_for(1, 60)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=30)
        assert process.returncode == 130, stderr
        assert "sources=0" in stderr.splitlines()[-1]
        assert rows(tmp_path, "SELECT count(*) FROM targets WHERE due_at IS NOT NULL") == [(1,)]


# --- what a host asks for -----------------------------------------------------------------------------------


def test_retry_after_is_obeyed_over_restarts_and_by_hand(tmp_path: Path) -> None:
    with local_news(4) as site:
        feed = site.pages["/feed/"]
        site.pages["/feed/"] = Answer(status=429, headers={"Retry-After": "3600"})
        configure(tmp_path, site.url)
        base = time.time()
        first = clocked(tmp_path, base, 1.0, "due")
        assert site.count("/feed/") == 1
        assert "asked to be left alone until" in first.stderr
        asked = len(site.asked)
        site.pages["/feed/"] = feed
        for mode in ("due", "hand"):
            again = clocked(tmp_path, base, 1.0, mode)
            assert again.returncode == 0, again.stderr
            assert "(status 429, Retry-After 3600): " in again.stderr or mode == "due"
        page = wirewatch("crawl", f"{site.url}{path_of(1)}", cwd=tmp_path)
        assert page.returncode == 4
        assert "asked to be left alone until" in page.stderr
        assert len(site.asked) == asked
        late = clocked(tmp_path, base - 3700, 2.0, "due")  # 3,700 seconds on
        assert late.returncode == 0, late.stderr
        assert "stored=2" in late.stderr
        assert rows(tmp_path, "SELECT host FROM hosts") == []


def test_a_crawl_by_hand_waits_for_a_host_that_asks_for_a_moment(tmp_path: Path) -> None:
    with local_news(8) as site:
        busy = iter([Answer(status=503, headers={"Retry-After": "1"})])

        def first_busy(number: int) -> Callable[[NewsServer], Answer]:
            return lambda site: next(busy, Answer(article(number)))

        for number in range(4, 8):
            site.pages[path_of(number)] = first_busy(number)
        configure(tmp_path, site.url)
        result = clocked(tmp_path, time.time(), 1.0, "hand")
        assert "stored=3" in result.stderr, result.stderr
        assert "http_error=1" in result.stderr
        at = [asked.at for asked in site.asked]
        refused = next(n for n, asked in enumerate(site.asked) if asked.status == 503)
        assert at[refused + 1] - at[refused] >= 1 - TOLERANCE


# --- a host that is down ------------------------------------------------------------------------------------


def hang_up(site: NewsServer) -> Answer:
    raise HangUpError


@pytest.mark.parametrize(("mode", "kept"), [("service", True), ("service-careless", False)])
def test_a_host_that_is_down_costs_one_request_a_period(tmp_path: Path, mode: str, kept: bool) -> None:
    speed = 1000.0
    with local_news(30) as site:
        configure(tmp_path, site.url, extra="[crawl]\ntick = 0.05\n", network="tdmrep = false\n")
        base = time.time()
        first = clocked(tmp_path, base, 1.0, "hand")
        assert "stored=15" in first.stderr, first.stderr
        for path in list(site.pages):
            site.pages[path] = hang_up
        site.asked.clear()
        # An hour on, 15 articles are to be read again, and the feed to be polled.
        ran = clocked(tmp_path, time.time() - 4, speed, mode, "6s")
        assert ran.returncode == 143, ran.stderr
        waits = [gap * speed for gap in gaps(site)]
        assert site.asked
        if not kept:
            assert len(site.asked) > 15
            return
        assert len(site.asked) <= 10  # 15 s doubled: after 2 hours it is the 9th period
        for number, wait in enumerate(waits):
            assert wait >= 15 * 2 ** min(number, 7) - TOLERANCE * speed, (number, waits)
        assert rows(tmp_path, "SELECT asked, failures FROM hosts") == [(0, len(site.asked))]


def test_after_mere_trouble_a_person_may_try_at_once(tmp_path: Path) -> None:
    with local_news(4) as site:
        pages = dict(site.pages)
        site.pages = dict.fromkeys(pages, hang_up)
        configure(tmp_path, site.url)
        down = clocked(tmp_path, time.time(), 1.0, "hand")
        assert down.returncode == 4
        assert "is left alone until" in down.stderr
        assert len(site.asked) == 1
        assert clocked(tmp_path, time.time(), 1.0, "due").returncode == 0
        assert len(site.asked) == 1
        site.pages = pages
        repaired = clocked(tmp_path, time.time(), 1.0, "hand")
        assert "stored=2" in repaired.stderr, repaired.stderr


def test_single_bad_pages_do_not_stop_a_host(tmp_path: Path) -> None:
    with local_news(10) as site:
        for number, status in ((5, 500), (6, 403), (7, 404), (8, 410)):
            site.pages[path_of(number)] = Answer("no", status=status)
        configure(tmp_path, site.url)
        result = wirewatch("crawl", cwd=tmp_path)
        assert "stored=1" in result.stderr, result.stderr
        assert rows(tmp_path, "SELECT host FROM hosts") == []


def test_a_run_of_bad_pages_does(tmp_path: Path) -> None:
    with local_news(40) as site:
        for number in range(40):
            site.pages[path_of(number)] = Answer("no", status=403)
        configure(tmp_path, site.url)
        result = clocked(tmp_path, time.time(), 1.0, "due")
        assert "blocked=5" in result.stderr, result.stderr
        assert "15 pages wait" in result.stderr


# --- conditional requests -----------------------------------------------------------------------------------


def test_polls_of_an_unchanged_site_are_conditional_and_cost_no_reading(tmp_path: Path) -> None:
    with local_news(4) as site:
        # The feed stands behind a redirect, as many do: its validators are kept all the same.
        site.pages["/rss"] = site.pages.pop("/feed/")
        site.pages["/feed/"] = Answer(status=301, headers={"Location": "/rss"})
        configure(tmp_path, site.url, delay=0.0, extra="[crawl]\ntick = 0.05\n")
        config = (tmp_path / "wirewatch.toml").read_text()
        (tmp_path / "wirewatch.toml").write_text(config.replace("delay =", 'max_interval = "30m"\ndelay ='))
        ran = clocked(tmp_path, time.time(), 10_000.0, "service", "60")
        assert ran.returncode == 143, ran.stderr
        polls = [asked for asked in site.asked if asked.path == "/rss"]
        assert len(polls) >= 40
        assert sum(asked.conditional for asked in polls) >= 0.95 * len(polls)
        assert sum(asked.status == 304 for asked in polls) >= 0.95 * len(polls)
        articles = [asked for asked in site.asked if asked.path.startswith("/2026/")]
        assert sum(not asked.conditional for asked in articles) == 2
        outcomes = dict(rows(tmp_path, "SELECT outcome, count(*) FROM visits GROUP BY outcome"))
        assert outcomes["not_modified"] >= 50
        reading = rows(
            tmp_path,
            "SELECT DISTINCT outcome FROM visits WHERE timings LIKE '%extract%' OR timings LIKE '%read%'",
        )
        assert sorted(reading) == [("links",), ("stored",)]


# --- robots.txt ---------------------------------------------------------------------------------------------

ALL = "User-agent: *\nDisallow: /"


def hops(count: int) -> dict[str, Any]:
    """A robots.txt behind that many redirects."""
    steps = ["/robots.txt", *(f"/hop{number}" for number in range(1, count)), "/rules"]
    pages: dict[str, Any] = {
        step: Answer(status=302, headers={"Location": after}) for step, after in pairwise(steps)
    }
    return {**pages, "/rules": Answer(ALL, type="text/plain")}


ROBOTS: dict[str, tuple[dict[str, Any], bool]] = {
    "none": ({}, True),
    "forbidden": ({"/robots.txt": Answer(ALL)}, False),
    "refused": ({"/robots.txt": Answer(ALL, status=403)}, True),
    "server error": ({"/robots.txt": Answer(ALL.replace("Dis", ""), status=500)}, False),
    "no answer": ({"/robots.txt": hang_up}, False),
    "five redirects": (hops(5), False),
    "six redirects": (hops(6), True),
    "redirect to itself": ({"/robots.txt": Answer(status=302, headers={"Location": ""})}, True),
    "odd redirect": ({"/robots.txt": Answer(ALL, status=302)}, True),
    "rules within 500 KiB": ({"/robots.txt": Answer(f"{ALL}\n{'#' * 700_000}")}, False),
    "rules beyond 500 KiB": ({"/robots.txt": Answer(f"{'#' * 700_000}\n{ALL}")}, True),
    "longer than any page may be": ({"/robots.txt": Answer(f"{ALL}\n{'# no' * 5_000_000}")}, False),
}


def test_robots_txt_of_every_kind(tmp_path: Path) -> None:
    with ExitStack() as stack:
        sites = {name: stack.enter_context(NewsServer(pages)) for name, (pages, _) in ROBOTS.items()}
        for site in sites.values():
            site.pages["/feed/"] = rss(site.url, range(1))
            site.pages[path_of(0)] = article(0)
        configure(tmp_path, *(site.url for site in sites.values()))
        first = clocked(tmp_path, time.time(), 1.0, "hand")
        for name, site in sites.items():
            allowed = ROBOTS[name][1]
            assert site.count("/feed/") == site.count(path_of(0)) == (1 if allowed else 0), (
                name,
                first.stderr,
            )
            assert site.count("/robots.txt") == (6 if name == "redirect to itself" else 1), name
        # A run later only those are asked for again that could not be had.
        clocked(tmp_path, time.time(), 1.0, "hand")
        again = {name for name, site in sites.items() if site.count("/robots.txt") == 2}
        assert again == {"server error", "no answer"}
        # Not allowed by an error is not forbidden: such a feed is not put off for a day.
        [forbidden] = rows(tmp_path, "SELECT count(*) FROM visits WHERE outcome = 'robots'")
        assert forbidden == (8,)


# --- what else is kept and not kept -------------------------------------------------------------------------


def test_compressed_pages_cookies_and_reserved_rights(tmp_path: Path) -> None:
    import brotli
    from backports import zstd

    packers = {"br": brotli.compress, "zstd": zstd.compress, "gzip": __import__("gzip").compress}
    with local_news(8) as site:
        for number, (name, pack) in enumerate(packers.items(), 4):
            headers = {"Content-Encoding": name, "Set-Cookie": "id=1; Path=/"}
            site.pages[path_of(number)] = Answer(pack(article(number).encode()), headers=headers)
        site.pages[path_of(7)] = article(7, head='<meta name="tdm-reservation" content="0">')
        rules = '[{"location": "/2026/", "tdm-reservation": 1, "tdm-policy": "/terms.json"}]'
        site.pages["/.well-known/tdmrep.json"] = Answer(rules, type="application/json")
        configure(tmp_path, site.url)
        result = wirewatch("crawl", cwd=tmp_path)
        assert "stored=4" in result.stderr, result.stderr
        assert not any(asked.cookie for asked in site.asked)
        assert site.count("/.well-known/tdmrep.json") == 1
        said = rows(tmp_path, "SELECT url, tdm_reservation, tdm_policy FROM articles ORDER BY url")
        assert said == [
            *((site.url + path_of(number), 1, f"{site.url}/terms.json") for number in (4, 5, 6)),
            (site.url + path_of(7), 0, None),
        ]


def test_the_end_of_a_certificate_is_noted(tmp_path: Path) -> None:
    ends_at = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    with NewsServer(tls=server_context(tmp_path, ends_at=ends_at)) as site:
        site.pages["/feed/"] = lambda site: rss(site.url, range(1))
        site.pages[path_of(0)] = article(0)
        configure(tmp_path, site.url)
        distrusted = wirewatch("crawl", cwd=tmp_path)
        assert distrusted.returncode == 4, distrusted.stderr
        result = wirewatch("crawl", cwd=tmp_path, SSL_CERT_FILE=str(tmp_path / "ca.pem"))
        assert "stored=1" in result.stderr, result.stderr
        with Store.open(f"sqlite:///{tmp_path}/wirewatch.db") as store:
            [state] = store.hosts()
        assert state == HostState(host=f"127.0.0.1:{site.port}", certificate_ends_at=ends_at)


def test_a_broken_tdmrep_json_does_not_stop_its_host(tmp_path: Path) -> None:
    with local_news(4) as site:
        site.pages["/.well-known/tdmrep.json"] = Answer("busy", status=503)
        configure(tmp_path, site.url)
        result = wirewatch("crawl", cwd=tmp_path)
        assert "stored=2" in result.stderr, result.stderr
        assert site.count("/.well-known/tdmrep.json") == 1


def test_robots_tags_are_obeyed_by_setting(tmp_path: Path) -> None:
    with local_news(6) as site:
        site.pages[path_of(3)] = Answer(article(3), headers={"X-Robots-Tag": "wirewatch: noindex"})
        site.pages[path_of(4)] = article(4, head='<meta name="robots" content="noarchive">')
        configure(tmp_path, site.url, network='obey_tags = ["noindex"]\n')
        result = wirewatch("crawl", cwd=tmp_path)
        assert "stored=2" in result.stderr, result.stderr
        assert rows(tmp_path, "SELECT reason FROM visits WHERE outcome = 'filtered'") == [
            ("noindex by X-Robots-Tag",)
        ]


def test_home_page_alone_is_listed(tmp_path: Path) -> None:
    """A survey is no run of failures, though most of what it tries is not there."""
    with NewsServer({"/": listing(range(2)), path_of(0): article(0), path_of(1): article(1)}) as site:
        (tmp_path / "wirewatch.toml").write_text("[defaults]\ndelay = 0.0\n")
        result = wirewatch("crawl", f"{site.url}/", cwd=tmp_path)
        assert "stored=2" in result.stderr, result.stderr
