"""The desk beside a running service: a process of its own, so that no slow page or crash costs a visit, and
started again when it ends by itself."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from socket import socket
from threading import Event, Thread
from types import TracebackType
from typing import Self

logger = logging.getLogger("wirewatch")

# Seconds before it is started again: doubled each time it ends by itself, up to the second number.
_PAUSE, _LONGEST = 1.0, 60.0
_PATIENCE = 10.0


class DeskBeside:
    """A context manager that runs `wirewatch serve` on a socket that listens already.

    `options` are the global options it is to have. It ends with this process, however that ends: it reads a
    pipe whose other end is ours.
    """

    def __init__(self, listening: socket, *, options: Sequence[str]) -> None:
        self._listening = listening
        self._command = [sys.executable, "-m", "crawler", *options, "--quiet", "serve"]
        self._command += ["--fd", str(listening.fileno())]
        self._over = Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._keep, name="desk", daemon=True)

    def __enter__(self) -> Self:
        self._process = self._started()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        process = self._process
        assert process is not None
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
        self._thread.join(_PATIENCE)
        self._listening.close()

    def _started(self) -> subprocess.Popen[bytes]:
        # In a session of its own: Ctrl-C is for the service, which then ends the desk.
        return subprocess.Popen(  # noqa: S603 - our own program and options
            self._command, stdin=subprocess.PIPE, pass_fds=[self._listening.fileno()], start_new_session=True
        )

    def _keep(self) -> None:
        pause = _PAUSE
        while True:
            assert self._process is not None
            code = self._process.wait()
            if self._over.wait(0):
                return
            logger.error("the desk ended by itself (%s); it is started again in %g s", code, pause)
            if self._over.wait(pause):
                return
            pause = min(2 * pause, _LONGEST)
            self._process = self._started()
