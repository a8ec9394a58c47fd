"""A local news site for tests: pages in a dict, faults by the page, a ledger of requests."""

from __future__ import annotations

import hashlib
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from forked import run_python


@dataclass(frozen=True)
class Answer:
    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Asked:
    path: str
    status: int
    conditional: bool
    agent: str
    at: float = 0.0
    cookie: str | None = None


class HangUpError(Exception):
    """Raised by a page that closes the connection without an answer."""


Page = Answer | str | Callable[["NewsServer"], Answer]


class NewsServer:
    """Serves `pages` (path -> answer) on a free port of 127.0.0.1; ETags and 304 by itself.

    `asked` is the ledger: each request as it came in, `at` by the monotonic clock. `tls` makes it https.
    """

    def __init__(self, pages: Mapping[str, Page] | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "https" if tls else "http"
        self.pages: dict[str, Page] = dict(pages or {})
        self.asked: list[Asked] = []
        self.arrived = threading.Event()
        self._news = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def count(self, path: str) -> int:
        return sum(asked.path == path for asked in self.asked)

    def wait_for(self, count: int, timeout: float) -> bool:
        """Wait until `count` requests in all have come in."""
        with self._news:
            return self._news.wait_for(lambda: len(self.asked) >= count, timeout)

    def note(self, asked: Asked) -> None:
        with self._news:
            self.asked.append(asked)
            self._news.notify_all()
        self.arrived.set()

    def answer(self, path: str) -> Answer:
        page = self.pages.get(path)
        if page is None:
            return Answer("<title>404</title><p>no such page</p>", status=404)
        if isinstance(page, str):
            return Answer(page)
        return page if isinstance(page, Answer) else page(self)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error of the server's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _handler(site: NewsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            at = time.monotonic()
            try:
                answer = site.answer(self.path)
            except HangUpError:
                site.note(Asked(self.path, 0, False, self.headers.get("User-Agent", ""), at))
                self.close_connection = True
                return
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            etag = f'"{hashlib.md5(body).hexdigest()}"'
            known = self.headers.get("If-None-Match")
            status = 304 if answer.status == 200 and known == etag else answer.status
            agent, cookie = self.headers.get("User-Agent", ""), self.headers.get("Cookie")
            site.note(Asked(self.path, status, known is not None, agent, at, cookie))
            try:
                self._send(status, answer, b"" if status == 304 else body, etag)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _send(self, status: int, answer: Answer, body: bytes, etag: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", answer.type)
            self.send_header("Content-Length", str(len(body)))
            if answer.status == 200:
                self.send_header("ETag", etag)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


WORDS = (
    "harbour council vote bridge repair winter budget teacher library river flood engine market ferry "
    "orchard museum signal tunnel ballot hospital railway glacier timber archive concert bakery festival "
    "satellite lighthouse aqueduct vineyard foundry observatory greenhouse monastery peninsula reservoir"
).split()


def paragraphs(number: int, count: int = 5) -> list[str]:
    """Plain sentences that no other number shares."""
    texts = []
    for part in range(count):
        picked = [WORDS[(number * 7 + part * 5 + step * (number % 5 + 1)) % len(WORDS)] for step in range(9)]
        texts.append(
            f"In report {number}, part {part}, the {picked[0]} office said on Tuesday that the {picked[1]} "
            f"and the {picked[2]} near the {picked[3]} would be examined before the {picked[4]} opens, "
            f"while residents of the {picked[5]} quarter asked for a second {picked[6]} and a {picked[7]}. "
            f"A decision about the {picked[8]} is expected after meeting {number * 13 + part}."
        )
    return texts


def article(number: int, *, body: str | None = None, head: str = "") -> str:
    """An article page as a plain content system would make it."""
    text = body if body is not None else "".join(f"<p>{text}</p>" for text in paragraphs(number))
    title = f"Report {number} on the {WORDS[number % len(WORDS)]} and its {WORDS[(number * 3) % len(WORDS)]}"
    return (
        f'<!doctype html><html lang="en"><head><title>{title} - The Local</title>{head}'
        f'<meta property="og:type" content="article"><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="2026-11-{number % 20 + 1:02}T08:30:00+01:00">'
        f'</head><body><header><nav><a href="/">Home</a> <a href="/town/">Town</a></nav></header>'
        f"<main><article><h1>{title}</h1><p class='byline'>By Ada Novak</p>{text}</article></main>"
        f"<footer><p>About us. Imprint.</p></footer></body></html>"
    )


def path_of(number: int) -> str:
    return f"/2026/11/report-{number}-on-the-{WORDS[number % len(WORDS)]}"


def rss(base: str, numbers: range) -> Answer:
    items = "".join(
        f"<item><title>Report {number}</title><link>{base}{path_of(number)}</link></item>"
        for number in numbers
    )
    feed = f'<rss version="2.0"><channel><title>The Local</title><link>{base}/</link>{items}</channel></rss>'
    return Answer(feed, type="application/rss+xml")


def listing(numbers: range, *, title: str = "The Local", head: str = "") -> str:
    cards = "".join(
        f'<article class="card"><h2><a href="{path_of(number)}">Report {number} on the '
        f"{WORDS[number % len(WORDS)]} and what follows from it</a></h2><p>In short.</p></article>"
        for number in numbers
    )
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body><header><nav>'
        f'<a href="/">Home</a><a href="/town/">Town</a><a href="/about">About</a></nav></header>'
        f"<main>{cards}</main></body></html>"
    )


def local_news(count: int = 12) -> NewsServer:
    """A site with a home page, a feed of the newest half and a section with all."""
    site = NewsServer()
    feed_link = '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    site.pages["/"] = listing(range(count - count // 2, count), head=feed_link)
    site.pages["/town/"] = listing(range(count), title="Town - The Local")
    site.pages["/feed/"] = lambda site: rss(site.url, range(count - count // 2, count))
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /search\n", type="text/plain")
    for number in range(count):
        site.pages[path_of(number)] = article(number)
    return site


def wirewatch(
    *arguments: str, cwd: Path, timeout: float = 90, **env: str
) -> subprocess.CompletedProcess[str]:
    """The command, as a person runs it."""
    return run_python(
        "-m", "crawler", *arguments, cwd=cwd, env={**clean_environment(), **env}, timeout=timeout
    )


def clean_environment() -> dict[str, str]:
    names = ("CONFIG", "DATABASE", "ALLOW_NETWORK", "PASSWORD", "TOKEN")
    foreign = {f"WIREWATCH_{name}" for name in names}
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    ours = {"PYTHONPATH": str(Path(__file__).parents[2]), "WIREWATCH_ALLOW_NETWORK": "127.0.0.0/8"}
    return {**env, **ours, "COLUMNS": "200"}
