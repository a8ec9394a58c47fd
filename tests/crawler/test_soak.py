"""The service on a web that lives: publishing, dying, coming back, moving; stopped, killed and started again.

Whatever was published is stored, once, with the lines it has; the delay from publication to storing is reported.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median

import pytest
from livingweb import LivingWeb
from newsserver import clean_environment

from pipelines.items import Article
from pipelines.store import Store

SEED = int(os.environ.get("WIREWATCH_SEED", "2026"))
MINUTES = float(os.environ.get("WIREWATCH_SOAK", "30"))
CONFIG = """
[network]
allow = ["127.0.0.0/8"]
timeout = 3
[defaults]
delay = 0.02
min_interval = "1s"
max_interval = "15s"
[crawl]
tick = 0.1
drain = 10
"""
SOURCE = """
[[sources]]
name = "{name}"
url = "{url}/"
"""


@contextmanager
def service(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "run"],
            cwd=folder, env=clean_environment(), stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def soak(
    folder: Path, *, minutes: float, stops: int, every: float, fault: float, seed: int
) -> dict[str, float]:
    """Run it, and check every promise; returns the figures of the report."""
    dice = random.Random(seed)
    seconds = minutes * 60
    with LivingWeb(seconds=seconds, every=every, fault=fault, calm=2 * fault, seed=seed) as web:
        blocks = [SOURCE.format(name=one.outlet.key, url=one.origin) for one in web.outlets]
        (folder / "wirewatch.toml").write_text(CONFIG + "".join(blocks))
        for stop in range(stops):
            with service(folder) as process:
                assert not web.over.wait(seconds / (stops + 1) * dice.uniform(0.8, 1.0))
                assert process.poll() is None, (folder / "log").read_text()[-3000:]
                # By turns cleanly and not.
                number = signal.SIGTERM if stop % 2 == 0 else signal.SIGKILL
                os.killpg(process.pid, number) if number == signal.SIGKILL else process.send_signal(number)
                assert process.wait(timeout=30) == (143 if number == signal.SIGTERM else -9)
        with service(folder) as process:
            web.over.wait()
            missing = await_all(folder, set(web.published), seconds=120 + 4 * fault)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 143
        stories = web.published
        asked = [one for outlet in web.outlets for one in outlet.asked]
        faults = list(web.faults)
    assert not missing, sorted(missing)
    with Store.open(f"sqlite:///{folder}/wirewatch.db", readonly=True) as store:
        articles = list(store.articles())
        assert store.check() == []
    kept = [article.url_canonical for article in articles]
    assert sorted(kept) == sorted(stories)
    for article in articles:
        story = stories[article.url_canonical]
        wanted = {story.description, *story.lines}
        assert set(article.text.split("\n\n")) <= wanted, article.url
        assert len(article.text.split("\n\n")) >= len(story.lines), article.url
    return report(articles, began=min(a.first_seen_at for a in articles).timestamp()) | {
        "faults": len(faults),
        "stops": stops,
        "requests": len(asked),
        "conditional": sum(one.conditional for one in asked) / len(asked),
    }


def await_all(folder: Path, urls: set[str], *, seconds: float) -> set[str]:
    """What is not stored in the end; looks at the database until all is, or time is up."""
    end = time.monotonic() + seconds
    missing = urls
    while missing and time.monotonic() < end:
        time.sleep(0.5)
        with Store.open(f"sqlite:///{folder}/wirewatch.db", readonly=True) as store:
            missing = urls - {article.url_canonical for article in store.articles()}
    return missing


def report(articles: list[Article], *, began: float) -> dict[str, float]:
    """Delays in seconds, of what was published while the service was watching."""
    delays = sorted(
        (article.first_seen_at - article.published_at).total_seconds()
        for article in articles
        if article.published_at is not None and article.published_at.timestamp() > began
    )
    return {
        "articles": len(articles),
        "delay_median": round(median(delays), 1),
        "delay_mean": round(mean(delays), 1),
        "delay_p90": round(delays[int(0.9 * len(delays))], 1),
    }


@pytest.mark.slow
def test_a_short_life(tmp_path: Path) -> None:
    figures = soak(tmp_path, minutes=0.6, stops=1, every=3.0, fault=4.0, seed=5)
    assert figures["articles"] > 50


@pytest.mark.reliability
def test_half_an_hour(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    figures = soak(tmp_path, minutes=MINUTES, stops=5, every=12.0, fault=45.0, seed=SEED)
    record_property("reliability", {"name": "soak", "seed": SEED, "minutes": MINUTES, **figures})
    assert figures["articles"] > 16 * MINUTES
