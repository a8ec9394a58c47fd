"""The deliveries of a run: one round at a time, in the running crawl, which they never hold up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crawler.delivery.delivery import deliver
from crawler.delivery.senders import Sender
from pipelines.errors import StoreError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.app import App
    from pipelines.store import Store


class Deliveries:
    """Asked at each tick of the service, and at the end of a crawl."""

    def __init__(self, app: App, store: Store) -> None:
        self._app = app
        self._store = store
        self._crawler: Crawler | None = None
        self._under_way = False

    def attach(self, crawler: Crawler) -> None:
        """The crawler through which webhooks are called."""
        self._crawler = crawler

    def tick(self) -> None:
        """Begin a round, unless one is under way or there is nowhere to deliver to."""
        if self._app.config.channels and not self._under_way:
            self._app.in_background(self.run())

    async def run(self) -> None:
        """Deliver what is due. What is not confirmed waits for a later round."""
        config = self._app.config
        if self._under_way or self._crawler is None or not config.channels:
            return
        self._under_way = True
        try:
            await deliver(
                self._store,
                config.channels,
                send=Sender(self._crawler, env=os.environ, desk=config.serve.url),
                in_store=self._app.in_store,
                clock=self._app.now,
            )
        except StoreError as error:
            self._app.fail(error)
        finally:
            self._under_way = False
