"""The one spider: target -> request -> visit."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import scrapy
from scrapy.http import Request, Response

from crawler.middlewares.media import media_type
from crawler.middlewares.refusals import NotNowError
from crawler.spiders.answers import outcome_of_answer, outcome_of_failure, page_of
from pipelines.errors import StoreError
from pipelines.items import Kind, Outcome, Target, Visit
from pipelines.stages import unread

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

    from crawler.app import App


class NewsSpider(scrapy.Spider):
    """Asks the application for due targets and turns each answer, good or bad, into one Visit."""

    name = "news"

    def __init__(self, *, app: App, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app = app

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        if "app" not in kwargs:  # `scrapy crawl news -a source=NAME`: nobody built an application yet
            from crawler.run import app_for_scrapy

            kwargs["app"] = app_for_scrapy(crawler, source=kwargs.pop("source", None))
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.app.attach(crawler)
        spider.app.deliveries.attach(crawler)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        try:
            await self.app.opened()
            going_on = True
            while going_on:
                async for target in self.app.work.targets():
                    yield self.request(target)
                await self.app.learn()
                await self.app.watch_health()
                await self.app.deliveries.run()
                going_on = not self.app.work.stopped and self.app.job.onward()
            await self.app.memory.report()
        except StoreError as error:  # Scrapy would only log it, with all its causes
            self.app.fail(error)

    def request(self, target: Target) -> Request:
        """The request for a target; its one visit begins here."""
        visit = self.app.begin(target)
        return Request(
            target.url,
            callback=self.answered,
            errback=self.failed,
            dont_filter=True,
            meta={
                "target": target,
                "visit": visit,
                "delay": self.app.delay_of(target),
                "waits": partial(self.app.waits, visit),
            },
        )

    async def answered(self, response: Response) -> AsyncIterator[Visit]:
        request = response.request
        assert request is not None
        visit: Visit = request.meta["visit"]
        if not self.app.is_open(visit):
            return  # given up at its time limit: an end has been written already
        page = page_of(response, url=visit.target.url, fetched_at=self.app.now())
        latency = float(response.meta.get("download_latency") or 0.0)
        visit = replace(visit, page=page, timings={"download": latency})
        outcome, reason = outcome_of_answer(page)
        if outcome is not None:
            yield replace(visit, outcome=outcome, reason=reason)
        elif not self.app.wants(visit.target, page.final_url):
            yield replace(visit, outcome=Outcome.FILTERED, reason="excluded by the source's patterns")
        elif visit.target.kind is not Kind.ARTICLE:
            yield await self._read_links(visit)
        elif media := media_type(page.headers.get("content-type", "")):
            yield replace(visit, outcome=Outcome.NOT_ARTICLE, reason=f"no page: {media}")
        else:
            yield visit

    async def failed(self, failure: Failure) -> AsyncIterator[Visit]:
        request: Request = failure.request  # type: ignore[attr-defined]
        visit: Visit = request.meta["visit"]
        if not self.app.is_open(visit):
            return
        if isinstance(failure.value, NotNowError):
            self.app.drop(visit)
            return
        outcome, reason = outcome_of_failure(failure.value)
        yield replace(visit, outcome=outcome, reason=reason)

    async def _read_links(self, visit: Visit) -> Visit:
        from crawler.discovery import read

        assert visit.page is not None
        digest = hashlib.blake2b(visit.page.body, digest_size=16).hexdigest()
        if digest == visit.target.body_hash:
            return replace(visit, outcome=Outcome.UNCHANGED, reason="the same bytes as last time")
        started = time.perf_counter()
        try:
            found = await self.app.workers.run(read, visit.target.kind, visit.page, self.app.limits)
            followed = await self.app.follow(visit.target, found.links)
        except Exception as error:
            return unread(visit, error)
        timings = {**visit.timings, "read": time.perf_counter() - started}
        return replace(
            visit,
            links=followed.links,
            wish=found.wish,
            outcome=Outcome.LINKS,
            reason=followed.account,
            timings=timings,
        )
