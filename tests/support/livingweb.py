"""The sample site come to life: its outlets publish on a schedule, die, come back, move; a ledger of it all."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from crawler.demo.content import Outlet, Story, read_outlets
from crawler.demo.pages import Answer, Site

# What a site does for a while. "dead": nobody listens. "hanging": takes connections and says nothing.
FAULTS = ("dead", "failing", "hanging", "moved")
_SHORT = "/s/"


@dataclass(frozen=True)
class Asked:
    at: float
    path: str
    status: int
    conditional: bool


class MovedSite(Site):
    """Feeds and sitemaps name short addresses that redirect, as feed services do."""

    def address(self, story: Story) -> str:
        return f"{self.origin}{_SHORT}{story.number}"


@dataclass
class LivingOutlet:
    """One outlet on a port of its own. `published` maps each story's address to the story."""

    outlet: Outlet
    dice: random.Random
    state: str = "up"
    published: dict[str, Story] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.material = self.outlet.stories
        self.lock = threading.Lock()
        self.pages: Mapping[str, Answer] = {}
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self._silent: socket.socket | None = None

    # --- publishing --------------------------------------------------------------------------------------

    def open(self) -> None:
        self._listen()
        self.outlet = replace(self.outlet, stories=())
        for _ in range(3):
            self._write()
        self.publish()

    def publish(self) -> None:
        """A new story of lines that no other one has."""
        with self.lock:
            self._write()
            self._build()

    def _write(self) -> None:
        number = 200_000 + len(self.published)
        base, other = self.dice.sample(self.material, 2)
        lines = tuple((kind, f"{text} {number}.") for kind, text in (*base.blocks, *other.blocks[:2]))
        story = replace(
            base,
            number=number,
            slug=f"{base.slug}-{number}",
            title=f"{base.title} ({number})",
            blocks=lines,
            published_at=datetime.now(UTC),
            paywalled=False,
        )
        self.outlet = replace(self.outlet, stories=(story, *self.outlet.stories))
        self.published[self.site.address(story)] = story

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def site(self) -> Site:
        return Site(self.outlet, self.origin)

    def _build(self) -> None:
        # The older stories stay where they are; only the newest ones are drawn anew with the indexes.
        pages = dict(self.pages)
        newest = replace(self.outlet, stories=self.outlet.stories[:60])
        pages |= Site(newest, self.origin).pages()
        if self.state == "moved":
            named = MovedSite(newest, self.origin).pages()
            paths = [
                path for path in named if path.endswith((".xml", ".rdf", ".json", ".gz", "feed/", "atom/"))
            ]
            pages |= {path: named[path] for path in paths}
        for story in newest.stories:
            pages[f"{_SHORT}{story.number}"] = Answer(
                status=301, location=self.site.address(story), type="text/html"
            )
        self.pages = pages

    # --- faults ------------------------------------------------------------------------------------------

    def turn(self, state: str) -> None:
        """From now on the site is "up", "dead", "failing", "hanging" or "moved"."""
        before, self.state = self.state, state
        silent = ("dead", "hanging")
        if before in silent:
            self._hang_up()
            self._listen()
        if state in silent:
            self._close()
            if state == "hanging":
                self._silent = socket.create_server(("127.0.0.1", self.port), backlog=50)
        with self.lock:
            self._build()

    def close(self) -> None:
        self._hang_up()
        self._close()

    def _listen(self) -> None:
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def _close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _hang_up(self) -> None:
        if self._silent is not None:
            self._silent.close()
            self._silent = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(outlet: LivingOutlet) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if outlet.state in ("dead", "hanging"):  # a connection that was kept open
                self.close_connection = True
                return
            answer = outlet.pages.get(
                self.path.split("?utm_", 1)[0], Answer(b"<h1>404</h1>", "text/html", 404)
            )
            headers = dict(answer.headers)
            if outlet.state == "failing" and self.path != "/robots.txt":
                answer, headers = Answer(b"<h1>503</h1>", "text/html", 503), {"Retry-After": "3"}
            etag = f'"{sha256(answer.body).hexdigest()[:16]}"'
            conditional = "If-None-Match" in self.headers
            known = answer.status == 200 and self.headers.get("If-None-Match") == etag
            status = 304 if known else answer.status
            outlet.asked.append(Asked(time.monotonic(), self.path, status, conditional))
            body = b"" if status == 304 else answer.body
            if answer.location:
                headers["Location"] = answer.location
            if answer.status == 200:
                headers["ETag"] = etag
            try:
                self.send_response(status)
                for name, value in {
                    "Content-Type": answer.type,
                    "Content-Length": str(len(body)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class LivingWeb:
    """A context manager. `seconds` of life with a publication about every `every` seconds an outlet; faults
    of up to `fault` seconds strike one outlet after another until `calm` seconds before the end."""

    def __init__(self, *, seconds: float, every: float, fault: float, calm: float, seed: int) -> None:
        self._dice = random.Random(seed)
        self._plan = (seconds, every, fault, calm)
        outlets = read_outlets(datetime.now(UTC))
        self.outlets = [
            LivingOutlet(outlet, random.Random(seed + place)) for place, outlet in enumerate(outlets)
        ]
        self.faults: list[tuple[str, str]] = []
        self.over = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live)

    def __enter__(self) -> Self:
        for outlet in self.outlets:
            outlet.open()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        for outlet in self.outlets:
            outlet.close()

    @property
    def published(self) -> dict[str, Story]:
        return {url: story for outlet in self.outlets for url, story in outlet.published.items()}

    def _live(self) -> None:
        """Events in the order of their times: publications of each outlet, the next fault, its end."""
        seconds, every, fault, calm = self._plan
        began = time.monotonic()
        due = {place: self._dice.expovariate(1 / every) for place in range(len(self.outlets))}
        struck, turn_at = None, fault / 3
        while not self._stop.is_set():
            now = time.monotonic() - began
            if now > seconds:
                break
            for place, at in due.items():
                if at <= now:
                    self.outlets[place].publish()
                    due[place] = now + self._dice.expovariate(1 / every)
            if turn_at <= now:
                if struck is not None:
                    struck.turn("up")
                    struck, turn_at = None, now + self._dice.uniform(0.2, 0.5) * fault
                elif now < seconds - calm - fault:
                    struck, state = self._dice.choice(self.outlets), FAULTS[len(self.faults) % len(FAULTS)]
                    self.faults.append((struck.outlet.key, state))
                    struck.turn(state)
                    turn_at = now + self._dice.uniform(0.5, 1.0) * fault
                else:
                    turn_at = float("inf")
            self._stop.wait(max(min(*due.values(), turn_at) - (time.monotonic() - began), 0.01))
        self.over.set()
