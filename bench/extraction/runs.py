"""Runs an extractor over pages, in processes of its own, and takes the CPU time of each page."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

from bench.extraction.corpus import TruePage
from bench.extraction.extractors import EXTRACTORS, Found, ours
from pipelines.judge.model import Model, parse

# Seconds by the clock; every extractor takes well under one for nearly every page.
PAGE_LIMIT = 30.0


@dataclass(frozen=True, slots=True)
class Run:
    """One extractor on one page. `cpu` is in seconds; `error` what it raised."""

    found: Found
    cpu: float
    error: str | None = None


def run(
    name: str, pages: Sequence[TruePage], *, jobs: int, weights: Mapping[str, Path] | None = None
) -> list[Run]:
    """One run a page, in order; `weights` names, by page id, the file of the judge that ours is to use."""
    todo = [(name, page, (weights or {}).get(page.id)) for page in pages]
    # A process of its own for each extractor: caches and imports of one must not help or burden another.
    with get_context("spawn").Pool(jobs) as pool:
        pool.map(_one, todo[: 2 * jobs], chunksize=1)  # imports and caches
        return pool.map(_one, todo, chunksize=8)


def _one(job: tuple[str, TruePage, Path | None]) -> Run:
    name, page, weights = job
    body = page.body()
    read = EXTRACTORS[name].read if weights is None else partial(ours, model=_model(weights))
    started = time.process_time()
    try:
        with _limit(PAGE_LIMIT):
            found = read(body, page.url)
    except (Exception, OverLimit) as error:  # a peer's failure is a result: an empty page
        return Run(Found(), time.process_time() - started, f"{type(error).__name__}: {error}")
    return Run(found, time.process_time() - started)


@lru_cache(maxsize=16)
def _model(weights: Path) -> Model:
    return parse(weights.read_text(encoding="utf-8"))


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
