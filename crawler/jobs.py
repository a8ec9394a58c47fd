"""The service's jobs: tick, clock, price, learn, prune, sync, health, deliver; few, however many sources."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from crawler.schedule.service import Service
from pipelines.errors import ConfigError
from pipelines.store.clock import AHEAD

if TYPE_CHECKING:
    from crawler.app import App
    from crawler.config import Config

logger = logging.getLogger("wirewatch")

# Seconds between two looks at the config file and at the clock, two prices of a poll, two prunings of the
# visits' log, and two verdicts on all sources.
SYNC, PRICE, PRUNE, HEALTH = 5.0, 60.0, 6 * 3600.0, 300.0


def start_jobs(app: App, *, changed: Callable[[], Config | None] | None) -> Service:
    """Start them in the running loop. `changed` gives the config when its file is another than before."""

    def sync() -> None:
        try:
            config = changed() if changed is not None else None
        except ConfigError as error:
            logger.error("the changed config is not taken over: %s", error)  # noqa: TRY400 - one line
            return
        if config is not None:
            app.in_background(app.take_over(config))

    latest = app.now()

    def heed_clock() -> None:
        nonlocal latest
        now = app.now()
        if latest - now > AHEAD:
            app.in_background(app.memory.after_setback(now))
        latest = now

    crawl = app.config.crawl
    service = Service(tick=app.tick, seconds=crawl.tick)
    service.every(PRICE, lambda: app.in_background(app.renew_prices()), name="price")
    service.every(crawl.learn, lambda: app.in_background(app.learn()), name="learn")
    service.every(PRUNE, lambda: app.in_background(app.prune()), name="prune")
    service.every(HEALTH, lambda: app.in_background(app.watch_health()), name="health")
    service.every(crawl.tick, app.deliveries.tick, name="deliver")
    service.every(SYNC, sync, name="sync")
    service.every(SYNC, heed_clock, name="clock")
    service.start()
    return service
