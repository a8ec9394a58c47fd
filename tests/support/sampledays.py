"""A store as if the sample sites had been watched for three days, made once for all processes of a test run."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from newsserver import clean_environment

# Thrice the command's own, for a third of the time.
STEP = timedelta(hours=6)
NAME = "three-days.db"


def three_days(factory: pytest.TempPathFactory) -> Path:
    """The database; not to be written to: copy it."""
    base = factory.getbasetemp()
    folder = base.parent if base.name.startswith("popen-") else base
    with (folder / "three-days.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / NAME
        if not path.exists():
            made = folder / "making"
            made.mkdir()
            done = subprocess.run(
                [sys.executable, str(Path(__file__)), str(made / NAME)],
                env={
                    **clean_environment(),
                    "PYTHONPATH": f"{Path(__file__).parents[2]}:{Path(__file__).parent}",
                },
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
            assert done.returncode == 0, done.stderr[-3000:]
            (made / NAME).rename(path)
    return path


def main(path: str) -> int:
    from crawler.config import load
    from crawler.demo.clock import DayClock
    from crawler.demo.days import read_days
    from crawler.demo.server import DemoServer
    from crawler.job import Job, utc_now
    from crawler.run import run
    from crawler.sources import Source

    clock = DayClock(3, step=STEP)
    config = load(None, env={"WIREWATCH_ALLOW_NETWORK": "127.0.0.0/8"})
    with DemoServer(days=read_days(utc_now()), clock=clock) as server:
        sources = tuple(Source(name=key, url=url, delay=0.0) for key, url in server.urls.items())
        job = Job(sources=sources, due=True, onward=clock.move_on)
        result = run(job, config=config, database=f"sqlite:///{path}", clock=clock)
    return 0 if result.signal is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
