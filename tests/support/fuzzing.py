"""Mutants through the real worker processes and the store, as a crawl would read and keep them; an account of it.

Unhandled is whatever is neither a reading nor an error of ours, and whatever the store cannot keep.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mutations import Mutant, mutations, samples
from plans import due_at

from crawler.discovery import Found, read
from crawler.robots import read_robots
from pipelines.errors import (
    StoreError,
    WirewatchError,
    WorkerDiedError,
    WorkerMemoryError,
    WorkerTimeoutError,
)
from pipelines.extract import Reading
from pipelines.items import Kind, Link, Outcome, Page, Visit
from pipelines.limits import LIMITS
from pipelines.reading import read_page
from pipelines.store import Store
from pipelines.workers import Workers

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOURCE, LANES = "fuzz", 2
# Links of one document that are kept: a sitemap of thousands says nothing more about the store.
LINKS = 20
# Until so many items are through, caches fill; from then on the parent's memory is to stay as it is.
SETTLED = 0.3


@dataclass
class FuzzAccount:
    outcomes: Counter[str] = field(default_factory=Counter)
    unhandled: list[str] = field(default_factory=list)
    slowest: float = 0.0
    over_limit: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def growth(self) -> float:
        """MiB that the parent grew by once it had settled."""
        settled = self.sizes[int(len(self.sizes) * SETTLED) :]
        return (max(settled) - settled[0]) / 1024 if settled else 0.0

    def figures(self) -> dict[str, Any]:
        return {
            "items": sum(self.outcomes.values()),
            "unhandled": len(self.unhandled),
            "over_limit": len(self.over_limit),
            "slowest": round(self.slowest, 1),
            "parent_mib": round(max(self.sizes) / 1024),
            "parent_grew_mib": round(self.growth(), 1),
            "outcomes": dict(self.outcomes.most_common()),
        }


def read_robots_file(body: bytes, url: str) -> bool:
    rules = read_robots(body.decode("utf-8", "replace"), agent="wirewatch")
    return rules.allow(url) and rules.allow("https://news.example/2026/11/a?b=c#d")


async def fuzz(folder: Path, *, count: int, seed: int, timeout: float, corpus: bool = True) -> FuzzAccount:
    account = FuzzAccount()
    mutants = islice(mutations(seed, samples(corpus=corpus)), count)
    with Store.open(f"sqlite:///{folder}/fuzz.db") as store:
        store.sync_source(SOURCE, "https://news.example/", configured=True, enabled=True, roots=(), now=NOW)
        await asyncio.gather(*(_lane(mutants, store, timeout, account) for _ in range(LANES)))
        with suppress(StoreError):
            account.unhandled += [f"db check: {problem}" for problem in store.check()]
    return account


async def _lane(mutants: Iterator[Mutant], store: Store, timeout: float, account: FuzzAccount) -> None:
    # One process a lane, so that no item's time holds that of another one.
    workers = Workers(count=1, timeout=timeout, memory=128)
    try:
        await workers.run(pow, 2, 2)
        for mutant in mutants:
            started = time.monotonic()
            try:
                word = await _one(mutant, workers, store)
            except Exception as error:
                word = "unhandled"
                account.unhandled.append(f"{mutant.number} {mutant.sample.url} {mutant.steps}: {error!r}")
            elapsed = time.monotonic() - started
            account.outcomes[word] += 1
            account.slowest = max(account.slowest, elapsed)
            if elapsed > timeout + 2:
                account.over_limit.append(f"{mutant.number} {mutant.steps}: {elapsed:.1f} s")
            if word in ("timeout", "died"):
                await workers.run(pow, 2, 2)  # the next one finds a worker that has started
            account.sizes.append(_size())
    finally:
        workers.close()


async def _one(mutant: Mutant, workers: Workers, store: Store) -> str:
    sample = mutant.sample
    if sample.kind == "robots":
        await workers.run(read_robots_file, mutant.body, sample.url)
        return "robots"
    host = urlsplit(sample.url).netloc
    url = f"https://{host}/{mutant.number}"
    page = Page(
        url=url,
        final_url=url,
        status=200,
        headers={"content-type": mutant.content_type},
        body=mutant.body,
        fetched_at=NOW,
    )
    visit = _visit(store, page, Kind(sample.kind))
    try:
        if sample.kind == "article":
            visit = _of_reading(
                visit, await workers.run(read_page, page, longest=LIMITS.article_length, source=SOURCE)
            )
        else:
            visit = _of_found(visit, await workers.run(read, Kind(sample.kind), page, LIMITS))
    except WorkerTimeoutError:
        return "timeout"
    except WorkerMemoryError:
        return "over_limit"
    except WorkerDiedError:
        return "died"
    except WirewatchError as error:
        return type(error).__name__
    return str(store.end_visit(visit, plan=due_at(NOW)).outcome)


def _visit(store: Store, page: Page, kind: Kind) -> Visit:
    store.add_targets(SOURCE, [Link(url=page.url, kind=kind)], via="config", depth=0, now=NOW)
    target = store.target(page.url)
    assert target is not None
    return Visit(target=target, started_at=NOW, ended_at=NOW, page=page)


def _of_reading(visit: Visit, reading: Reading) -> Visit:
    return replace(
        visit,
        article=reading.article,
        cuts=reading.cuts,
        grounds=reading.grounds,
        outcome=reading.outcome,
        reason=reading.reason,
    )


def _of_found(visit: Visit, found: Found) -> Visit:
    return replace(visit, links=found.links[:LINKS], wish=found.wish, outcome=Outcome.LINKS)


def _size() -> int:
    """KiB of memory in use by this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
