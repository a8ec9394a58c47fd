"""Files that say how an origin wishes to be treated (robots.txt, tdmrep.json): asked for once a day, kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from crawler.middlewares.refusals import NotNowError
from pipelines.items import OriginFile

T = TypeVar("T")
Meta = Mapping[str, Any]

# RFC 9309, 2.4: a copy is used for no more than 24 hours, but longer while the file cannot be had; 2.3.1.4
# lets go of it after 30 days.
MAX_AGE, LAST_RESORT = timedelta(hours=24), timedelta(days=30)
# After a failure the file is asked for again that soon, if the host answers at all.
RETRY = timedelta(minutes=5)


class Shelf(Protocol):
    """Where the files are kept between two runs."""

    async def origin_file(self, origin: str) -> OriginFile | None: ...

    async def keep_origin_file(self, file: OriginFile) -> None: ...


class UnreadError(Exception):
    """There is no answer, or one with an error status, and no older copy. `status` is None for no answer."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"status {status}")
        self.status = status


def file_of(origin: str, status: int, text: str, *, now: datetime) -> OriginFile | None:
    """The file as answered: 2xx is its text, other statuses below 500 mean there is none; None for the rest.

    429 is no word on the file: there is none for now, and it is asked for again soon.
    """
    if status >= 500:
        return None
    body = text if 200 <= status < 300 else None
    age = RETRY if status == 429 else MAX_AGE
    return OriginFile(origin=origin, status=status, body=body, fetched_at=now, expires_at=now + age)


class OriginFiles(Generic[T]):
    """The file at `path` of every origin, as `parse` reads it; fetched once by whoever asks first.

    `fetch` gives the status and the text that is to be read of an address; it is handed the `meta` of whoever
    asks, and raises what the network raises. `parse` runs in a thread, once a copy. A
    file that is not `needed` counts as `nothing` for a day when it cannot be had: its trouble is not that of
    every page.
    """

    def __init__(
        self,
        path: str,
        *,
        fetch: Callable[[str, Meta], Awaitable[tuple[int, str]]],
        parse: Callable[[str], T],
        nothing: T,
        needed: bool,
        shelf: Shelf | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._path = path
        self._fetch = fetch
        self._parse = parse
        self._nothing = nothing
        self._needed = needed
        self._shelf = shelf
        self._clock = clock
        self._known: dict[str, tuple[datetime, T]] = {}
        self._asking: dict[str, asyncio.Task[T]] = {}

    def at_hand(self, origin: str) -> T:
        """What was read of it last, however old."""
        return self._known.get(origin, (None, self._nothing))[1]

    async def of(self, origin: str, *, meta: Meta, stale: Callable[[T], None] | None = None) -> T:
        """What the file says. Raises UnreadError when it cannot be had; its cause is the network's error.

        NotNowError is passed on: it says nothing of the file.

        `stale` is handed what an old copy says before a new one is asked for.
        """
        known = self._known.get(origin)
        if known is not None and known[0] > self._clock():
            return known[1]
        task = self._asking.get(origin)
        if task is None:
            task = asyncio.ensure_future(self._renewed(origin, meta, stale))
            self._asking[origin] = task
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(task)

    async def _renewed(self, origin: str, meta: Meta, stale: Callable[[T], None] | None) -> T:
        key = origin if self._path == "/robots.txt" else origin + self._path
        old = await self._shelf.origin_file(key) if self._shelf is not None else None
        if old is not None and old.status is not None:
            value = await self._take(origin, old)
            if old.expires_at > self._clock():
                return value
            if stale is not None:
                stale(value)
        file, error = await self._asked(key, origin, meta, old)
        if self._shelf is not None:
            await self._shelf.keep_origin_file(file)
        if error is not None:
            self._known.pop(origin, None)
            raise error
        return await self._take(origin, file)

    async def _asked(
        self, key: str, origin: str, meta: Meta, old: OriginFile | None
    ) -> tuple[OriginFile, UnreadError | None]:
        """The file as it is now; the old copy while there is no new one; and else the error."""
        status: int | None = None
        cause: Exception | None = None
        file: OriginFile | None = None
        try:
            status, text = await self._fetch(origin + self._path, meta)
            file = file_of(key, status, text, now=self._clock())
        except NotNowError:
            raise
        except Exception as error:
            cause = error
        now = self._clock()
        if file is not None:
            return file, None
        if old is not None and old.status is not None and now - old.fetched_at < LAST_RESORT:
            return replace(old, expires_at=now + RETRY), None
        if not self._needed:
            return OriginFile(
                origin=key, status=404, body=None, fetched_at=now, expires_at=now + MAX_AGE
            ), None
        unread = UnreadError(status)
        unread.__cause__ = cause
        nobody = OriginFile(origin=key, status=None, body=None, fetched_at=now, expires_at=now)
        return nobody, unread

    async def _take(self, origin: str, file: OriginFile) -> T:
        value = self._nothing if file.body is None else await asyncio.to_thread(self._parse, file.body)
        self._known[origin] = (file.expires_at, value)
        return value
