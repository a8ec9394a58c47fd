"""Politeness in one place: whose turn it is on a host, what its robots.txt says, and its Crawl-delay."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from pipelines.urls import host_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger("wirewatch")

# RFC 9309: 2.5 "at least 500 kibibytes" are read, 2.4 a copy is used for no more than 24 hours.
MAX_ROBOTS_BYTES = 500 * 1024
MAX_AGE = 24 * 3600.0
# After a failure the file is asked for again sooner: until then everything is disallowed.
FAILED_AGE = 300.0
# Common Crawl's news crawler honours a Crawl-delay up to 120 s; a longer one is taken for that.
MAX_CRAWL_DELAY = 120.0


class RobotsRefusedError(IgnoreRequest):
    """robots.txt forbids the address, or cannot be had for now (RFC 9309, 2.3.1.4)."""


class RobotsUnreachableError(IgnoreRequest):
    """The host did not answer when asked for robots.txt, so nothing else is asked of it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """One host's rules. `refusal` is set instead of `rules` when the host must not be asked for now."""

    rules: Protego | None
    expires: float
    refusal: IgnoreRequest | None = None

    def check(self, url: str, agent: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        if self.rules is not None and not self.rules.can_fetch(url, agent):
            raise RobotsRefusedError("forbidden by robots.txt")


def read_robots(status: int, body: bytes, *, now: float) -> Robots:
    """RFC 9309: 4xx means there are no rules, 5xx that nothing may be fetched for now."""
    if status >= 500:
        refusal = RobotsRefusedError(f"robots.txt answers with status {status}")
        return Robots(rules=None, expires=now + FAILED_AGE, refusal=refusal)
    if not 200 <= status < 300:
        return Robots(rules=None, expires=now + MAX_AGE)
    text = body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace")
    return Robots(rules=Protego.parse(text), expires=now + MAX_AGE)


class PolitenessMiddleware:
    """Keeps each host's requests in one queue, obeys its robots.txt and its Crawl-delay."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.obey = crawler.settings.getbool("WIREWATCH_OBEY_ROBOTS", True)
        # The product token alone is what robots.txt groups are named by (RFC 9309, 2.2.1).
        self.agent = str(crawler.settings["USER_AGENT"]).split("/", 1)[0]
        self._robots: dict[str, asyncio.Task[Robots]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        # A redirect's request inherits its meta: the queue must be that of the host it goes to.
        request.meta["download_slot"] = host_of(request.url)
        if self.obey and not request.meta.get("dont_obey_robotstxt"):
            robots = await self.robots(request.url)
            robots.check(request.url, self.agent)

    async def robots(self, url: str) -> Robots:
        """The rules of the URL's authority, fetched once by whoever asks first."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        task = self._robots.get(origin)
        if task is None or (task.done() and task.result().expires < time.monotonic()):
            task = asyncio.ensure_future(self._fetch(origin))
            self._robots[origin] = task
        return await asyncio.shield(task)

    async def _fetch(self, origin: str) -> Robots:
        request = Request(
            f"{origin}/robots.txt",
            callback=NO_CALLBACK,
            dont_filter=True,
            meta={"dont_obey_robotstxt": True, "download_maxsize": 4 * MAX_ROBOTS_BYTES},
        )
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:
            logger.debug("no robots.txt from %s: %s", origin, error)
            return Robots(rules=None, expires=time.monotonic() + FAILED_AGE, refusal=_unreachable(error))
        robots = read_robots(response.status, response.body, now=time.monotonic())
        self._apply_crawl_delay(host_of(request.url), robots)
        return robots

    def _apply_crawl_delay(self, host: str, robots: Robots) -> None:
        wish = robots.rules.crawl_delay(self.agent) if robots.rules is not None else None
        if wish is None:
            return
        downloader = self.crawler.engine.downloader
        slot = downloader.slots.get(host)
        if slot is None:
            return
        slot.delay = max(slot.delay, min(float(wish), MAX_CRAWL_DELAY))
        # Idle slots are dropped after a minute and made anew from these settings.
        downloader.per_slot_settings[host] = {"delay": slot.delay, "concurrency": 1}


def _unreachable(error: Exception) -> IgnoreRequest:
    if isinstance(error, IgnoreRequest):
        return error
    wrapped = RobotsUnreachableError(f"{type(error).__name__}: {error}".strip()[:300])
    wrapped.__cause__ = error
    return wrapped
