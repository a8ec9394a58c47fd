"""The service's clock: APScheduler ticks that wake the work queue; the due table says what is due.

Few jobs, not one a source: with one job a source, 500 sources froze the event loop for seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

logger = logging.getLogger("wirewatch")

# Seconds between two looks at whether the clock has gone back.
BEAT = 1.0


class Every(BaseTrigger):  # type: ignore[misc]
    """So long after the last time, whatever the clock has done since.

    APScheduler's own interval counts every time that was missed: after a jump of months a list of millions.
    """

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class Service:
    """Runs `tick` every `seconds` inside the running event loop until stopped, and what `every` adds.

    A job that raises is logged and the next time comes all the same; times that were missed while the
    machine slept count as one, and a clock that goes back holds up no job for longer than its interval.
    """

    def __init__(self, *, tick: Callable[[], None], seconds: float) -> None:
        self._scheduler = AsyncIOScheduler(jobstores={"default": MemoryJobStore()}, timezone="UTC")
        self._beat: asyncio.TimerHandle | None = None
        self.every(seconds, tick, name="tick")

    def every(self, seconds: float, job: Callable[[], None], *, name: str) -> None:
        async def in_the_loop() -> None:  # a plain function would be run in a thread
            job()

        self._scheduler.add_job(
            in_the_loop,
            Every(seconds),
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        self._scheduler.start()
        self._heed_the_clock()
        logger.debug("service started")

    def stop(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _heed_the_clock(self) -> None:
        """No job's next time is farther off than its interval, unless the clock went back."""
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            if job.next_run_time - now > job.trigger.interval:
                job.modify(next_run_time=now + job.trigger.interval)
        self._beat = asyncio.get_running_loop().call_later(BEAT, self._heed_the_clock)
