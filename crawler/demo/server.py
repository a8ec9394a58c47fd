"""Serves the sample outlets, each on a port of its own of 127.0.0.1, as well-behaved news sites do."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from crawler.demo.content import Outlet, Story, read_outlets
from crawler.demo.days import Course
from crawler.demo.pages import Answer, Site
from crawler.job import utc_now


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it was answered."""

    outlet: str
    path: str
    status: int
    conditional: bool


class DemoServer:
    """A context manager; `urls` maps each outlet's key to its home page, `ledger` has every request.

    Stories are dated back from `now`. With `days` the sites live: they show what their courses say for the
    moment that `clock` tells, and answer 503 while they are out of order.
    """

    def __init__(
        self,
        *,
        now: datetime | None = None,
        days: Mapping[str, Course] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if days is None:
            outlets = read_outlets(now or clock())
            self._now = {outlet.key: partial(_always, outlet) for outlet in outlets}
            self._outlets = {outlet.key: outlet for outlet in outlets}
        else:
            self._now = {key: partial(_today, course, clock) for key, course in days.items()}
            self._outlets = {key: course.whole for key, course in days.items()}
        self.ledger: list[Request] = []
        self.urls: dict[str, str] = {}
        self._servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def __enter__(self) -> Self:
        for key in self._outlets:
            server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
            server.daemon_threads = True
            pages = Pages(f"http://127.0.0.1:{server.server_address[1]}", self._now[key])
            server.RequestHandlerClass = _handler(key, pages, self.ledger)
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
            )
            thread.start()
            self._servers.append((server, thread))
            self.urls[key] = f"{pages.origin}/"
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


def _always(outlet: Outlet) -> Outlet | None:
    return outlet


def _today(course: Course, clock: Callable[[], datetime]) -> Outlet | None:
    return course.at(clock())


class Pages:
    """The pages at one origin, drawn anew when what the outlet shows has changed."""

    def __init__(self, origin: str, now: Callable[[], Outlet | None]) -> None:
        self.origin = origin
        self._now = now
        self._drawn: tuple[Outlet, dict[str, Answer]] | None = None

    def answer(self, path: str) -> tuple[Answer, datetime | None]:
        """The answer for a request line's path, and when anything on the site changed last."""
        outlet = self._now()
        if outlet is None:
            return Answer(b"<h1>503</h1>", "text/html", 503), None
        drawn = self._drawn
        if drawn is None or drawn[0] is not outlet:
            drawn = self._drawn = (outlet, Site(outlet, self.origin).pages())
        missing = Answer(b"<h1>404</h1>", "text/html", 404)
        return drawn[1].get(path.split("?utm_", 1)[0], missing), outlet.changed_at


def _http_date(when: datetime | None) -> str | None:
    return format_datetime(when, usegmt=True) if when else None


def _handler(key: str, pages: Pages, ledger: list[Request]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer, changed = pages.answer(self.path)
            etag = f'"{sha256(answer.body).hexdigest()[:16]}"'
            conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
            known = self.headers.get("If-None-Match") == etag
            status = 304 if answer.status == 200 and known else answer.status
            ledger.append(Request(key, self.path, status, conditional))
            self._send(answer, status, etag, changed)

        def do_HEAD(self) -> None:
            self.do_GET()

        def _send(self, answer: Answer, status: int, etag: str, changed: datetime | None) -> None:
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
                ("Last-Modified", _http_date(changed) if answer.status == 200 else None),
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
