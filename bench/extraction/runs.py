"""Runs an extractor over pages, in processes of its own, and takes the CPU time of each page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from bench.extraction.corpus import TruePage
from bench.extraction.extractors import EXTRACTORS, Found


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
        found = EXTRACTORS[name](body, page.url)
    except Exception as error:  # a peer's failure is a result: an empty page
        return Run(Found(), time.process_time() - started, f"{type(error).__name__}: {error}")
    return Run(found, time.process_time() - started)
