"""kill -9 at random moments of a crawl: nothing is lost, nothing is doubled.

Only kills that struck after something new had been asked for are counted. The control marks each target
as done when it is handed out, as a queue that forgets does, and must lose articles under the same kills.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from newsserver import NewsServer, clean_environment, local_news, path_of, wirewatch

from pipelines.store import Store

ARTICLES = 40
COMMAND = [sys.executable, "-m", "crawler", "--quiet", "crawl"]
FORGETFUL = """
import sqlite3, sys
from crawler.app import App
from crawler.cli import main

begin = App.begin

def forget(self, target):
    with sqlite3.connect("wirewatch.db", timeout=30) as connection:
        connection.execute("UPDATE targets SET due_at = NULL WHERE id = ?", (target.id,))
    connection.close()
    return begin(self, target)

App.begin = forget
sys.argv = ["wirewatch", "--quiet", "crawl"]
main()
"""
CONFIG = """
[network]
allow = ["127.0.0.0/8"]
[defaults]
delay = 0.0
[extraction]
workers = 1
[[sources]]
name = "local"
url = "{url}/"
feeds = ["{url}/feed/"]
listings = ["{url}/", "{url}/town/"]
"""


def crawl_until_killed(site: NewsServer, folder: Path, command: list[str], rng: random.Random) -> bool:
    """Start a crawl and kill it, workers and all. True if the kill was effective: it struck under way."""
    before = len(site.asked)
    process = subprocess.Popen(
        command, cwd=folder, env=clean_environment(), stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        # robots.txt, two listings and a feed come first; then articles.
        site.wait_for(before + rng.randint(2, 14), timeout=30)
        time.sleep(rng.random() * 0.05)  # the random instant is the point of the test
        under_way = process.poll() is None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return under_way and len(site.asked) > before


def rows(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "wirewatch.db")) as connection:
        return [url for (url,) in connection.execute("SELECT url_canonical FROM articles")]


def kill_until(
    kills: int, folder: Path, command: list[str], rng: random.Random
) -> tuple[int, set[str], list[str]]:
    """(effective kills, what is missing at the end, what is stored twice) over as many sites as it takes."""
    effective, missing, doubled, number = 0, set[str](), list[str](), 0
    while effective < kills:
        number += 1
        home = folder / f"site{number}"
        home.mkdir()
        with local_news(ARTICLES) as site:
            (home / "wirewatch.toml").write_text(CONFIG.format(url=site.url))
            for _ in range(6):
                effective += crawl_until_killed(site, home, command, rng)
                if (home / "wirewatch.db").exists():
                    with Store.open(f"sqlite:///{home}/wirewatch.db") as store:
                        assert store.check() == []
            done = subprocess.run(
                command, cwd=home, env=clean_environment(), capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr
            found = rows(home)
            missing |= {site.url + path_of(n) for n in range(ARTICLES)} - set(found)
            doubled += [url for url in found if found.count(url) > 1]
    return effective, missing, doubled


@pytest.mark.slow
def test_a_few_kills(tmp_path: Path) -> None:
    effective, missing, doubled = kill_until(4, tmp_path, COMMAND, random.Random(1))
    assert effective >= 4
    assert not missing
    assert not doubled


@pytest.mark.slow
def test_control_a_queue_that_forgets_loses_articles(tmp_path: Path) -> None:
    _, missing, _ = kill_until(4, tmp_path, [sys.executable, "-c", FORGETFUL], random.Random(1))
    assert missing


@pytest.mark.reliability
def test_fifty_kills(tmp_path: Path) -> None:
    effective, missing, doubled = kill_until(50, tmp_path, COMMAND, random.Random(2026))
    assert effective >= 50
    assert not missing
    assert not doubled
    assert wirewatch("db", "check", cwd=tmp_path / "site1").returncode == 0
