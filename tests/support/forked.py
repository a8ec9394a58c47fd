"""Python in processes of their own that are forked from one which has imported what commands need.

Most of what a short command costs is that import, and tests run hundreds of them. `python forked.py ADDRESS` is that
one process; it ends with whoever started it. Nothing runs in it before the fork but imports: no thread, no event loop,
no reactor.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO

# What a crawl and the desk import late, besides the commands themselves.
_LATE = (
    "alembic.command", "crawler.app", "crawler.cli.crawl", "crawler.cli.serve", "crawler.middlewares.handler", "crawler.run",
    "crawler.spiders.news", "crawler.web.app", "crawler.web.serving", "scrapy.core.downloader.handlers.http11", "scrapy.crawler", "scrapy.pqueues",
    "twisted.internet.asyncioreactor",
)  # fmt: skip
# What is heeded only when a process starts, or when it imports; as it was before any test changed it.
_HEEDED = {name: os.environ.get(name) for name in ("SSL_CERT_FILE", "TZ")}


class Forked:
    """A process that was forked, for those who let it run: a little of what `subprocess.Popen` is."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._told = asked.makefile()
        self.pid = int(self._told.readline())
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        if self._code is None:
            self._asked.settimeout(timeout)
            try:
                self._code = int(self._told.readline())
            except TimeoutError:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0) from None
            self._told.close()
            self._asked.close()
        return self._code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Forkery:
    """Runs several at a time, asked from any thread."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ww")
        address = f"{self._folder.name}/s"
        command = [sys.executable, __file__, address]
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        self._process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
        self._address = address
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def start(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], out: int, errors: int
    ) -> Forked:
        """A Python with these arguments, whose output goes to these descriptors."""
        order = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}).encode()
        asked = socket.socket(socket.AF_UNIX)
        asked.connect(self._address)
        socket.send_fds(asked, [len(order).to_bytes(8, "big")], [out, errors])
        asked.sendall(order)
        return Forked(asked)

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()
        self._folder.cleanup()


@cache
def forkery() -> Forkery:
    """The one of this process."""
    found = Forkery()
    atexit.register(found.close)
    return found


def run_python(
    *arguments: str, cwd: Path, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `-m crawler ...`, or a script: what `subprocess.run` gives with `capture_output` and `text`."""
    if any(env.get(name) != value for name, value in _HEEDED.items()):
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=cwd, env=env, timeout=timeout, capture_output=True, text=True, check=False
        )
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = forkery().start(arguments, cwd=cwd, env=env, out=out.fileno(), errors=errors.fileno())
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(list(arguments), code, _text(out), _text(errors))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


# --- the process that forks -------------------------------------------------------------------------------


def _serve(address: str) -> None:
    for name in _LATE:
        import_module(name)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    print("ready", flush=True)
    # Else the first collection in each fork would write to, and so copy, every page that they share.
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1
    # Nobody waits for those who keep the commands.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getppid()
    listening.settimeout(1)
    while os.getppid() == parent:
        try:
            asked, _ = listening.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(asked)
            return
        asked.close()


def _keep(asked: socket.socket) -> None:
    """In a process of its own: fork the command, tell its id, wait for its end and tell how it ended."""
    asked.settimeout(None)
    head, (out, errors), _, _ = socket.recv_fds(asked, 8, 2)
    told = asked.makefile("rb").read1
    wanted, order = int.from_bytes(head, "big"), b""
    while len(order) < wanted:
        order += told(wanted - len(order))
    pid = os.fork()
    if pid == 0:
        asked.close()
        _become(json.loads(order), out, errors)
        return
    asked.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    asked.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(order: Mapping[str, object], out: int, errors: int) -> None:
    """This process is the command from here on."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for mine, standard in ((nothing, 0), (out, 1), (errors, 2)):
        os.dup2(mine, standard)
        os.close(mine)
    os.chdir(order["cwd"])  # type: ignore[arg-type]
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[arg-type]
    first, *rest = order["arguments"]  # type: ignore[misc]
    sys.path[:1] = os.environ["PYTHONPATH"].split(os.pathsep)
    if first == "-m":
        module, *sys.argv[1:] = rest
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [first, *rest]
        sys.path.insert(0, str(Path(first).parent))
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    _serve(sys.argv[1])
