"""Lists of articles, a page at a time; for programs they are read in processes of their own.

A list or a search costs the processor five times what the rest of an answer does, and Python runs on one core
at a time: in threads, eight programs at once were answered no faster than one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, TypeVar

from anyio import to_thread
from pydantic_core import to_json

from pipelines.store import Found, RecordHit, Store
from pipelines.workers import Workers

# More than these would want more memory than most machines have to spare: some 40 MiB each.
_MOST = 4
# Seconds that a list may take; the slowest searches of a million articles take half of one.
_SECONDS = 20.0
# MiB of the database that each connection of the desk keeps: with 32 nothing was answered faster.
_CACHE = 8
# Lists are no strangers' pages, after so many of which a process is better replaced.
_RECYCLE = 100_000

F = TypeVar("F", bound=Found)


class Readers:
    """A process a core, started when the first list is asked for, and ended by `close`.

    Until they are there, a second or two later, `store` itself is read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ready: asyncio.Task[Any] | None = None
        count = min(_MOST, os.cpu_count() or 1)
        self._workers = Workers(count=count, timeout=_SECONDS, recycle=_RECYCLE, warm=(__name__,))

    async def listed(self, asked: Mapping[str, Any], *, limit: int, text: bool) -> bytes:
        """The page of hits that `page_of` gives, as JSON; without `text` the articles' texts are null.

        Raises what `Store.search` does, and WorkerError where a reader was too slow or died.
        """
        self._ready = self._ready or asyncio.create_task(self._workers.run(os.getpid))
        if not self._ready.done():
            return await to_thread.run_sync(partial(_listed, self._store, asked, limit=limit, text=text))
        self._ready.exception()  # that they cannot start is said by the next line too
        return await self._workers.run(_read, self._store.url, asked, limit=limit, text=text)

    def close(self) -> None:
        """In the event loop."""
        if self._ready is not None:
            self._ready.cancel()
        self._workers.close()


def page_of(
    search: Callable[..., list[F]], asked: Mapping[str, Any], *, limit: int
) -> tuple[list[F], int | None]:
    """What `search` finds, asked in the words of `Store.search`, and the cursor of the next page: None at the
    end, or where hits are ranked."""
    hits = search(**asked, limit=limit + 1)
    more = len(hits) > limit and asked["order"] == "newest"
    return hits[:limit], hits[limit - 1].place if more else None


def open_store(url: str, *, readonly: bool) -> Store:
    """The store as the desk wants it. Raises what `Store.open` does."""
    return Store.open(url, readonly=readonly, cache=_CACHE)


_store = cache(partial(open_store, readonly=True))


def _read(url: str, asked: Mapping[str, Any], *, limit: int, text: bool) -> bytes:
    """In a reader."""
    return _listed(_store(url), asked, limit=limit, text=text)


def _listed(store: Store, asked: Mapping[str, Any], *, limit: int, text: bool) -> bytes:
    hits, following = page_of(store.desk.found, asked, limit=limit)
    return to_json({"items": [_record(hit, text=text) for hit in hits], "next": following})


def _record(hit: RecordHit, *, text: bool) -> dict[str, Any]:
    return {
        **hit.record,
        **({} if text else {"text": None}),
        "copies": hit.copies,
        "score": round(hit.score, 4),
        "marked_title": [{"text": part, "match": match} for part, match in hit.title],
        "snippet": [{"text": part, "match": match} for part, match in hit.snippet],
    }
