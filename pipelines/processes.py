"""Processes that do one task at a time and share nothing, so that one can be killed at any instant.

Pools whose workers share a queue and a lock (pebble's, the standard library's) break for good when a worker
is killed while it waits, starts or holds the lock: found by killing them. Here each process has a pipe of its
own, a thread waits for its answer by a clock that nobody can set, and a process that died is replaced.
"""

from __future__ import annotations

import atexit
import queue
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

Context = SpawnContext | ForkServerContext
# A start takes a second or two, ten on a machine that is out of breath.
START_SECONDS = 60.0
# A process that dies as often as this before it begins a task would do so for ever.
STARTS = 3
# What the kernel adds to a task's time before it ends a process whose parent is gone.
_GRACE = 5.0


class ProcessExpired(Exception):  # noqa: N818 - as other pools call it
    """The process ended under its task."""

    def __init__(self, exitcode: int | None) -> None:
        super().__init__(f"exit code {exitcode}")
        self.exitcode = exitcode


class _Task(NamedTuple):
    function: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    timeout: float


class ProcessPool:
    """`max_workers` processes at most, started when needed, each replaced after `max_tasks` tasks."""

    def __init__(
        self,
        *,
        max_workers: int,
        max_tasks: int,
        initializer: Callable[..., None],
        initargs: tuple[Any, ...],
        context: Context,
    ) -> None:
        self._threads = ThreadPoolExecutor(max_workers=max_workers, thread_name_prefix="worker")
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        self._all = [
            _Process(context, max_tasks=max_tasks, begin=(initializer, initargs)) for _ in range(max_workers)
        ]
        for process in self._all:
            self._idle.put(process)
        atexit.register(self.stop)

    def schedule(
        self,
        function: Callable[..., Any],
        *,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        timeout: float,
    ) -> Future[Any]:
        """Its result, what it raised, TimeoutError when it was killed for its time, or ProcessExpired."""
        return self._threads.submit(self._do, _Task(function, args, kwargs, timeout))

    def _do(self, task: _Task) -> Any:
        process = self._idle.get()  # never waits: there is one for each thread
        try:
            return process.do(task)
        finally:
            self._idle.put(process)

    def stop(self) -> None:
        """Kill the processes and wait for them; tasks under way and waiting are given up."""
        atexit.unregister(self.stop)
        for process in self._all:
            process.close()
        self._threads.shutdown(wait=True, cancel_futures=True)


class _Process:
    """The place of one process, which is another one after each death."""

    def __init__(
        self, context: Context, *, max_tasks: int, begin: tuple[Callable[..., None], tuple[Any, ...]]
    ) -> None:
        self._context = context
        self._max_tasks = max_tasks
        self._begin = begin
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._left = 0
        self._closed = False

    def do(self, task: _Task) -> Any:
        pipe = self._handed_over(task)
        if not pipe.poll(task.timeout):
            self._end(patience=0)
            raise TimeoutError
        try:
            ended, value = pipe.recv()
        except (EOFError, OSError) as error:
            raise ProcessExpired(self._end()) from error
        self._left -= 1
        if self._left <= 0:
            self._end()
        if ended:
            return value
        raise value

    def _handed_over(self, task: _Task) -> Connection:
        """The pipe of a process that has begun the task; one that died before has done it no harm."""
        exitcode = None
        for _ in range(0 if self._closed else STARTS):
            pipe = self._pipe or self._start()
            try:
                pipe.send((task.function, tuple(task.args), dict(task.kwargs), task.timeout))
                if pipe.poll(START_SECONDS):
                    pipe.recv()
                    return pipe
            except (EOFError, OSError):
                pass
            exitcode = self._end()
        raise ProcessExpired(exitcode)

    def _start(self) -> Connection:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, *self._begin), daemon=True)
        process.start()
        theirs.close()
        # Not before: `close`, in another thread, kills what is here.
        self._process, self._pipe, self._left = process, ours, self._max_tasks
        if self._closed:
            process.kill()
        return ours

    def _end(self, *, patience: float = 1.0) -> int | None:
        """End the process and say how it ended: one that finds its pipe closed goes by itself."""
        assert self._process is not None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        self._process.join(patience)
        self._process.kill()
        self._process.join()
        return self._process.exitcode

    def close(self) -> None:
        self._closed = True
        if self._process is not None:
            self._process.kill()


def _serve(pipe: Connection, initializer: Callable[..., None], initargs: tuple[Any, ...]) -> None:
    """The life of a process: it ends with its parent, or by the kernel's alarm while it is busy."""
    # To stop is the parent's business, also where a signal is sent to all processes of a service.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    initializer(*initargs)
    with suppress(EOFError, OSError):
        while True:
            function, args, kwargs, timeout = pipe.recv()
            pipe.send(None)
            # No handler: nothing of ours need run for it, a parser in C is ended too.
            signal.setitimer(signal.ITIMER_REAL, timeout + _GRACE)
            answer = _answer(function, args, kwargs)
            signal.setitimer(signal.ITIMER_REAL, 0)
            try:
                pipe.send(answer)
            except OSError:
                raise
            except Exception as error:
                pipe.send((False, TypeError(f"the result cannot be sent: {error}")))


def _answer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bool, Any]:
    try:
        return True, function(*args, **kwargs)
    except Exception as error:
        return False, error
