"""Serving the desk: where it listens, and the server that runs it."""

from __future__ import annotations

import os
import signal
import socket
import sys
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn

from pipelines.errors import UsageError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from crawler.web.access import Access

_LOOPBACK_NAME = "localhost"


def split_listen(text: str) -> tuple[str, int]:
    """HOST:PORT, [IPv6]:PORT or PORT (on loopback). Raises ValueError."""
    host, _, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"not HOST:PORT: '{text}' (say 127.0.0.1:8080)")
    return host, int(port)


def is_loopback(host: str) -> bool:
    if host == _LOOPBACK_NAME:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_listen(host: str, access: Access) -> None:
    """Raises UsageError where strangers could reach a desk that asks nobody who they are."""
    if not is_loopback(host) and access.is_open:
        raise UsageError(
            f"{host} can be reached by others: set a password first (`wirewatch serve --set-password`) or a "
            "token (`wirewatch serve --new-token`), or listen on 127.0.0.1"
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. Raises UsageError with what the system says."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(256)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listening


def address_of(listening: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared only
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def end_with_parent() -> None:
    """End this process when the one that started it does: its end of our standard input is closed then."""

    def wait() -> None:
        while sys.stdin.buffer.read(1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, name="parent", daemon=True).start()


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Answer until SIGINT or SIGTERM; what is being answered is finished."""
    settings = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        # A request line and headers together: a long search is some kilobytes.
        h11_max_incomplete_event_size=64 * 1024,
    )
    uvicorn.Server(settings).run(sockets=[listening])
