"""Servers as processes of their own, asked over loopback; their memory."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.throughput.measure import pss_mib

ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server on loopback."""

    pid: int
    port: int

    @property
    def mib(self) -> float:
        """Memory of all its processes; shared pages are counted once."""
        return pss_mib(self.pid)

    def connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    etag: str | None
    seconds: float


def ask(
    connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str] | None = None
) -> Answer:
    """One request over a connection that is kept; the time is until the last byte."""
    started = time.perf_counter()
    connection.request("GET", path, headers=dict(headers or {}))
    answer = connection.getresponse()
    body = answer.read()
    return Answer(answer.status, body, answer.getheader("etag"), time.perf_counter() - started)


@contextmanager
def desk(store: Path, folder: Path) -> Iterator[Served]:
    """`wirewatch serve` over the store, with an empty config."""
    config = folder / "wirewatch.toml"
    config.touch()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--config", str(config), "--database", f"sqlite:///{store}", "--quiet"]
    command = [sys.executable, "-m", "crawler", *options, "serve", "--listen", f"127.0.0.1:{port}"]
    with _running(command) as process:
        served = Served(process.pid, port)
        _wait(served, process, "/healthz")
        yield served


@contextmanager
def bare(size: int) -> Iterator[Served]:
    """The framework alone, with pages of so many bytes."""
    with _running([sys.executable, "-m", "bench.desk.bare", str(size)]) as process:
        assert process.stdout is not None
        served = Served(process.pid, int(process.stdout.readline()))
        _wait(served, process, "/")
        yield served


@contextmanager
def _running(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


def _wait(served: Served, process: subprocess.Popen[str], path: str) -> None:
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            if ask(served.connect(), path).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{' '.join(map(str, process.args))} did not begin to answer")
