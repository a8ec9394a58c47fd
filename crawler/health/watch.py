"""Keeping the episodes of trouble: all sources judged step by step, what is new or over said once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.health.findings import Finding, rounded, stamp
from crawler.health.verdict import judged
from pipelines.store.health import Episode

if TYPE_CHECKING:
    from pipelines.store import Store

logger = logging.getLogger("wirewatch")

# Sources judged in one go, some 50 ms: a visit that ends meanwhile waits no longer.
BATCH = 20


def health_steps(store: Store, *, clock: Callable[[], datetime]) -> Iterator[None]:
    """Judge all watched sources, a batch a step; the last step opens and ends episodes, in one transaction.

    Each finding that is new and each that is over is logged in one line.
    """
    names, found = store.watched(), list[Episode]()
    for begin in range(0, len(names), BATCH):
        now = clock()
        for history in store.histories(names[begin : begin + BATCH], now=now):
            found += map(episode_of, judged(history, now).findings)
        yield
    now = clock()
    changes = store.keep_findings(found, of_sources=names, now=now)
    for episode in changes.began:
        logger.warning("%s is %s: %s", episode.source, episode.finding, episode.detail)
    for episode in changes.ended:
        logger.info("%s", recovery_line(episode, now))
    yield


def episode_of(finding: Finding) -> Episode:
    return Episode(
        source=finding.source, finding=finding.trouble.value, detail=finding.detail, began_at=finding.since
    )


def recovery_line(episode: Episode, ended_at: datetime) -> str:
    """`tagesblatt has recovered: silent from 2026-11-20 08:00 to 2026-11-21 09:10 (1d1h)`."""
    return (
        f"{episode.source} has recovered: {episode.finding} from {stamp(episode.began_at)} to "
        f"{stamp(ended_at)} ({rounded(ended_at - episode.began_at)})"
    )
