"""The application: wires config, store, workers and clock together, runs one crawl, closes them."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from scrapy import signals

from crawler.delivery.deliveries import Deliveries
from crawler.fetch import CrawlerWeb
from crawler.follow import Followed
from crawler.health.watch import health_steps
from crawler.host_memory import HostMemory
from crawler.job import Job, utc_now
from crawler.jobs import start_jobs
from crawler.learning import Learning, wishes_of
from crawler.schedule.budget import Budgets
from crawler.schedule.plan import Rhythm, Rules, planned
from crawler.sources import Source
from crawler.store_calls import StoreCalls
from crawler.summary import Summary
from crawler.survey import Survey, survey
from crawler.work import Work
from pipelines.boilerplate.wishes import Wishes
from pipelines.errors import StoreError, WirewatchError
from pipelines.items import Kind, Link, Outcome, Target, Visit
from pipelines.stages import PageTerms
from pipelines.urls import host_of, site_of
from pipelines.workers import AnyWorkers

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.config import Config
    from crawler.schedule.polling import Demand
    from crawler.schedule.service import Service
    from pipelines.store import Store

logger = logging.getLogger("wirewatch")

P = ParamSpec("P")
T = TypeVar("T")

# A visit that has had no end this long after its request never will: a request that Scrapy dropped.
VISIT_LIMIT = 300.0


class App:
    """One run over one store. Everything it needs is passed in; `run.py` builds it."""

    def __init__(
        self,
        *,
        config: Config,
        store: Store,
        store_thread: ThreadPoolExecutor,
        workers: AnyWorkers,
        job: Job,
        on_end: Iterable[Callable[[Visit], None]] = (),
        clock: Callable[[], datetime] = utc_now,
        after_kill: bool = False,
    ) -> None:
        self.config = config
        self.workers = workers
        self.job = job
        self.since = job.since
        self.limits = config.limits
        self.summary = Summary()
        self.error: WirewatchError | None = None
        self._store = store
        self._thread = store_thread
        self._calls = StoreCalls()
        self._clock = clock
        self.memory = HostMemory(self, store, clock=clock, after_kill=after_kill)
        self.hosts = self.memory.hosts
        self.deliveries = Deliveries(self, store)
        self._on_end = tuple(on_end)
        self._open: dict[int, asyncio.TimerHandle] = {}
        self._sources: dict[str, Source] = {source.name: source for source in job.sources}
        self._sources_by_hand: dict[str, Source] = {}
        self._unsurveyed: dict[str, datetime] = {}
        self._touched: set[str] = set()
        self._stopped = False
        self._background: set[asyncio.Task[None]] = set()
        self._started_at = clock()
        self._crawler: Crawler | None = None
        self._service: Service | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._budgets = _budgets(config)
        self.work = Work(due=self._due, forever=job.forever, limit=job.limit, rest=self.memory.rest)

    # --- the store, in its own thread -----------------------------------------------------------------

    async def in_store(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a store call in the writer thread: a slow disk must not hold up the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(self._calls, function, *args, **kwargs))

    async def _due(self, *, exclude_hosts: Iterable[str], limit: int, per_host: int) -> list[Target]:
        if not self._sources:
            return []
        return await self.in_store(
            self._store.due,
            self._clock(),
            sources=tuple(self._sources),
            exclude_hosts=tuple(exclude_hosts),
            limit=limit,
            per_host=per_host,
            roots_since=self.roots_since,
        )

    @property
    def roots_since(self) -> datetime | None:
        """By hand, each feed, sitemap and listing is due once, until it was visited after this."""
        return self._started_at if self.job.by_hand else None

    @property
    def source_names(self) -> tuple[str, ...]:
        return (*self._sources, *self._sources_by_hand)

    def now(self) -> datetime:
        return self._clock()

    # --- the run ---------------------------------------------------------------------------------------

    def attach(self, crawler: Crawler) -> None:
        """Called once by the spider: last nets for errors that Scrapy would only log."""
        self._crawler = crawler
        self.loop = asyncio.get_running_loop()
        crawler.signals.connect(self._closed, signal=signals.spider_closed)
        crawler.signals.connect(self._item_error, signal=signals.item_error)
        crawler.signals.connect(self._spider_error, signal=signals.spider_error)

    async def opened(self) -> None:
        """Called when the spider starts: bring the sources' own pages into the table, survey unknown ones."""
        try:
            await self.memory.recall(self.job.sources, self.job.urls, now=self._started_at)
            for source in self.job.sources:
                await self._admit(source)
            for url in self.job.urls:
                self.in_background(self._name_by_hand(url))
            await self.renew_prices()
        except StoreError as error:
            self.fail(error)
        # One turn of the loop, so that every survey counts as under way before work is asked for.
        await asyncio.sleep(0)
        if self.job.forever:
            self._service = start_jobs(self, changed=self.job.changed)

    def stop(self) -> None:
        """End the run cleanly: nothing more is handed out, what is in flight ends. Safe in the loop only."""
        self._stopped = True
        self.work.stop()
        self.hosts.stop()
        for task in self._background:
            task.cancel()

    def tick(self) -> None:
        """The service's tick: hand out what has become due, try again what could not be surveyed."""
        now = self._clock()
        for name, tried in list(self._unsurveyed.items()):
            source = self._sources[name]
            if abs(now - tried) >= source.min_interval:
                del self._unsurveyed[name]
                self.in_background(self._survey(source))
        self.work.wake()

    async def renew_prices(self) -> None:
        """What a poll must be worth from now on, by what is known of all sources."""
        try:
            demands = await self.in_store(self._demands, dict(self._sources))
        except StoreError as error:
            self.fail(error)
        else:
            self._budgets.renew(self._clock(), demands)

    def _demands(self, sources: Mapping[str, Source]) -> list[tuple[str, Demand]]:
        return [
            (
                host,
                Rhythm.of(record).demand(
                    min_interval=sources[name].min_interval, max_interval=sources[name].max_interval
                ),
            )
            for name, host, record in self._store.rhythms()
            if name in sources
        ]

    async def prune(self) -> None:
        """Forget visits that ended too long ago, a batch at a time."""
        before = self._clock() - self.config.store.keep_visits
        try:
            while not self._stopped and await self.in_store(self._store.prune_visits, before) > 0:
                pass
        except StoreError as error:
            self.fail(error)

    async def take_over(self, config: Config) -> None:
        """Go on with another config: sources that are new, changed or gone, intervals and budgets.

        [network], [extraction], [limits] and [store] are read at the start only.
        """
        wanted = {source.name: source for source in config.sources if source.enabled}
        gone = [source for name, source in self._sources.items() if name not in wanted and source.configured]
        news = [source for name, source in wanted.items() if self._sources.get(name) != source]
        if config.crawl != self.config.crawl:
            self._budgets = _budgets(config)
        self.config = config
        for source in gone:
            del self._sources[source.name]
            self._unsurveyed.pop(source.name, None)
            await self.in_store(
                self._store.sync_source,
                source.name,
                source.url,
                configured=any(one.name == source.name for one in config.sources),
                enabled=False,
                roots=(),
                now=self._clock(),
                replace=False,
            )
        for source in news:
            await self._admit(source)
        await self.renew_prices()
        logger.info("config taken over: %d sources new or changed, %d gone", len(news), len(gone))

    def _closed(self) -> None:
        if self._service is not None:
            self._service.stop()

    def fail(self, error: WirewatchError) -> None:
        """An error that ends the run: nothing more is handed out, and the command reports it."""
        self.error = self.error or error
        self.work.stop()

    def in_background(self, job: Any) -> None:
        task = asyncio.ensure_future(self.work.preparing(job))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def learn(self) -> None:
        """Learn the lines of the sites that articles were stored of since the last time, and clean theirs.

        Between two transactions visits may end. A run that is being stopped leaves the rest to the next time
        that articles of these sites are stored.
        """
        touched, self._touched = self._touched, set()
        learning = Learning(
            self._store,
            sources=self.config.sources,
            clock=self._clock,
            of_sites=touched,
        )
        steps = iter(learning.steps())
        try:
            while touched and not self._stopped and await self.in_store(_advance, steps):
                pass
        except StoreError as error:
            self.fail(error)

    async def watch_health(self) -> None:
        """Judge all sources by their histories; the log says what is new and what is over."""
        steps = health_steps(self._store, clock=self._clock)
        try:
            while not self._stopped and await self.in_store(_advance, steps):
                pass
        except StoreError as error:
            self.fail(error)

    async def _admit(self, source: Source) -> None:
        roots = source.roots() or tuple(await self._known_roots(source))
        if roots:
            await self._sync(source, roots)
        else:
            self.in_background(self._survey(source))

    async def _known_roots(self, source: Source) -> list[Link]:
        targets = await self.in_store(self._store.roots, source.name)
        return [Link(url=target.url, kind=target.kind) for target in targets]

    async def _sync(self, source: Source, roots: Iterable[Link]) -> None:
        self._sources[source.name] = source
        await self.in_store(
            self._store.sync_source,
            source.name,
            source.url,
            configured=source.configured,
            enabled=source.enabled,
            roots=tuple(roots),
            now=self._clock(),
        )
        self.work.wake()

    async def _survey(self, source: Source) -> None:
        found = await self._look_at(source, source.url)
        if found is not None:
            await self._sync(source, found.roots)
        else:
            self._unsurveyed[source.name] = self._clock()

    async def _look_at(self, source: Source, url: str) -> Survey | None:
        assert self._crawler is not None
        logger.info("looking at %s for feeds, sitemaps and sections", url)
        try:
            return await survey(url, CrawlerWeb(self._crawler, self.workers, delay=source.delay))
        except WirewatchError as error:
            logger.error("%s", error)  # noqa: TRY400 - one line; the trace says nothing to a person
            self.summary.source_failed(source.name)
            return None
        finally:
            await self.memory.keep()

    async def _name_by_hand(self, url: str) -> None:
        source = Source.unconfigured(url, defaults=self.config.defaults)
        roots = [link for link in await self._known_roots(source) if link.url == source.url]
        if roots:
            await self._sync(source, await self._known_roots(source))
            return
        found = await self._look_at(source, url)
        if found is None:
            return
        if found.shape == "article":
            await self._visit_by_hand(source, found.url)
        else:
            await self._sync(source, found.roots)

    async def _visit_by_hand(self, source: Source, url: str) -> None:
        await self.in_store(
            self._store.sync_source,
            source.name,
            source.url,
            configured=False,
            enabled=True,
            roots=(),
            now=self._clock(),
            replace=False,
        )
        await self.in_store(
            self._store.add_targets, source.name, [Link(url=url)], via="manual", depth=0, now=self._clock()
        )
        target = await self.in_store(self._store.target, url)
        if target is not None:
            self._sources_by_hand[source.name] = source
            self.work.add(target)

    # --- one visit -------------------------------------------------------------------------------------

    def source_of(self, target: Target) -> Source | None:
        return self._sources.get(target.source) or self._sources_by_hand.get(target.source)

    def language_of(self, source: str) -> str | None:
        known = self._sources.get(source)
        return known.language if known else None

    async def known_lines(self, visit: Visit) -> frozenset[int]:
        """The lines to take out of the page: of the site it was read at, as the store knows them now.

        Asked for every page, in the store's thread: 0.1 ms, and a rule counts from the next page on.
        """
        assert visit.page is not None
        site = site_of(host_of(visit.page.final_url))
        return await self.in_store(self._store.known_lines, site, wishes=self._wishes(visit.target))

    def _wishes(self, target: Target) -> Wishes:
        source = self.source_of(target)
        return wishes_of(source) if source else Wishes()

    def page_terms(self, visit: Visit) -> PageTerms:
        assert visit.page is not None
        assert self._crawler is not None
        return CrawlerWeb(self._crawler, self.workers).page_terms(visit.page.final_url)

    def wants(self, target: Target, url: str) -> bool:
        source = self.source_of(target)
        return target.kind is not Kind.ARTICLE or source is None or source.wants(url)

    async def follow(self, target: Target, links: Iterable[Link]) -> Followed:
        """The links worth a target. Raises StoreError."""
        return await self.in_store(
            Followed,
            links,
            source=self.source_of(target),
            target=target,
            limits=self.limits,
            now=self._clock(),
            room=partial(self._store.room, target.source, limits=self.limits),
            variants=self._store.variants,
        )

    def begin(self, target: Target) -> Visit:
        visit = Visit(target=target, started_at=self._clock())
        self._budgets.spend(target.host, poll=target.kind is not Kind.ARTICLE)
        self._open[target.id] = self._limit(visit)
        return visit

    def drop(self, visit: Visit) -> None:
        """Take back a visit that asked nobody for anything: its target is simply due again."""
        timer = self._open.pop(visit.target.id, None)
        if timer is not None:
            timer.cancel()
            self.work.ended(visit, kept=False)

    def waits(self, visit: Visit, seconds: float) -> None:
        """The visit waits for its host's rest: that is not held against it."""
        timer = self._open.get(visit.target.id)
        if timer is not None:
            timer.cancel()
            self._open[visit.target.id] = self._limit(visit, longer=seconds)

    def _limit(self, visit: Visit, *, longer: float = 0.0) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(VISIT_LIMIT + longer, self._give_up, visit)

    def delay_of(self, target: Target) -> float:
        source = self.source_of(target)
        return source.delay if source is not None else self.config.defaults.delay

    def is_open(self, visit: Visit) -> bool:
        return visit.target.id in self._open

    async def end(self, visit: Visit) -> Visit:
        """End a visit, exactly once: the transaction, then the count and whoever listens."""
        timer = self._open.pop(visit.target.id, None)
        if timer is None:
            return visit
        timer.cancel()
        visit = replace(visit, ended_at=max(self._clock(), visit.started_at))
        started = time.perf_counter()
        try:
            visit = await self.in_store(
                self._store.end_visit,
                visit,
                plan=self._plan,
                wishes=self._wishes(visit.target),
                hosts=self.hosts.changes(),
            )
        except Exception as error:  # else the host would be busy, and the run wait for it, for ever
            known = error if isinstance(error, WirewatchError) else None
            self.fail(known or WirewatchError(f"{visit.target.url}: {error!r}"))
            self.work.ended(visit, kept=False)
            return visit
        logger.debug("stored in %.1f ms", 1000 * (time.perf_counter() - started))
        self.summary.count(visit)
        if visit.article is not None and visit.outcome in (Outcome.STORED, Outcome.UPDATED):
            self._touched.add(visit.article.domain)
        self.work.ended(visit, kept=visit.outcome in (Outcome.STORED, Outcome.UPDATED))
        try:
            for listen in self._on_end:
                listen(visit)
        except WirewatchError as error:  # a full disk, where the articles are written to a file as well
            self.fail(error)
        return visit

    def _plan(self, visit: Visit) -> Target:
        source = self.source_of(visit.target)
        bounds = source or self.config.defaults
        rules = Rules(
            min_interval=bounds.min_interval,
            max_interval=bounds.max_interval,
            reread=self.config.crawl.reread,
            price=self._budgets.price(visit.target.host),
            jitter=random.random() * self.config.crawl.jitter,
        )
        return planned(visit, rules)

    def _give_up(self, visit: Visit) -> None:
        late = replace(visit, outcome=Outcome.TIMEOUT, reason=f"no end after {VISIT_LIMIT:g} s")
        self.in_background(self.end(late))

    def _item_error(self, item: Any, failure: Any) -> None:
        if isinstance(item, Visit) and self.is_open(item):
            reason = failure.getErrorMessage()
            logger.error("%s: %s", item.target.url, reason)
            broken = replace(item, article=None, outcome=Outcome.PARSE_ERROR, reason=reason)
            self.in_background(self.end(broken))

    def _spider_error(self, failure: Any, response: Any) -> None:
        visit = response.request.meta.get("visit") if response is not None else None
        if isinstance(visit, Visit):
            self._item_error(visit, failure)
        elif response is None:
            self.fail(WirewatchError(f"the crawl stopped: {failure.getErrorMessage()}"))


def _budgets(config: Config) -> Budgets:
    crawl = config.crawl
    return Budgets(per_hour=crawl.max_requests_per_hour, per_host=crawl.max_requests_per_hour_per_host)


def _advance(steps: Iterator[None]) -> bool:
    """Run one step; whether there was one. StopIteration cannot be carried out of a thread."""
    return next(steps, False) is None
