"""The command as a person or cron runs it, against local sites: the whole walk, faults and exit codes."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from newsserver import (
    Answer,
    NewsServer,
    article,
    clean_environment,
    listing,
    local_news,
    paragraphs,
    path_of,
    rss,
    wirewatch,
)

CONFIG = (
    '[network]\nallow = ["127.0.0.0/8"]\ntimeout = 30\n[defaults]\ndelay = 0.0\n[extraction]\ntimeout = 5\n'
)


def configured(folder: Path, *urls: str, extra: str = "") -> None:
    blocks = "".join(f'[[sources]]\nname = "s{n}"\nurl = "{url}/"\n{extra}' for n, url in enumerate(urls))
    (folder / "wirewatch.toml").write_text(CONFIG + blocks)


def figures(stderr: str) -> dict[str, float]:
    return {
        word: float(count)
        for word, _, count in (pair.partition("=") for pair in stderr.split("\n")[-2].split())
    }


def stored(folder: Path) -> dict[str, str]:
    """Path -> text of what is in the store."""
    with sqlite3.connect(folder / "wirewatch.db") as connection:
        rows = connection.execute("SELECT url_canonical, text FROM articles").fetchall()
    connection.close()
    assert len({url for url, _ in rows}) == len(rows)
    return {"/" + url.split("/", 3)[3]: text for url, text in rows}


def test_a_site_nobody_configured_twice(tmp_path: Path) -> None:
    with local_news(12) as site:
        (tmp_path / "wirewatch.toml").write_text("[defaults]\ndelay = 0.0\n")
        first = wirewatch("crawl", f"{site.url}/", cwd=tmp_path)
        assert first.returncode == 0, first.stderr
        assert figures(first.stderr)["stored"] == 12
        texts = stored(tmp_path)
        assert set(texts) == {path_of(number) for number in range(12)}
        for number in range(12):
            assert texts[path_of(number)].split("\n\n")[-5:] == paragraphs(number)
        assert all("Wirewatch" in asked.agent for asked in site.asked)
        site.asked.clear()
        second = wirewatch("crawl", f"{site.url}/", cwd=tmp_path)
        assert second.returncode == 0, second.stderr
        assert figures(second.stderr)["stored"] == 0
        pages = [asked for asked in site.asked if asked.path != "/robots.txt"]
        assert pages
        # Only what no visit had read before is asked for without a condition.
        assert sum(asked.conditional for asked in pages) >= 0.9 * len(pages)


def test_one_article_by_its_address(tmp_path: Path) -> None:
    with local_news(4) as site:
        result = wirewatch("crawl", f"{site.url}{path_of(2)}", "-o", "new.jsonl", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert set(stored(tmp_path)) == {path_of(2)}
        record = json.loads((tmp_path / "new.jsonl").read_text())
        assert record["authors"] == ["Ada Novak"]
        assert record["published_at"] == "2026-11-03T07:30:00Z"


def test_dry_run_stores_nothing(tmp_path: Path) -> None:
    with local_news(4) as site:
        configured(tmp_path, site.url)
        result = wirewatch("crawl", "--dry-run", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert figures(result.stderr)["stored"] == 4
        assert not (tmp_path / "wirewatch.db").exists()


def test_limit(tmp_path: Path) -> None:
    with local_news(8) as site:
        configured(tmp_path, site.url)
        result = wirewatch("crawl", "--limit", "3", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert len(stored(tmp_path)) == 3


@pytest.mark.parametrize(("dead", "code"), [(1, 3), (2, 4)])
def test_dead_hosts(tmp_path: Path, dead: int, code: int) -> None:
    with local_news(4) as site, NewsServer() as closed:
        gone = [closed.url.replace("127.0.0.1", f"127.0.0.{number + 2}") for number in range(dead)]
        configured(tmp_path, *gone, *([site.url] if dead == 1 else []))
        result = wirewatch("crawl", cwd=tmp_path)
        assert result.returncode == code, result.stderr
        if dead == 1:
            assert len(stored(tmp_path)) == 4, result.stderr


def test_the_lock(tmp_path: Path) -> None:
    release = threading.Event()

    def slow(site: NewsServer) -> Answer:
        release.wait(30)
        return Answer(listing(range(1)))

    with NewsServer({"/": slow}) as site:
        configured(tmp_path, site.url)
        first = subprocess.Popen(
            [sys.executable, "-m", "crawler", "crawl", "--due"],
            cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with first:
            assert site.arrived.wait(30)
            second = wirewatch("crawl", "--due", cwd=tmp_path)
            release.set()
            first.communicate(timeout=60)
        assert second.returncode == 75
        assert f"pid {first.pid}" in second.stderr
        assert first.returncode == 0


def test_a_typo_in_the_config_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "wirewatch.toml").write_text(
        '[[sources]]\nname = "a"\nurl = "https://a.example/"\nfeds = []\n'
    )
    result = wirewatch("crawl", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "wirewatch.toml:4" in result.stderr
    assert "feeds" in result.stderr


def test_a_page_that_hangs_the_parser_costs_itself_alone(tmp_path: Path) -> None:
    # libxml2 needs quadratic time for the attributes of one tag: 100,000 take 41 s.
    hang = f"<p {' '.join(f'a{number}=1' for number in range(150_000))}>x</p>"
    with local_news(8) as site:
        site.pages[path_of(3)] = article(3, body=hang)
        configured(tmp_path, site.url)
        result = wirewatch("crawl", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert figures(result.stderr)["timeout"] == 1
        assert set(stored(tmp_path)) == {path_of(number) for number in range(8) if number != 3}


def test_statuses_and_excluded_links_end_with_their_word(tmp_path: Path) -> None:
    with local_news(8) as site:
        site.pages[path_of(0)] = Answer("gone", status=410)
        site.pages[path_of(1)] = Answer("no", status=403)
        site.pages[path_of(2)] = Answer("", status=200)
        site.pages["/robots.txt"] = Answer(f"User-agent: *\nDisallow: {path_of(4)}\n", type="text/plain")
        configured(tmp_path, site.url, extra='exclude = ["report-5-"]\n')
        result = wirewatch("crawl", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        seen = figures(result.stderr)
        for word in ("gone", "blocked", "robots", "parse_error"):
            assert seen[word] == 1, word
        assert set(stored(tmp_path)) == {path_of(3), path_of(6), path_of(7)}
        assert site.count(path_of(4)) == site.count(path_of(5)) == 0


def test_ctrl_c_finishes_what_is_in_flight(tmp_path: Path) -> None:
    asked, release = threading.Event(), threading.Event()

    def slow(site: NewsServer) -> Answer:
        asked.set()
        release.wait(30)
        return Answer(article(1))

    with local_news(6) as site:
        site.pages["/feed/"] = lambda site: rss(site.url, range(1, 3))
        site.pages[path_of(1)] = slow
        configured(tmp_path, site.url)
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "crawl"],
            cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            release.set()
            _, stderr = process.communicate(timeout=60)
        assert process.returncode == 130, stderr
        assert "sources=1" in stderr.splitlines()[-1]
        assert path_of(1) in stored(tmp_path)


def test_no_sources_says_what_to_do(tmp_path: Path) -> None:
    result = wirewatch("crawl", cwd=tmp_path)
    assert result.returncode == 2
    assert "sources add" in result.stderr


def test_scrapy_crawl_news(tmp_path: Path) -> None:
    with local_news(4) as site:
        configured(tmp_path, site.url)
        (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = crawler.settings\n")
        result = subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "news", "-a", "source=s0"],
            cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        assert len(stored(tmp_path)) == 4
