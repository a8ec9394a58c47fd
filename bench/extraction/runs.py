"""Runs an extractor over pages, in processes of its own, and takes the CPU time of each page."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

from bench.extraction.corpus import TruePage
from bench.extraction.extractors import EXTRACTORS, Found

# Seconds by the clock; every extractor takes well under one for nearly every page.
PAGE_LIMIT = 30.0


@dataclass(frozen=True, slots=True)
class Run:
    """One extractor on one page. `cpu` is in seconds; `error` what it raised."""

    found: Found
    cpu: float
    error: str | None = None


def run(name: str, pages: Sequence[TruePage], *, jobs: int) -> list[Run]:
    # A process of its own for each extractor: caches and imports of one must not help or burden another.
    with get_context("spawn").Pool(jobs) as pool:
        pool.map(_one, [(name, page) for page in pages[: 2 * jobs]], chunksize=1)  # imports and caches
        return pool.map(_one, [(name, page) for page in pages], chunksize=8)


def _one(job: tuple[str, TruePage]) -> Run:
    name, page = job
    body = page.body()
    started = time.process_time()
    try:
        with _limit(PAGE_LIMIT):
            found = EXTRACTORS[name].read(body, page.url)
    except (Exception, OverLimit) as error:  # a peer's failure is a result: an empty page
        return Run(Found(), time.process_time() - started, f"{type(error).__name__}: {error}")
    return Run(found, time.process_time() - started)


class OverLimit(BaseException):
    """No Exception, so that an extractor that swallows those is stopped too."""


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raises OverLimit inside the block once it is over time; in the main thread of a process alone."""

    def stop(*_: object) -> None:
        raise OverLimit(f"more than {seconds:g} s")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # and every second from then on, for a bare `except`
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
