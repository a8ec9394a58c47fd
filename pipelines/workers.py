"""The process pool: a page that hangs or kills a worker costs that page alone.

Parsers of hostile pages cannot be interrupted from inside (libxml2 holds on for a minute over one tag's
attributes), so reading happens in processes that can be killed. Killed and replaced is the one worker that
ran the task (processes.py); tasks that wait for a worker are untouched. A worker that a page makes too large
ends itself.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import ParamSpec, TypeVar

from pipelines.errors import WorkerDiedError, WorkerMemoryError, WorkerTimeoutError
from pipelines.limits import MIB
from pipelines.memory import Giver, held
from pipelines.processes import Context, ProcessExpired, ProcessPool

P = ParamSpec("P")
T = TypeVar("T")


# How a worker ends that has grown too large; no exit code of Python's or of a shell's.
_TOO_LARGE = 86
# Seconds between two looks at a worker's size: a parser takes some 100 MiB a second at most.
_WATCH = 0.05


def _warm(modules: tuple[str, ...], memory: int | None) -> None:
    """Runs first in each worker: imports are no part of a page's time."""
    for name in modules:
        import_module(name)
    if memory is not None and held() is not None:
        threading.Thread(target=_keeper().watch, args=(memory,), daemon=True).start()


class _Keeper:
    """Keeps a worker's size within bounds: ends it when one task has taken too much.

    What a task takes counts from its own start: caches fill over a worker's life, by 90 MiB in 1,000 pages.
    """

    def __init__(self) -> None:
        self._giver = Giver()
        self._before: int | None = None

    def watch(self, memory: int) -> None:
        """Looks at the size again and again; libxml2 lets other threads run."""
        pause = threading.Event()
        while not self._is_over(memory):
            pause.wait(_WATCH)
        os._exit(_TOO_LARGE)

    def _is_over(self, memory: int) -> bool:
        before, now = self._before, held()
        return before is not None and now is not None and now > before + memory

    def begins(self) -> None:
        self._before = held()

    def ended(self) -> None:
        """Between two tasks nothing is held against anybody, and what is free goes back to the system."""
        self._before = None
        self._giver.give_back()


@cache
def _keeper() -> _Keeper:
    return _Keeper()


def _do(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In the worker: the task, under the keeper's eyes."""
    keeper = _keeper()
    keeper.begins()
    try:
        return function(*args, **kwargs)
    finally:
        keeper.ended()


def _context(modules: tuple[str, ...]) -> Context:
    """How workers begin: forked from a server that has imported the modules, and so share them.

    A fork of this process, with its threads and event loop, would not be safe. Windows can only spawn.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    return context


class Workers:
    """A pool of `count` processes, each replaced after `recycle` tasks.

    A task may take `timeout` seconds and, where the system tells a process its size (Linux does), `memory`
    MiB on top of what its worker held before.
    """

    def __init__(
        self,
        *,
        count: int,
        timeout: float,
        recycle: int = 1000,
        memory: float | None = None,
        warm: tuple[str, ...] = ("pipelines.preloaded",),
    ) -> None:
        self.timeout = timeout
        self._memory = memory
        self._pool = ProcessPool(
            max_workers=count,
            max_tasks=recycle,
            initializer=_warm,
            initargs=(warm, None if memory is None else int(memory * MIB)),
            context=_context(warm),
        )

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(*args, **kwargs)` in a worker; all of it must be picklable.

        Raises WorkerTimeoutError when it was killed for its time, WorkerMemoryError for its size,
        WorkerDiedError when the process died under it, and whatever the function itself raised.
        """
        future = self._pool.schedule(_do, args=[function, *args], kwargs=dict(kwargs), timeout=self.timeout)
        try:
            result: T = await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise WorkerTimeoutError(f"reading took longer than {self.timeout:g} s") from error
        except ProcessExpired as error:
            if error.exitcode == _TOO_LARGE:
                raise WorkerMemoryError(f"reading took more than {self._memory:g} MiB of memory") from error
            raise WorkerDiedError(f"the worker died while reading (exit code {error.exitcode})") from error
        return result

    def close(self) -> None:
        """Stop at once; what was under way is given up."""
        self._pool.stop()


class InlineWorkers:
    """The same promise without processes and so without protection: the twin for tests and small commands."""

    timeout = float("inf")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)

    def close(self) -> None:
        pass


AnyWorkers = Workers | InlineWorkers
