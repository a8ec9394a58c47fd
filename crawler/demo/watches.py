"""Two watches over the sample sites, so that the desk has some to show."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from crawler.watch_words import read_watch

if TYPE_CHECKING:
    from pipelines.store import Store

# A word in each language of the sample outlets.
WATCHES = {
    "climate": "climate OR Klima OR climat OR clima OR المناخ OR 气候",
    "storms and floods": 'storm OR flood* OR Hochwasser OR "king tide"',
}


def keep_watches(store: Store, *, now: datetime) -> None:
    """They find what is stored from now on."""
    for name, query in WATCHES.items():
        store.put_watch(read_watch(name, query), now=now)
