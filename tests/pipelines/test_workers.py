"""A reading that hangs or kills its worker costs itself alone; a worker that is killed is replaced."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import WorkerDiedError, WorkerTimeoutError
from pipelines.processes import ProcessExpired, ProcessPool
from pipelines.workers import Workers


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    pool = Workers(count=2, timeout=2.0, warm=())
    yield pool
    pool.close()


@pytest.fixture
def one() -> Iterator[Workers]:
    pool = Workers(count=1, timeout=30.0, recycle=3, warm=())
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
    assert "exit code 9" in str(results[3])
    assert isinstance(results[7], WorkerTimeoutError)
    good = [result for number, result in enumerate(results) if number not in (3, 7)]
    assert good == [number**2 for number in range(20) if number not in (3, 7)]
    assert time.monotonic() - started < 30


def test_what_a_task_raises_comes_back(workers: Workers) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(workers.run(int, "no number"))


def test_what_cannot_be_sent_back_is_an_error_and_no_more(workers: Workers) -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        asyncio.run(workers.run(threading.Lock))
    assert asyncio.run(workers.run(pow, 3, 2)) == 9


def test_an_idle_worker_that_is_killed_costs_nothing(one: Workers) -> None:
    for _ in range(6):
        pid = asyncio.run(one.run(os.getpid))
        os.kill(pid, signal.SIGKILL)
        assert asyncio.run(one.run(pow, 2, 2)) == 4


def test_signals_to_all_processes_of_a_service_are_the_parents_business(one: Workers) -> None:
    pid = asyncio.run(one.run(os.getpid))
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGINT)
    assert asyncio.run(one.run(os.getpid)) == pid


def test_control_a_pool_with_a_shared_queue_is_dead_after_it() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pid = pool.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenProcessPool):
            all(pool.submit(pow, 2, 2).result() for _ in range(100))


def test_a_worker_is_replaced_after_its_tasks(one: Workers) -> None:
    pids = [asyncio.run(one.run(os.getpid)) for _ in range(7)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


def test_a_worker_that_cannot_even_start_is_said_so_soon() -> None:
    pool = Workers(count=1, timeout=30.0, warm=("no_such_module",))
    try:
        with pytest.raises(WorkerDiedError):
            asyncio.run(pool.run(pow, 2, 2))
    finally:
        pool.close()


class SlowStart:
    """Processes whose start waits for `go`."""

    def __init__(self) -> None:
        self._real = multiprocessing.get_context("spawn")
        self.Pipe = self._real.Pipe
        self.starting, self.go = threading.Event(), threading.Event()

    def Process(self, **options: Any) -> SlowProcess:
        return SlowProcess(self._real.Process(**options), self)


class SlowProcess:
    def __init__(self, real: BaseProcess, context: SlowStart) -> None:
        self._real, self._context = real, context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def start(self) -> None:
        self._context.starting.set()
        assert self._context.go.wait(60)
        self._real.start()


def test_a_pool_may_be_stopped_while_a_worker_starts() -> None:
    context = SlowStart()
    pool = ProcessPool(max_workers=1, max_tasks=3, initializer=tuple, initargs=(), context=context)  # type: ignore[arg-type]
    task = pool.schedule(pow, args=[2, 2], kwargs={}, timeout=30)
    assert context.starting.wait(60)
    with ThreadPoolExecutor(1) as other:
        stopping = other.submit(pool.stop)
        # It has told the worker's place, and waits for its thread.
        while not pool._all[0]._closed:
            pass
        context.go.set()
        stopping.result(60)
    assert isinstance(task.exception(0), ProcessExpired)


def test_a_clock_that_jumps_neither_ends_a_task_nor_lets_it_go_on(
    one: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = time.time
    asyncio.run(one.run(pow, 2, 2))
    for months in (-6, 6):
        task = threading.Timer(
            0.2, lambda m=months: monkeypatch.setattr(time, "time", lambda: true() + m * 2.6e6)
        )
        task.start()
        assert asyncio.run(one.run(time.sleep, 0.6)) is None
    one.timeout = 0.3
    with pytest.raises(WorkerTimeoutError):
        asyncio.run(one.run(time.sleep, 60))


ORPHAN = """
import asyncio, os, sys, time
from pipelines.workers import Workers
import orphan

if __name__ == "__main__":
    pool = Workers(count=1, timeout=1.0, warm=())
    print(asyncio.run(pool.run(os.getpid)), flush=True)
    asyncio.run(pool.run(orphan.spin))
"""
SPIN = """
import re

def spin():
    re.match("(a+)+b", "a" * 60)
"""


def test_no_worker_outlives_its_parent_for_long(tmp_path: Path) -> None:
    """The page holds the worker in C code that nothing of Python's can interrupt."""
    (tmp_path / "orphan.py").write_text(SPIN)
    path = f"{Path(__file__).parents[2]}:{tmp_path}"
    (tmp_path / "parent.py").write_text(ORPHAN)
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py")],
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.kill()
        # The pipe of its standard output ends when the last of them does.
        assert parent.stdout.read() == b""
