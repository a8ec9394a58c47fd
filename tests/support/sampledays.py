"""A store as if the sample sites had been watched for three days, made once for all processes of a test run."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from newsserver import clean_environment
from once import once

# Thrice the command's own, for a third of the time.
STEP = timedelta(hours=6)
NAME = "wirewatch.db"


def three_days(factory: pytest.TempPathFactory) -> Path:
    """The database; not to be written to: copy it."""
    return once(factory, "three-days", _live_through) / NAME


def _live_through(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), str(folder / NAME)],
        env={**clean_environment(), "PYTHONPATH": f"{Path(__file__).parents[2]}:{Path(__file__).parent}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def main(path: str) -> int:
    from crawler.config import load
    from crawler.demo.clock import DayClock
    from crawler.demo.days import read_days
    from crawler.demo.server import DemoServer
    from crawler.demo.watches import keep_watches
    from crawler.job import Job, utc_now
    from crawler.run import run
    from crawler.sources import Source
    from pipelines.store import Store

    clock = DayClock(3, step=STEP)
    with Store.open(f"sqlite:///{path}") as store:
        keep_watches(store, now=clock())
    config = load(None, env={"WIREWATCH_ALLOW_NETWORK": "127.0.0.0/8"})
    with DemoServer(days=read_days(utc_now()), clock=clock) as server:
        sources = tuple(Source(name=key, url=url, delay=0.0) for key, url in server.urls.items())
        job = Job(sources=sources, due=True, onward=clock.move_on)
        result = run(job, config=config, database=f"sqlite:///{path}", clock=clock)
    return 0 if result.signal is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
