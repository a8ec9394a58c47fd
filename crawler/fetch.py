"""Single fetches outside the due table, through the same middlewares as every visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from crawler.discovery import Found, read
from crawler.middlewares.politeness import PolitenessMiddleware
from crawler.middlewares.refusals import RobotsUnreadError
from crawler.spiders.answers import outcome_of_answer, outcome_of_failure, page_of
from pipelines.errors import FetchError
from pipelines.items import Kind, Outcome, Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

    from pipelines.stages import PageTerms
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page, or the outcome that status or failure decided; `error` is what was raised."""

    page: Page | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    error: Exception | None = None


class Web(Protocol):
    """What a survey needs of the network; a dict of pages will do in a test."""

    async def fetch(self, url: str) -> Page: ...

    async def robots(self, url: str) -> Verdict: ...

    async def links(self, kind: Kind, page: Page) -> Found: ...

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


class CrawlerWeb:
    """The Web of a running Scrapy crawler; `delay` in seconds, None: that of [defaults]."""

    def __init__(self, crawler: Crawler, workers: AnyWorkers, *, delay: float | None = None) -> None:
        self._crawler = crawler
        self.workers = workers
        self._meta = {} if delay is None else {"delay": delay}

    @property
    def crawler(self) -> Crawler:
        return self._crawler

    async def fetch(self, url: str) -> Page:
        """The page with a 2xx status at the end of its redirects. Raises FetchError with the reason."""
        answer = await self.look(url)
        if answer.page is None or answer.outcome is not None:
            raise FetchError(f"{url}: {answer.reason or answer.outcome}") from answer.error
        return answer.page

    async def look(self, url: str) -> Answer:
        """What comes of asking for it, as a visit would take it."""
        try:
            request = Request(url, callback=NO_CALLBACK, dont_filter=True, meta=dict(self._meta))
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            outcome, said = outcome_of_failure(error)
            return Answer(outcome=outcome, reason=said, error=error)
        page = page_of(response, url=url, fetched_at=datetime.now(UTC))
        decided, reason = outcome_of_answer(page)
        return Answer(page=page, outcome=decided, reason=reason)

    def page_terms(self, url: str) -> PageTerms:
        return self._politeness.page_terms(url)

    @property
    def _politeness(self) -> PolitenessMiddleware:
        politeness = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        assert politeness is not None
        return politeness

    async def robots(self, url: str) -> Verdict:
        try:
            rules = await self._politeness.robots(url, meta=self._meta)
        except RobotsUnreadError as error:
            return Verdict(allowed=False, reason=outcome_of_failure(error)[1])
        ruling = rules.ruling(url)
        return Verdict(
            allowed=ruling.allowed,
            reason=None if ruling.allowed else ruling.refusal,
            crawl_delay=rules.crawl_delay,
            sitemaps=rules.sitemaps,
        )

    async def links(self, kind: Kind, page: Page) -> Found:
        """What a page of this kind leads to, within the limits. Raises WorkerError, UnreadableError."""
        return await self.read(read, kind, page, self._crawler.settings["WIREWATCH_LIMITS"])

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a reading in a worker process. Raises WorkerError, or what the function raised."""
        return await self.workers.run(function, *args, **kwargs)
