"""A site of hazards beside two normal ones: all that is good is stored, nothing else, in bounded time and memory.

The control is a plain Scrapy spider on the same answers, of which two are enough to break its bounds.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hazardsite import GOOD, HAZARDS, HazardSite
from newsserver import clean_environment, local_news, path_of
from watched import Watched, watched

SECONDS, MIB = 200, 400
CONFIG = """
[network]
timeout = 8
[extraction]
timeout = 8
[defaults]
delay = 0.05
[[sources]]
name = "hazard"
url = "{url}/"
feeds = ["{url}/feed/"]
listings = ["{url}/"]
sitemaps = ["{url}/sitemap-index.xml"]
"""
NORMAL = '[[sources]]\nname = "{name}"\nurl = "{url}/"\n'
# Path of the story -> the outcome of its first visit, and what its reason says.
WANTED = {
    "an-endless-body-of-the-harbour": ("over_limit", "a body of more than 15 MiB"),
    "endless-headers-of-the-council": ("over_limit", "headers of more than 64 KiB"),
    "one-long-header-of-the-bridge": ("over_limit", "headers of more than 64 KiB"),
    "endless-hints-of-the-museum": ("over_limit", "headers of more than 64 KiB"),
    "a-page-of-a-hundred-mebibytes": ("over_limit", "a body of more than 15 MiB"),
    "a-bomb-packed-with-gzip-today": ("over_limit", "after unpacking"),
    "a-bomb-packed-with-brotli-today": ("over_limit", "after unpacking"),
    "a-bomb-packed-with-zstd-today": ("over_limit", "after unpacking"),
    "a-page-packed-twelve-times-over": ("over_limit", "packed 12 times"),
    "dense-text-of-twenty-megabytes": ("over_limit", "a body of more than 15 MiB"),
    "dense-text-of-fourteen-megabytes": ("over_limit", "far more text"),
    "noise-that-is-said-to-be-html": ("not_article", "binary"),
    "a-picture-where-a-page-was-announced": ("not_article", "image/jpeg"),
    "a-tag-with-many-many-attributes": ("timeout", "reading took longer"),
    "lists-in-lists-in-lists-in-lists": ("not_article", "no text"),
    "two-hundred-thousand-links-in-town": ("over_limit", "far more text"),
    "a-redirect-that-leads-to-itself": ("over_limit", "more redirects"),
    "a-redirect-there-and-back-again": ("over_limit", "more redirects"),
    "a-redirect-with-an-empty-location": ("over_limit", "more redirects"),
    "a-redirect-to-the-machine-s-metadata": ("network_error", "no public address"),
    "a-redirect-to-a-file-of-the-machine": ("http_error", "302"),
    "a-redirect-with-a-name-and-password": ("network_error", "user information"),
    "a-story-that-is-not-there-any-more": ("not_article", "soft 404"),
    "another-story-that-is-not-there": ("not_article", "soft 404"),
    "a-story-that-is-not-served-now": ("http_error", "503"),
    "a-story-for-which-we-ask-too-often": ("blocked", "429"),
}


def rows(folder: Path, sql: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(folder / "wirewatch.db")) as connection:
        return connection.execute(sql).fetchall()


def crawl(folder: Path, *sites: str, extra: str = "", timeout: float = SECONDS) -> Watched:
    first, *others = sites
    blocks = [NORMAL.format(name=f"normal{number}", url=url) for number, url in enumerate(others)]
    (folder / "wirewatch.toml").write_text(extra + CONFIG.format(url=first) + "".join(blocks))
    command = [sys.executable, "-m", "crawler", "crawl"]
    return watched(command, cwd=folder, env=clean_environment(), timeout=timeout)


@pytest.mark.slow
def test_a_site_of_hazards_beside_two_normal_ones(tmp_path: Path) -> None:
    with HazardSite() as hazards, local_news(12) as one, local_news(12) as other:
        run = crawl(tmp_path, hazards.url, one.url, other.url)
        print(f"{run.seconds:.0f} s, {run.peak:.0f} MiB: {[round(part) for part in run.parts]}")
        assert run.returncode == 0, run.stderr[-3000:]
        assert run.seconds < SECONDS
        assert run.peak < MIB, run.parts
        normal = {site.url + path_of(number) for site in (one, other) for number in range(12)}
        stored = [url for (url,) in rows(tmp_path, "SELECT url_canonical FROM articles")]
        assert sorted(stored) == sorted(normal | {hazards.url + path for path in GOOD})
    ends = rows(tmp_path, "SELECT url, outcome, coalesce(reason, '') FROM visits ORDER BY id DESC")
    first = {url.rsplit("/", 1)[1]: (outcome, reason) for url, outcome, reason in ends}
    for name, (outcome, reason) in WANTED.items():
        assert first[name][0] == outcome, (name, first[name])
        assert reason in first[name][1]
    assert "hazard-secret" not in run.stderr
    assert b"hazard-secret" not in (tmp_path / "wirewatch.db").read_bytes()


@pytest.mark.slow
def test_traps_end_by_themselves(tmp_path: Path) -> None:
    """Calendars, sections in themselves, addresses for every visitor, tunnels, soft 404s; nothing else."""
    kept = {path: HAZARDS[path] for path in ("/", "/robots.txt", *GOOD)}
    with HazardSite(kept) as site, local_news(4) as normal:
        run = crawl(tmp_path, site.url, normal.url, extra="[limits]\nsitemaps_per_host = 20\n")
        assert run.returncode == 0, run.stderr[-3000:]
        asked = Counter(path.split("/")[1].split("-")[0] for path in site.asked)
        print(f"{run.seconds:.0f} s, {run.peak:.0f} MiB: {asked}")
        assert asked["calendar"] < 60
        assert asked["town"] < 60
        assert asked["session"] < 60
        assert asked["sitemap"] <= 21
        assert len(rows(tmp_path, "SELECT 1 FROM articles WHERE source = 'hazard'")) <= 2
        reasons = " ".join(reason for (reason,) in rows(tmp_path, "SELECT reason FROM visits") if reason)
        for limit in ("repeats itself", "path_variants", "sitemaps_per_host", "future date"):
            assert limit in reasons, limit


PLAIN = """
import sys, scrapy
from scrapy.crawler import CrawlerProcess

class Plain(scrapy.Spider):
    name = "plain"
    start_urls = sys.argv[1:]
    def parse(self, response):
        return {"size": len(response.body)}

process = CrawlerProcess({"LOG_LEVEL": "ERROR", "RETRY_ENABLED": False})
process.crawl(Plain)
process.start()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "hazard",
    [
        "an-endless-body-of-the-harbour",
        # Half a minute of a whole core.
        pytest.param("endless-headers-of-the-council", marks=pytest.mark.reliability),
    ],
)
def test_control_a_plain_spider_is_filled(tmp_path: Path, hazard: str) -> None:
    """Watched for as long as it takes to hold more than ours in all, and then ended."""
    with HazardSite() as site:
        command = [sys.executable, "-c", PLAIN, f"{site.url}/2026/11/{hazard}"]
        run = watched(command, cwd=tmp_path, env=clean_environment(), timeout=150, enough=MIB)
        assert run.peak > MIB


@pytest.mark.slow
def test_control_without_the_limits_of_links_traps_do_not_end(tmp_path: Path) -> None:
    limits = "[limits]\npath_variants = 100000\npath_repeats = 1000\nlistings_per_host = 100000\n"
    with HazardSite({path: HAZARDS[path] for path in ("/", "/robots.txt", *GOOD)}) as site:
        (tmp_path / "wirewatch.toml").write_text(
            limits + CONFIG.format(url=site.url).replace('sitemaps = ["', '# ["').replace("0.05", "0.0")
        )
        command = [sys.executable, "-m", "crawler", "crawl"]
        process = subprocess.Popen(command, cwd=tmp_path, env=clean_environment(), stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        try:
            while process.poll() is None and time.monotonic() < end:
                if sum(path.startswith("/session/") for path in list(site.asked)) > 60:
                    return
                time.sleep(0.1)
        finally:
            process.kill()
            process.wait()
    pytest.fail("the control ended")
