"""A reading that hangs or kills its worker costs itself alone."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator

import pytest

from pipelines.errors import WorkerDiedError, WorkerTimeoutError
from pipelines.workers import Workers


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    pool = Workers(count=2, timeout=2.0, warm=())
    yield pool
    pool.close()


async def _gather(workers: Workers, *jobs: tuple) -> list:
    return await asyncio.gather(*(workers.run(*job) for job in jobs), return_exceptions=True)


def test_neighbours_of_a_killed_and_of_a_hanging_task_are_done(workers: Workers) -> None:
    jobs = [(pow, number, 2) for number in range(20)]
    jobs[3] = (os._exit, 9)
    jobs[7] = (time.sleep, 60)
    started = time.monotonic()
    results = asyncio.run(_gather(workers, *jobs))
    assert isinstance(results[3], WorkerDiedError)
    assert isinstance(results[7], WorkerTimeoutError)
    good = [result for number, result in enumerate(results) if number not in (3, 7)]
    assert good == [number**2 for number in range(20) if number not in (3, 7)]
    assert time.monotonic() - started < 30


def test_what_a_task_raises_comes_back(workers: Workers) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(workers.run(int, "no number"))
