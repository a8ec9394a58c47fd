"""Serves the sample outlets, each on a port of its own of 127.0.0.1, as well-behaved news sites do."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from crawler.demo.content import Outlet, Story, read_outlets
from crawler.demo.pages import Answer, Site


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it was answered."""

    outlet: str
    path: str
    status: int
    conditional: bool


class DemoServer:
    """A context manager; `urls` maps each outlet's key to its home page, `ledger` has every request."""

    def __init__(self, *, now: datetime | None = None) -> None:
        self._outlets = {outlet.key: outlet for outlet in read_outlets(now or datetime.now(UTC))}
        self.ledger: list[Request] = []
        self.urls: dict[str, str] = {}
        self._servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def __enter__(self) -> Self:
        for outlet in self._outlets.values():
            server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
            server.daemon_threads = True
            site = Site(outlet, f"http://127.0.0.1:{server.server_address[1]}")
            server.RequestHandlerClass = _handler(site, self.ledger)
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
            )
            thread.start()
            self._servers.append((server, thread))
            self.urls[outlet.key] = site.home
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server, _ in self._servers:
            server.shutdown()
        for server, thread in self._servers:
            thread.join()
            server.server_close()

    def stories(self, key: str) -> tuple[Story, ...]:
        """An outlet's stories, newest first."""
        return self._outlets[key].stories

    def leftovers(self, key: str) -> frozenset[str]:
        """Every line that the outlet's pages put around their articles."""
        return self._outlets[key].leftovers

    def outlet(self, key: str) -> Outlet:
        return self._outlets[key]


def _handler(site: Site, ledger: list[Request]) -> type[BaseHTTPRequestHandler]:
    pages = site.pages()
    changed = format_datetime(site.outlet.stories[0].published_at, usegmt=True)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = pages.get(self.path.split("?utm_", 1)[0], Answer(b"<h1>404</h1>", "text/html", 404))
            etag = f'"{sha256(answer.body).hexdigest()[:16]}"'
            conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
            known = self.headers.get("If-None-Match") == etag
            status = 304 if answer.status == 200 and known else answer.status
            ledger.append(Request(site.outlet.key, self.path, status, conditional))
            self._send(answer, status, etag)

        def do_HEAD(self) -> None:
            self.do_GET()

        def _send(self, answer: Answer, status: int, etag: str) -> None:
            body = b"" if status == 304 else answer.body
            packed = "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 500
            if packed:
                body = gzip.compress(body, mtime=0)
            self.send_response(status)
            for name, value in (
                ("Content-Type", answer.type),
                ("Content-Length", str(len(body))),
                ("Content-Encoding", "gzip" if packed else None),
                ("ETag", etag if answer.status == 200 else None),
                ("Last-Modified", changed if answer.status == 200 else None),
                ("Location", answer.location),
            ):
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the ledger has it."""

    return Handler
