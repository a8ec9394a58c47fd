"""Lists of articles, a page at a time; for programs they are read in processes of their own.

A list or a search costs the processor five times what the rest of an answer does, and Python runs on one core
at a time: in threads, eight programs at once were answered no faster than one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic_core import to_json

from pipelines.items import article_record
from pipelines.store import Hit, Store
from pipelines.workers import Workers

# More than these would want more memory than most machines have to spare: some 25 MiB each.
_MOST = 4
# Seconds that a list may take; the slowest searches of a million articles take a fifth of one.
_SECONDS = 20.0
# Lists are no strangers' pages, after so many of which a process is better replaced.
_RECYCLE = 100_000


class Readers:
    """A process a core, started when the first list is asked for, and ended by `close`."""

    def __init__(self, store: Store) -> None:
        self._url = store.url
        count = min(_MOST, os.cpu_count() or 1)
        self._workers = Workers(count=count, timeout=_SECONDS, recycle=_RECYCLE, warm=(__name__,))

    async def listed(self, asked: Mapping[str, Any], *, limit: int, text: bool) -> bytes:
        """The page of hits that `page_of` gives, as JSON; without `text` the articles' texts are null.

        Raises what `Store.search` does, and WorkerError where a reader was too slow or died.
        """
        return await self._workers.run(_listed, self._url, asked, limit=limit, text=text)

    def close(self) -> None:
        self._workers.close()


def page_of(store: Store, asked: Mapping[str, Any], *, limit: int) -> tuple[list[Hit], int | None]:
    """The articles asked for in the words of `Store.search`, and the cursor of the next page: None at the
    end, or where they are ranked."""
    hits = store.search(**asked, limit=limit + 1)
    more = len(hits) > limit and asked["order"] == "newest"
    return hits[:limit], hits[limit - 1].place if more else None


@cache
def _store(url: str) -> Store:
    return Store.open(url, readonly=True)


def _listed(url: str, asked: Mapping[str, Any], *, limit: int, text: bool) -> bytes:
    """In a reader."""
    hits, following = page_of(_store(url), asked, limit=limit)
    return to_json({"items": [_record(hit, text=text) for hit in hits], "next": following})


def _record(hit: Hit, *, text: bool) -> dict[str, Any]:
    record = article_record(hit.article)
    if not text:
        record["text"] = None
    return {
        **record,
        "copies": hit.copies,
        "score": round(hit.score, 4),
        "marked_title": [{"text": part, "match": match} for part, match in hit.title],
        "snippet": [{"text": part, "match": match} for part, match in hit.snippet],
    }
