"""One crawl at a time per database: an advisory file lock that the kernel lifts when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pipelines.errors import LockHeldError, UsageError


class CrawlLock:
    """Held from `__enter__` to `__exit__`; the file says who holds it and is left behind empty.

    flock rather than a pid file: after kill -9 nothing stale remains but the holder's name in the file, by
    which `after_kill` knows that the run before did not end as it should. Raises LockHeldError naming the
    holder when another process has it. `passing`: it is held for something else than a crawl, and the next
    crawl is told of an earlier kill all the same.
    """

    def __init__(self, path: Path, *, passing: bool = False) -> None:
        self.path = path
        self._passing = passing
        self.after_kill = False
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            file = self.path.open("a+", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write the lock file {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _holder(file)
            file.close()
            raise LockHeldError(f"another run holds {self.path}: {holder}") from error
        file.seek(0)
        self.after_kill = bool(file.read(1))
        with suppress(OSError):  # a full disk: it is locked all the same, and the database says what is wrong
            _write(file, json.dumps(_me()))
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with suppress(OSError):
                _write(self._file, "after a kill" if self._passing and self.after_kill else "")
                self._file.close()
            self._file = None


def _me() -> dict[str, str | int]:
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since, "command": command}


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        about = json.loads(file.read())
        return "pid {pid} on {host} since {since} ({command})".format(**about)
    except (ValueError, KeyError, TypeError):
        return "a process that has just started or is ending"
