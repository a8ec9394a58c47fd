"""The service: visits each source again and again, outlives a dying one, and stops cleanly on SIGTERM."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsserver import Answer, NewsServer, article, clean_environment, local_news, path_of, rss, wirewatch

from crawler.schedule.service import Service

CONFIG = """
[network]
allow = ["127.0.0.0/8"]
[defaults]
delay = 0.0
min_interval = "1s"
max_interval = "2s"
[crawl]
tick = 0.1
jitter = 0.0
[extraction]
workers = 1
[[sources]]
name = "alive"
url = "{alive}/"
feeds = ["{alive}/feed/"]
[[sources]]
name = "dead"
url = "http://127.0.0.9:9/"
feeds = ["http://127.0.0.9:9/feed/"]
"""


def test_new_articles_are_found_while_it_runs_and_sigterm_ends_it(tmp_path: Path) -> None:
    with local_news(4) as site:
        (tmp_path / "wirewatch.toml").write_text(CONFIG.format(alive=site.url))
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "--log-format", "json", "run"],
            cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process, killed_in_the_end(process):
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            assert await_stored(lines, 2)
            assert wirewatch("crawl", "--due", cwd=tmp_path).returncode == 75
            # Published while it is watched; the feed's other entries stay.
            site.pages[path_of(77)] = article(77)
            feed = rss(site.url, range(2, 4))
            site.pages["/feed/"] = Answer(
                str(feed.body).replace(
                    "</channel>", f"<item><link>{site.url}{path_of(77)}</link></item></channel>"
                ),
                type=feed.type,
            )
            assert await_stored(lines, 1)
            process.send_signal(signal.SIGTERM)
            rest = list(lines)
            process.wait(timeout=30)
        assert process.returncode == 143, rest
        summary = json.loads(rest[-1])["summary"]
        assert summary["stored"] == 3
        assert summary["links"] >= 2
        assert site.count(path_of(77)) == 1


def test_a_changed_config_is_taken_over_and_a_broken_one_is_not(tmp_path: Path) -> None:
    with local_news(4) as site, local_news(2) as other:
        config = tmp_path / "wirewatch.toml"
        text = CONFIG.format(alive=site.url)
        config.write_text(text)
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "--log-format", "json", "run"],
            cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process, killed_in_the_end(process):
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            assert await_stored(lines, 2)
            config.write_text(text + "[[sources]]\nname = 7\n")
            assert "wirewatch.toml" in await_message(lines, "not taken over")
            added = f'[[sources]]\nname = "other"\nurl = "{other.url}/"\nfeeds = ["{other.url}/feed/"]\n'
            config.write_text(text.replace('name = "alive"', 'name = "alive"\nenabled = false') + added)
            await_message(lines, "config taken over: 1 sources new or changed, 1 gone")
            assert await_stored(lines, 1)
            asked = len(site.asked)
            assert other.wait_for(len(other.asked) + 3, timeout=30)
            assert len(site.asked) - asked <= 1  # what was in flight when it was switched off
            process.send_signal(signal.SIGTERM)
            list(lines)
            assert process.wait(timeout=30) == 143


def test_what_hangs_holds_up_no_stop_beyond_the_bound(tmp_path: Path) -> None:
    with local_news(2) as site:
        hangs = threading.Event()

        def hanging(site: NewsServer) -> Answer:
            hangs.wait(60)
            return Answer()

        site.pages["/feed/"] = hanging
        (tmp_path / "wirewatch.toml").write_text(
            CONFIG.format(alive=site.url).replace("tick = 0.1", "tick = 0.1\ndrain = 1")
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "run"],
            cwd=tmp_path,
            env=clean_environment(),
            stderr=subprocess.PIPE,
        )
        with process, killed_in_the_end(process):
            while not site.count("/robots.txt"):
                assert site.wait_for(len(site.asked) + 1, timeout=30)
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)  # the server's answer would take a minute, the download 30 seconds
            hangs.set()
        assert process.returncode == 143


async def test_jobs_run_in_the_event_loop_itself() -> None:
    here, ran = asyncio.get_running_loop(), asyncio.Event()
    loops = []

    def job() -> None:
        loops.append(asyncio.get_running_loop())  # an error in any other thread
        ran.set()

    service = Service(tick=lambda: None, seconds=60)
    service.every(0.01, job, name="job")
    service.start()
    try:
        await asyncio.wait_for(ran.wait(), 10)
    finally:
        service.stop()
    assert loops[0] is here


@contextmanager
def killed_in_the_end(process: subprocess.Popen[str]) -> Iterator[None]:
    """A failed assertion must not leave the test waiting for a service that runs for ever."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()


def await_message(lines: Iterator[str], part: str) -> str:
    """The first logged message that holds this."""
    for line in lines:
        message = str(json.loads(line).get("message", ""))
        if part in message:
            return message
    raise AssertionError(f"never said: {part}")


def await_stored(lines: object, count: int) -> bool:
    for line in lines:  # type: ignore[attr-defined]
        entry = json.loads(line)
        count -= entry.get("outcome") == "stored"
        if count == 0:
            return True
    return False
