"""What the store remembers of hosts from run to run: read at the start of one, kept up, told at its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crawler.hosts import MAX_CRAWL_DELAY, Hosts, left_alone
from pipelines.errors import StoreError
from pipelines.items import HostState, OriginFile
from pipelines.urls import host_of

if TYPE_CHECKING:
    from crawler.app import App
    from crawler.sources import Source
    from pipelines.store import Store

logger = logging.getLogger("wirewatch")

# A crawl by hand waits that many seconds for a host that answered before and is left alone for a moment.
PATIENCE = 60.0


class HostMemory:
    """Carries `hosts` over from the store and back, in the store's thread.

    `after_kill`: what the run before asked for last is on nobody's record.
    """

    def __init__(
        self, app: App, store: Store, *, clock: Callable[[], datetime], after_kill: bool = False
    ) -> None:
        self.hosts = Hosts(clock=clock)
        self._app = app
        self._store = store
        self._clock = clock
        self._after_kill = after_kill

    async def recall(self, sources: Collection[Source], urls: Collection[str], *, now: datetime) -> None:
        """Take over what earlier runs learned. A person may have repaired the network: by hand, hosts that
        did not answer are tried at once."""
        await self.mend(now)
        if self._app.job.by_hand:
            named = {host_of(url) for url in (*urls, *(source.url for source in sources))}
            await self._app.in_store(self._store.forgive, [source.name for source in sources], named)
        delays = [source.delay for source in sources]
        longest = max(MAX_CRAWL_DELAY, self._app.config.defaults.delay, *delays)
        asked = await self._app.in_store(self._store.asked_since, now - timedelta(seconds=longest))
        states = await self._app.in_store(self._store.hosts)
        self.hosts.recall(states, asked, everyone=now if self._after_kill else None)

    async def mend(self, now: datetime) -> bool:
        """Whether an earlier clock was ahead of this time: what it planned is due now."""
        mended = await self._app.in_store(self._store.mend_times, now)
        if mended:
            logger.warning("the clock was ahead and went back: %d targets are due now", mended)
        return mended > 0

    async def after_setback(self, now: datetime) -> None:
        """The clock went back during the run."""
        try:
            if await self.mend(now):
                self.hosts.recall(await self._app.in_store(self._store.hosts), ())
                self._app.work.wake()
        except StoreError as error:
            self._app.fail(error)

    async def keep(self) -> None:
        """Keep what has changed, where no visit ends that would."""
        await self._app.in_store(self._store.keep_hosts, self.hosts.changes())

    async def origin_file(self, origin: str) -> OriginFile | None:
        return await self._app.in_store(self._store.origin_file, origin)

    async def keep_origin_file(self, file: OriginFile) -> None:
        await self._app.in_store(self._store.keep_origin_file, file)

    async def rest(self) -> float | None:
        """Seconds that a crawl by hand waits for a host that has answered before; None: none is worth it."""
        if not self._app.job.by_hand:
            return None
        waits = [
            (state.not_before - self._clock()).total_seconds()
            for state, _ in await self._waiting()
            if state.not_before is not None and self.hosts.answered(state.host)
        ]
        return min((wait for wait in waits if wait <= PATIENCE), default=None)

    async def report(self) -> None:
        """Say which hosts are left alone, until when and why."""
        for state, pages in await self._waiting():
            wait = "1 page waits" if pages == 1 else f"{pages} pages wait"
            logger.warning("%s: %s", left_alone(state), wait)

    async def _waiting(self) -> list[tuple[HostState, int]]:
        """The hosts left alone now, each with the number of pages that wait for it."""
        sources, since = self._app.source_names, self._app.roots_since
        found = await self._app.in_store(
            self._store.waiting, self._clock(), sources=sources, roots_since=since
        )
        return [(state, pages) for state, pages in found if pages]
