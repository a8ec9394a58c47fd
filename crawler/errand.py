"""Errands: one look at the web and back, for `probe`, `sources add`, `sources test`, `extract URL` and
`why URL --fetch`.

The same middlewares as a crawl's, so robots, delays and the guard hold here too. Each function runs
Scrapy's reactor, which a process can do once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import scrapy
from scrapy.crawler import AsyncCrawlerProcess

from crawler.fetch import CrawlerWeb, Web
from crawler.middlewares.media import media_type
from crawler.run import settings_for
from crawler.survey import Survey, survey
from pipelines.errors import WirewatchError
from pipelines.items import Kind, Link, Outcome, Page, Target, Visit
from pipelines.stages import ExtractStage, PageTerms, unread
from pipelines.urls import host_of, site_of
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


def look(
    target: Target, *, config: Config, source: Source | None, learned: Callable[[str], frozenset[int]]
) -> Visit:
    """A visit of the target as a crawl would make it, up to what the store has to say; nothing is kept.

    `learned` gives the lines to take out of a site's articles.
    """

    async def visit(web: Web) -> Visit:
        assert isinstance(web, CrawlerWeb)
        begun = Visit(target=target, started_at=datetime.now(UTC))
        answer = await web.look(target.url)
        begun = replace(begun, page=answer.page, outcome=answer.outcome, reason=answer.reason)
        if answer.page is None or answer.outcome is not None:
            return begun
        if target.kind is not Kind.ARTICLE:
            return await _links(web, begun, answer.page)
        objection = source.objection(answer.page.final_url) if source is not None else None
        if objection is not None:
            return replace(begun, outcome=Outcome.FILTERED, reason=objection)
        if media := media_type(answer.page.headers.get("content-type", "")):
            return replace(begun, outcome=Outcome.NOT_ARTICLE, reason=f"no page: {media}")
        reader = _Reader(web, config=config, source=source, learned=learned)
        return await ExtractStage(reader).process_item(begun)

    return run_errand(visit, config=config, delay=source.delay if source is not None else None)


async def _links(web: CrawlerWeb, visit: Visit, page: Page) -> Visit:
    try:
        found = await web.links(visit.target.kind, page)
    except Exception as error:
        return unread(visit, error)
    return replace(visit, links=found.links, outcome=Outcome.LINKS, reason=f"{len(found.links)} links")


class _Reader:
    """What the extraction asks of the application, for one look."""

    since: datetime | None = None

    def __init__(
        self,
        web: CrawlerWeb,
        *,
        config: Config,
        source: Source | None,
        learned: Callable[[str], frozenset[int]],
    ) -> None:
        self.workers = web.workers
        self.limits = config.limits
        self._web = web
        self._source = source
        self._learned = learned

    def language_of(self, source: str) -> str | None:
        return self._source.language if self._source is not None else None

    async def known_lines(self, visit: Visit) -> frozenset[int]:
        assert visit.page is not None
        return self._learned(site_of(host_of(visit.page.final_url)))

    def page_terms(self, visit: Visit) -> PageTerms:
        assert visit.page is not None
        return self._web.page_terms(visit.page.final_url)

    async def end(self, visit: Visit) -> Visit:
        return visit


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
        found = await web.links(root.kind, await web.fetch(root.url))
    except WirewatchError as error:
        return RootCheck(source.name, kind, root.url, False, str(error))
    return RootCheck(source.name, kind, root.url, bool(found.links), f"{len(found.links)} links")
