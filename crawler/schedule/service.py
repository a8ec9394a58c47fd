"""The service's clock: APScheduler ticks that wake the work queue; the due table says what is due.

Few jobs, not one a source: with one job a source, 500 sources froze the event loop for seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

logger = logging.getLogger("wirewatch")


class Service:
    """Runs `tick` every `seconds` inside the running event loop until stopped.

    A tick that raises is logged and the next one comes all the same; ticks that were missed while the
    machine slept count as one.
    """

    def __init__(self, *, tick: Callable[[], None], seconds: float) -> None:
        self._scheduler = AsyncIOScheduler(jobstores={"default": MemoryJobStore()}, timezone="UTC")
        self._scheduler.add_job(
            tick,
            "interval",
            seconds=seconds,
            id="tick",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        self._scheduler.start()
        logger.debug("service started")

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
