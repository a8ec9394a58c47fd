"""Errands: one look at the web and back, for `probe`, `sources add`, `sources test` and `extract URL`.

The same middlewares as a crawl's, so robots, delays and the guard hold here too. Each function runs
Scrapy's reactor, which a process can do once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import scrapy
from scrapy.crawler import AsyncCrawlerProcess

from crawler.discovery import read
from crawler.fetch import CrawlerWeb, Web
from crawler.run import settings_for
from crawler.survey import Survey, survey
from pipelines.errors import WirewatchError
from pipelines.items import Link, Page
from pipelines.workers import Workers

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.config import Config
    from crawler.sources import Source

T = TypeVar("T")


class ErrandSpider(scrapy.Spider):
    """Runs one coroutine that is handed the web; yields no request of its own."""

    name = "errand"

    def __init__(self, *, errand: Callable[[Crawler], Awaitable[None]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.errand = errand

    async def start(self) -> AsyncIterator[Any]:
        await self.errand(self.crawler)
        nothing: tuple[Any, ...] = ()
        for request in nothing:
            yield request


def run_errand(
    job: Callable[[Web], Awaitable[T]],
    *,
    config: Config,
    delay: float | None = None,
) -> T:
    """The job's result. Raises what the job raised. `delay` in seconds, None: that of [defaults]."""
    results: list[T] = []
    errors: list[Exception] = []
    workers = Workers(count=1, timeout=config.extraction.timeout, memory=config.extraction.memory)

    async def errand(crawler: Crawler) -> None:
        try:
            results.append(await job(CrawlerWeb(crawler, workers, delay=delay)))
        except Exception as error:
            errors.append(error)

    settings = settings_for(config)
    settings.set("ITEM_PIPELINES", {}, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    try:
        process.crawl(ErrandSpider, errand=errand)
        process.start()
    finally:
        workers.close()
    if errors:
        raise errors[0]
    if not results:
        raise WirewatchError("stopped before it was done")
    return results[0]


def fetch_page(url: str, *, config: Config) -> Page:
    """One page. Raises FetchError."""
    return run_errand(lambda web: web.fetch(url), config=config)


def survey_site(url: str, *, config: Config, samples: int = 0) -> Survey:
    """What the site offers. Raises FetchError when the page cannot be had."""
    return run_errand(lambda web: survey(url, web, samples=samples), config=config)


class RootCheck(NamedTuple):
    """How one feed, sitemap or listing of a source answered; `ok` when it gave links."""

    source: str
    kind: str
    url: str
    ok: bool
    detail: str


def check_roots(sources: Sequence[Source], *, config: Config) -> list[RootCheck]:
    """Each feed, sitemap and listing of these sources, in their order."""

    async def check(web: Web) -> list[RootCheck]:
        return [await _check(source, root, web) for source in sources for root in source.roots()]

    slowest = max((source.delay for source in sources), default=None)
    return run_errand(check, config=config, delay=slowest)


async def _check(source: Source, root: Link, web: Web) -> RootCheck:
    kind = root.kind.value
    try:
        found = await web.read(read, root.kind, await web.fetch(root.url))
    except WirewatchError as error:
        return RootCheck(source.name, kind, root.url, False, str(error))
    return RootCheck(source.name, kind, root.url, bool(found.links), f"{len(found.links)} links")
