"""Single fetches outside the due table, through the same middlewares as every visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from crawler.middlewares.politeness import PolitenessMiddleware
from crawler.middlewares.refusals import RobotsUnreadError
from crawler.spiders.answers import outcome_of_failure, outcome_of_status, page_of
from pipelines.errors import FetchError
from pipelines.items import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

    from pipelines.workers import AnyWorkers

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What robots.txt says of one URL; `reason` only when it is not allowed. `crawl_delay` in seconds."""

    allowed: bool
    reason: str | None = None
    crawl_delay: float | None = None
    sitemaps: tuple[str, ...] = ()


class Web(Protocol):
    """What a survey needs of the network; a dict of pages will do in a test."""

    async def fetch(self, url: str) -> Page: ...

    async def robots(self, url: str) -> Verdict: ...

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


class CrawlerWeb:
    """The Web of a running Scrapy crawler; `delay` in seconds, None: that of [defaults]."""

    def __init__(self, crawler: Crawler, workers: AnyWorkers, *, delay: float | None = None) -> None:
        self._crawler = crawler
        self._workers = workers
        self._meta = {} if delay is None else {"delay": delay}

    async def fetch(self, url: str) -> Page:
        """The page with a 2xx status at the end of its redirects. Raises FetchError with the reason."""
        try:
            request = Request(url, callback=NO_CALLBACK, dont_filter=True, meta=dict(self._meta))
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            raise FetchError(f"{url}: {outcome_of_failure(error)[1]}") from error
        page = page_of(response, url=url, fetched_at=datetime.now(UTC))
        outcome, reason = outcome_of_status(page.status)
        if outcome is not None:
            raise FetchError(f"{url}: {reason or outcome}")
        return page

    async def robots(self, url: str) -> Verdict:
        politeness = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        assert politeness is not None
        try:
            rules = await politeness.robots(url, meta=self._meta)
        except RobotsUnreadError as error:
            return Verdict(allowed=False, reason=outcome_of_failure(error)[1])
        allowed = rules.allow(url)
        return Verdict(
            allowed=allowed,
            reason=None if allowed else "forbidden by robots.txt",
            crawl_delay=rules.crawl_delay,
            sitemaps=rules.sitemaps,
        )

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a reading in a worker process. Raises WorkerError, or what the function raised."""
        return await self._workers.run(function, *args, **kwargs)
