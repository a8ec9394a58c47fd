"""The process pool: a page that hangs or kills a worker costs that page alone.

Parsers of hostile pages cannot be interrupted from inside (libxml2 holds on for a minute over one tag's
attributes), so reading happens in processes that can be killed. Killed and replaced is the one worker that
ran the task (processes.py); tasks that wait for a worker are untouched.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from importlib import import_module
from typing import ParamSpec, TypeVar

from pipelines.errors import WorkerDiedError, WorkerTimeoutError
from pipelines.processes import ProcessExpired, ProcessPool

P = ParamSpec("P")
T = TypeVar("T")


def _warm(modules: tuple[str, ...]) -> None:
    """Runs first in each worker: imports are no part of a page's time."""
    for name in modules:
        import_module(name)


class Workers:
    """A pool of `count` processes, each replaced after `recycle` tasks; a task may take `timeout` seconds.

    Started with "spawn": a fork of a process with threads and an event loop is not safe.
    """

    def __init__(
        self,
        *,
        count: int,
        timeout: float,
        recycle: int = 1000,
        warm: tuple[str, ...] = ("pipelines.extract",),
    ) -> None:
        self.timeout = timeout
        self._pool = ProcessPool(
            max_workers=count,
            max_tasks=recycle,
            initializer=_warm,
            initargs=(warm,),
            context=multiprocessing.get_context("spawn"),
        )

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(*args, **kwargs)` in a worker; all of it must be picklable.

        Raises WorkerTimeoutError when it was killed for its time, WorkerDiedError when the process died
        under it, and whatever the function itself raised.
        """
        future = self._pool.schedule(function, args=list(args), kwargs=dict(kwargs), timeout=self.timeout)
        try:
            result: T = await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise WorkerTimeoutError(f"reading took longer than {self.timeout:g} s") from error
        except ProcessExpired as error:
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
