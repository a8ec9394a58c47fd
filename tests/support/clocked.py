"""Crawls by a clock that runs faster, or ahead: `python clocked.py BASE SPEED MODE STOP_AFTER SHIFT`.

BASE is the second since 1970 at which both clocks agree but for SHIFT seconds, so that several runs can share
one; MODE is due, hand
or service, with -careless behind it for the controls: hosts are never left alone and never rest. The service
ends after STOP_AFTER visits, or that many seconds after the first one if it is written with an s.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forked import run_python
from newsserver import clean_environment


def clocked(
    folder: Path,
    base: float,
    speed: float,
    mode: str,
    stop_after: str = "0",
    *,
    shift: float = 0.0,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run it in `folder`, with the wirewatch.toml there."""
    return run_python(
        __file__,
        str(base),
        str(speed),
        mode,
        stop_after,
        str(shift),
        cwd=folder,
        env=clean_environment(),
        timeout=timeout,
    )


def main(base: float, speed: float, mode: str, stop_after: str, shift: str) -> int:
    from crawler.config import load
    from crawler.hosts import Hosts
    from crawler.job import Job
    from crawler.logs import configure
    from crawler.run import run

    if mode.endswith("-careless"):
        Hosts.seen = lambda self, host, sighting: None  # type: ignore[method-assign]
        Hosts._rested_at = lambda self, host, delay, now: now  # type: ignore[method-assign]
    configure(log_format="text", verbosity=0, quiet=False)
    config = load(Path("wirewatch.toml"), env={})
    start = datetime.fromtimestamp(base, UTC)
    ended = []

    def count(visit: object) -> None:
        ended.append(visit)
        if stop_after.isdecimal() and len(ended) == int(stop_after):
            os.kill(os.getpid(), signal.SIGTERM)
        elif stop_after.endswith("s") and len(ended) == 1:
            timer = threading.Timer(float(stop_after[:-1]), os.kill, (os.getpid(), signal.SIGTERM))
            timer.daemon = True
            timer.start()

    job = Job(sources=config.sources, due=mode.startswith("due"), forever=mode.startswith("service"))
    result = run(
        job,
        config=config,
        database="sqlite:///wirewatch.db",
        on_end=[count],
        clock=lambda: start + (datetime.now(UTC) - start) * speed + timedelta(seconds=float(shift)),
    )
    sys.stderr.write(result.summary.line() + "\n")
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:]))
