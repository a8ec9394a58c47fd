"""Politeness in one place: whether a host may be asked now, and what its robots.txt says of the address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.http.request import NO_CALLBACK

from crawler.hosts import Hosts
from crawler.middlewares.origin_files import Meta, OriginFiles, UnreadError
from crawler.middlewares.refusals import RefusedError, RobotsRefusedError, RobotsUnreadError
from crawler.robots import NO_RULES, RobotsRules, origin_of, product_token, read_robots
from crawler.schedule.hosts import Sighting, Sign
from pipelines.items import Kind, Visit
from pipelines.metadata.reservation import TdmRule, read_tdmrep, reservation_by
from pipelines.stages import PageTerms
from pipelines.urls import host_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.app import App

# RFC 9309, 2.3.1.2: "at least five consecutive redirects" are followed; beyond, the file counts as none.
MAX_REDIRECTS = 5
# A file that comes packed all the same may be so many times as large as what is read of it.
UNPACKED = 4
TDMREP = "/.well-known/tdmrep.json"
# What a request hands on to those for the files that must be read before it is made.
_PASSED_ON = ("delay", "waits")


class PolitenessMiddleware:
    """Lets a request through when its host is not left alone and robots.txt allows the address.

    `request.meta["delay"]` is the delay of the source that it is made for, in seconds; `meta["waits"]` is
    called with the seconds that the request will wait for its host's rest.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        settings = crawler.settings
        app: App | None = getattr(crawler.spider, "app", None)
        clock: Callable[[], datetime] = app.now if app is not None else lambda: datetime.now(UTC)
        self.hosts = app.hosts if app is not None else Hosts(clock=clock)
        self.delay = settings.getfloat("WIREWATCH_DELAY")
        self.obey = settings.getbool("WIREWATCH_OBEY_ROBOTS", True)
        self.agent = product_token(str(settings["USER_AGENT"]))
        shelf = app.memory if app is not None else None
        files = partial(OriginFiles, fetch=self._fetch, shelf=shelf, clock=clock)
        self._robots: OriginFiles[RobotsRules] = files(
            "/robots.txt", parse=partial(read_robots, agent=self.agent), nothing=NO_RULES, needed=True
        )
        self._tdmrep: OriginFiles[tuple[TdmRule, ...]] = files(
            TDMREP, parse=read_tdmrep, nothing=(), needed=False
        )
        self._most: int = settings["WIREWATCH_LIMITS"].robots
        self._obey_tags = settings.getlist("WIREWATCH_OBEY_TAGS")
        self._ask_tdmrep = settings.getbool("WIREWATCH_TDMREP", True)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.enough, signal=signals.bytes_received)
        return middleware

    async def process_request(self, request: Request) -> None:
        host = host_of(request.url)
        if request.meta.get("delivery"):
            # A message to a place of the user's own, and no visit: robots.txt and rests do not hold there.
            request.meta["download_slot"] = f"delivery {host}"
            return
        # A redirect's request inherits its meta: the queue must be that of the host it goes to.
        request.meta["download_slot"] = host
        self.hosts.check(host)
        if request.meta.get("well_known"):
            request.meta["download_maxsize"] = 0  # however long it says to be: `enough` is read of it
            return
        if not self.obey:
            return
        meta = {key: request.meta[key] for key in _PASSED_ON if key in request.meta}
        rules = await self.robots(request.url, meta=meta)
        ruling = rules.ruling(request.url)
        if not ruling.allowed:
            raise RobotsRefusedError(ruling.refusal)
        await self._look_for_tdmrep(request, rules, meta)
        self.hosts.check(host)  # what was asked for in between may have been answered badly

    async def robots(self, url: str, *, meta: Meta) -> RobotsRules:
        """The rules of the URL's origin. Raises RobotsUnreadError when they cannot be had."""
        origin, host = origin_of(url), host_of(url)

        def rest(rules: RobotsRules) -> None:
            self.hosts.set_crawl_delay(host, rules.crawl_delay)

        try:
            rules = await self._robots.of(origin, meta=meta, stale=rest)
        except UnreadError as error:
            raise self._unread(host, error) from error.__cause__
        rest(rules)
        return rules

    def page_terms(self, url: str) -> PageTerms:
        """What the URL's origin says of text and data mining, and which robots tags are obeyed for whom."""
        rules = self._tdmrep.at_hand(origin_of(url))
        return PageTerms(reservation=reservation_by(rules, url), obey_tags=self._obey_tags, agent=self.agent)

    async def _look_for_tdmrep(self, request: Request, rules: RobotsRules, meta: Meta) -> None:
        """The protocol wants the file looked at before pages are read; only pages of articles are kept."""
        visit = request.meta.get("visit")
        origin = origin_of(request.url)
        if not (self._ask_tdmrep and isinstance(visit, Visit) and visit.target.kind is Kind.ARTICLE):
            return
        if rules.allow(origin + TDMREP):
            await self._tdmrep.of(origin, meta=meta)

    def _unread(self, host: str, error: UnreadError) -> RobotsUnreadError:
        if error.status is None:
            reason = f"robots.txt cannot be had: {error.__cause__}"
        else:
            reason = f"robots.txt answers with status {error.status}"
        # Whoever it was that failed (a redirect may lead elsewhere): this host may not be asked for anything.
        refused = isinstance(error.__cause__, RefusedError)  # by us: nobody was asked
        if not refused and not self.hosts.is_left_alone(host):
            self.hosts.seen(host, Sighting(sign=Sign.DOWN, reason=reason[:200]))
        return RobotsUnreadError(reason[:300])

    async def _fetch(self, url: str, meta: Meta) -> tuple[int, str]:
        """(status, the text that is read) at the end of the redirects; raises what the network raises."""
        request = Request(
            url,
            headers={"Accept-Encoding": "identity"},  # what is cut short can be read then
            callback=NO_CALLBACK,
            dont_filter=True,
            meta={**meta, "well_known": True, "redirect_ttl": MAX_REDIRECTS},
        )
        try:
            response: Response = await self.crawler.engine.download_async(request)
        except IgnoreRequest as error:
            if type(error) is not IgnoreRequest:  # ours
                raise
            return 404, ""  # too many redirects: as if there were no file
        return response.status, response.body[: self._most].decode("utf-8-sig", "replace")

    def enough(self, data: bytes, request: Request) -> None:
        """Stops the download of a robots.txt or tdmrep.json that is longer than what is read of one."""
        if request.meta.get("well_known"):
            size: Any = request.meta.get("received", 0) + len(data)
            request.meta["received"] = size
            request.meta["download_maxsize"] = UNPACKED * self._most
            if size > self._most:
                raise StopDownload(fail=False)
