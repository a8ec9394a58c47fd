"""ETags: an answer that the asker has already is not sent again (RFC 9110, 13.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

T = TypeVar("T")


class ETags:
    """Gives each answer an ETag, answers 304 to who has it; a HEAD is a GET whose body is kept back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        known, head = Headers(scope=scope).get("if-none-match", ""), scope["method"] == "HEAD"
        start: Message | None = None
        parts: list[bytes] = []

        async def collected(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                assert start is not None
                await _answer(send, start, b"".join(parts), known, head=head)

        await self._app({**scope, "method": "GET"}, receive, collected)


async def _answer(send: Send, start: Message, body: bytes, known: str, *, head: bool) -> None:
    headers = MutableHeaders(scope=start)
    if start["status"] == 200:
        tag = headers.get("etag") or f'"{blake2b(body, digest_size=12).hexdigest()}"'
        headers["ETag"] = tag
        if _names(known, tag):
            start = {**start, "status": 304}
            del headers["content-length"]
            start["headers"] = [(name, value) for name, value in headers.raw if name != b"content-type"]
            body = b""
    await send(start)
    await send({"type": "http.response.body", "body": b"" if head else body})


def _names(known: str, tag: str) -> bool:
    """Whether an If-None-Match names the tag; compared weakly."""
    names = [name.strip().removeprefix("W/") for name in known.split(",")]
    return "*" in names or tag.removeprefix("W/") in names


class Fresh:
    """Remembers what was worked out, for some seconds, so that many readers at once cost as much as one.

    `clock` gives seconds that never go back. One thread works a thing out, the others wait for it.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Any]] = {}
        self._locks: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, seconds: float, make: Callable[[], T]) -> T:
        """What `make` gave within the last `seconds`, or gives now. Keys must be few: they are all kept."""
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            at, value = self._kept.get(key, (float("-inf"), None))
            if self._clock() - at >= seconds:
                value = make()
                self._kept[key] = (self._clock(), value)
            found: T = value
            return found
