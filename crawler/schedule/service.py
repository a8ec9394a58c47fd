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
    """Runs `tick` every `seconds` inside the running event loop until stopped, and what `every` adds.

    A job that raises is logged and the next time comes all the same; times that were missed while the
    machine slept count as one.
    """

    def __init__(self, *, tick: Callable[[], None], seconds: float) -> None:
        self._scheduler = AsyncIOScheduler(jobstores={"default": MemoryJobStore()}, timezone="UTC")
        self.every(seconds, tick, name="tick")

    def every(self, seconds: float, job: Callable[[], None], *, name: str) -> None:
        async def in_the_loop() -> None:  # a plain function would be run in a thread
            job()

        self._scheduler.add_job(
            in_the_loop,
            "interval",
            seconds=seconds,
            id=name,
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
