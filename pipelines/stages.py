"""The Scrapy item pipelines, one class a stage, in the order they run; the items are Visits.

A stage that gives the visit an outcome ends its way: later stages pass it on, the last one stores it.
Pure work (extraction, cleaning, the page-type gate) happens in one trip to a worker process, because
carrying a parsed page between processes costs more than all the steps after parsing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self, TypedDict

from pipelines.errors import WirewatchError, WorkerMemoryError, WorkerTimeoutError
from pipelines.items import Kind, Outcome, Visit
from pipelines.limits import Limits

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from pipelines.extract import Reading
    from pipelines.metadata.reservation import Reservation
    from pipelines.workers import AnyWorkers

logger = logging.getLogger("wirewatch")


class PageTerms(TypedDict):
    """What `read_article` is told of the publisher's wishes, and which of them are obeyed."""

    reservation: Reservation
    obey_tags: Collection[str]
    agent: str


class Application(Protocol):
    """What the stages need of the application; `crawler.app.App` in production."""

    workers: AnyWorkers
    since: datetime | None
    limits: Limits

    def language_of(self, source: str) -> str | None: ...

    async def known_lines(self, visit: Visit) -> frozenset[int]: ...

    def page_terms(self, visit: Visit) -> PageTerms: ...

    async def end(self, visit: Visit) -> Visit: ...


def unread(visit: Visit, error: Exception) -> Visit:
    """The end of a visit whose page could not be read.

    Whatever a parser throws at a broken page is that page's outcome, never the crawl's end.
    """
    if isinstance(error, WorkerTimeoutError):
        return replace(visit, outcome=Outcome.TIMEOUT, reason=str(error))
    if isinstance(error, WorkerMemoryError):
        return replace(visit, outcome=Outcome.OVER_LIMIT, reason=str(error))
    if isinstance(error, WirewatchError):
        return replace(visit, outcome=Outcome.PARSE_ERROR, reason=str(error))
    logger.debug("reading %s failed", visit.target.url, exc_info=error)
    return replace(visit, outcome=Outcome.PARSE_ERROR, reason=f"{type(error).__name__}: {error}")


class Stage:
    """Base of the stages: finds the application on the spider."""

    def __init__(self, app: Application) -> None:
        self.app = app

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.spider.app)  # type: ignore[union-attr]


class ExtractStage(Stage):
    """Page -> Article, or the reason why it is none, in a worker process that can be killed."""

    async def process_item(self, visit: Visit) -> Visit:
        if visit.outcome is not None or visit.page is None or visit.target.kind is not Kind.ARTICLE:
            return visit
        started = time.perf_counter()
        ended = await self._read(visit)
        return replace(ended, timings={**visit.timings, "extract": time.perf_counter() - started})

    async def _read(self, visit: Visit) -> Visit:
        try:
            reading = await self._in_worker(visit)
        except Exception as error:
            return unread(visit, error)
        return replace(
            visit,
            article=reading.article,
            cuts=reading.cuts,
            grounds=reading.grounds,
            outcome=reading.outcome,
            reason=reading.reason,
        )

    async def _in_worker(self, visit: Visit) -> Reading:
        from pipelines.reading import read_page

        assert visit.page is not None
        target = visit.target
        return await self.app.workers.run(
            read_page,
            visit.page,
            longest=self.app.limits.article_length,
            source=target.source,
            discovered_via=target.discovered_via,
            hint_title=target.hint_title,
            hint_published_at=target.hint_published_at,
            language=self.app.language_of(target.source),
            learned=await self.app.known_lines(visit),
            **self.app.page_terms(visit),
        )


class SinceStage(Stage):
    """Leaves out articles that their publisher dates before --since."""

    async def process_item(self, visit: Visit) -> Visit:
        since, article = self.app.since, visit.article
        if since is None or article is None or visit.outcome is not None or article.published_at is None:
            return visit
        if article.published_at >= since:
            return visit
        reason = f"published {article.published_at:%Y-%m-%d}, before {since:%Y-%m-%d}"
        return replace(visit, outcome=Outcome.FILTERED, reason=reason)


class StoreStage(Stage):
    """Ends the visit: one transaction with everything that came of it."""

    async def process_item(self, visit: Visit) -> Visit:
        return await self.app.end(visit)
