"""Where due targets come from, and the rule that no host is asked for two things at a time."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from typing import Protocol

from pipelines.items import FAILURES, Kind, Target, Visit

# Fast hosts are asked for several pages a second: so many targets of a host are taken from the table at a
# time, and what was not handed out within so many seconds is taken anew: by then the table may say otherwise.
AT_A_TIME, FRESH = 8, 2.0


class DueTargets(Protocol):
    """Asks the store: targets due now, at most `per_host` of a host, none of the hosts that are busy."""

    def __call__(
        self, *, exclude_hosts: Collection[str], limit: int, per_host: int
    ) -> Awaitable[list[Target]]: ...


async def _no_rest() -> float | None:
    return None


class Work:
    """Hands out targets until there are none left, or for ever when it is a service's.

    `due` asks the table; targets named by hand come in through `add` and go first. A
    host is busy from handing out its target to the end of that visit, so the
    table need not know what is in flight, and after a kill everything unfinished is simply due again.
    When nothing is left, `rest` says how many seconds to wait for what will be due soon; None: the end.
    """

    def __init__(
        self,
        *,
        due: DueTargets,
        forever: bool = False,
        limit: int | None = None,
        max_in_flight: int = 64,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[], Awaitable[float | None]] = _no_rest,
    ) -> None:
        self._due = due
        self._rest = rest
        self._first: deque[Target] = deque()
        self._forever = forever
        self._left = limit
        self._max_in_flight = max_in_flight
        self._busy: dict[str, Target] = {}
        self._ready: deque[Target] = deque()
        self._taken_at = 0.0
        self._clock = clock
        self._preparing = 0
        self._stopped = False
        self._changed = asyncio.Event()

    @property
    def stopped(self) -> bool:
        return self._stopped

    @property
    def in_flight(self) -> int:
        return len(self._busy)

    def stop(self) -> None:
        """Hand out nothing more."""
        self._stopped = True
        self._changed.set()

    def add(self, target: Target) -> None:
        """Hand this target out before what the table gives."""
        self._first.append(target)
        self._changed.set()

    def wake(self) -> None:
        """Something may have become due."""
        self._changed.set()

    async def preparing(self, job: Awaitable[None]) -> None:
        """Run a job that will add targets; the work is not over before it is."""
        self._preparing += 1
        try:
            await job
        finally:
            self._preparing -= 1
            self._changed.set()

    def ended(self, visit: Visit, *, kept: bool) -> None:
        """A visit is over: its host is free again. `kept` says it counts against the limit."""
        self._busy.pop(visit.target.host, None)
        stale = _changes_more(visit)
        self._ready = deque(
            target
            for target in self._ready
            if target.id != visit.target.id and not (stale and target.host == visit.target.host)
        )
        if kept and self._left is not None:
            self._left -= 1
        self._changed.set()

    async def targets(self) -> AsyncIterator[Target]:
        """Due targets, one at a time; ends when all is done, never early while a visit is under way."""
        while not self._over():
            self._changed.clear()
            target = await self._next()
            if target is not None:
                self._busy[target.host] = target
                yield target
            elif self._changed.is_set():
                continue  # a host became free while the store was asked, and was left out of the answer
            elif self._forever or self._busy or self._preparing:
                await self._changed.wait()
            elif (seconds := await self._rest()) is not None:
                await self._pause(seconds)
            else:
                return

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    def _over(self) -> bool:
        return self._stopped or (self._left is not None and self._left <= 0)

    def _full(self) -> bool:
        # Each article under way may become one of those that are left, and no more than those may be kept.
        articles = sum(target.kind is Kind.ARTICLE for target in self._busy.values())
        return len(self._busy) >= self._max_in_flight or (self._left is not None and articles >= self._left)

    async def _next(self) -> Target | None:
        if self._full():
            return None
        if self._clock() - self._taken_at > FRESH:
            self._ready.clear()
        ready = self._pop_free(self._first) or self._pop_free(self._ready)
        if ready is not None:
            return ready
        limit = (self._max_in_flight - len(self._busy)) * AT_A_TIME
        asked_at = self._clock()
        found = await self._due(exclude_hosts=tuple(self._busy), limit=limit, per_host=AT_A_TIME)
        if not self._ready:
            self._taken_at = asked_at
        self._ready.extend(found)
        return self._pop_free(self._ready)

    def _pop_free(self, queue: deque[Target]) -> Target | None:
        for _ in range(len(queue)):
            target = queue.popleft()
            if target.host not in self._busy:
                return target
            queue.append(target)
        return None


def _changes_more(visit: Visit) -> bool:
    """Whether other targets of the host may be due no more: it failed, or the page has other addresses."""
    addresses = {visit.target.url}
    if visit.page is not None:
        addresses.add(visit.page.final_url)
    if visit.article is not None:
        addresses.add(visit.article.url_canonical)
    return visit.outcome in FAILURES or len(addresses) > 1
