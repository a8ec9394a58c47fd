"""The one place that every request passes, robots.txt and redirects too: here a host is given its rest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadFailedError,
    UnsupportedURLSchemeError,
)

from crawler.middlewares.guard import refusal_of
from crawler.middlewares.heads import capped_connections, over_limit
from crawler.middlewares.politeness import PolitenessMiddleware
from crawler.middlewares.refusals import OverLimitError, RefusedError
from crawler.schedule.hosts import Sighting, Sign, of_answer
from crawler.spiders.answers import headers_of, outcome_of_failure
from pipelines.memory import Giver
from pipelines.urls import host_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from pipelines.limits import Limits

# These say something of the request or the page, nothing of the host.
_OURS = (OverLimitError, RefusedError, UnsupportedURLSchemeError)


class PoliteDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's own, for http and https, with the host's rest before each request and a note of how it ended.

    Scrapy's queues (`download_slot`) see to it that a host has one request at a time. Their delay is not
    used: it counts from the start of a request, forgets a host after a minute and everything at the end.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        politeness = crawler.get_downloader_middleware(PolitenessMiddleware)
        assert politeness is not None
        self._politeness = politeness
        self._hosts = politeness.hosts
        self._limits: Limits = crawler.settings["WIREWATCH_LIMITS"]
        self._giver = Giver()
        self._pool._factory = capped_connections(self._limits.headers)

    async def download_request(self, request: Request) -> Response:
        if request.meta.get("delivery"):
            return await self._answer(request)
        host = host_of(request.url)
        delay = float(request.meta.get("delay", self._politeness.delay))
        await self._hosts.turn(host, delay, waits=request.meta.get("waits"))
        try:
            response = await self._answer(request)
        except Exception as error:
            self._hosts.seen(host, _of_failure(error))
            raise
        finally:
            self._hosts.ended(host, delay)
            self._giver.give_back()
        self._note(host, request, response)
        return response

    async def _answer(self, request: Request) -> Response:
        """Scrapy's answer. Raises OverLimitError and RefusedError where Scrapy has only general words."""
        try:
            response = await super().download_request(request)
        except DownloadCancelledError as error:
            size = request.meta.get("download_maxsize") or self._default_maxsize
            raise OverLimitError(f"a body of more than {size / 1024**2:g} MiB") from error
        except DownloadFailedError as error:
            limit = over_limit(error)
            if limit is None:
                raise
            raise limit from error
        except CannotResolveHostError as error:
            why = refusal_of(request.url)
            if why is None:
                raise
            raise RefusedError(why) from error
        count = sum(len(response.headers.getlist(name)) for name in response.headers)
        if count > self._limits.header_count:
            raise OverLimitError(f"{count} headers, where {self._limits.header_count} are read")
        return response

    def _note(self, host: str, request: Request, response: Response) -> None:
        tried = bool(request.meta.get("well_known"))
        now = datetime.now(UTC)  # the server's dates are in true time
        sighting = of_answer(response.status, headers_of(response), now=now, tried=tried)
        self._hosts.seen(host, sighting)
        ends_at = certificate_end(response.certificate)
        if ends_at is not None:
            self._hosts.show_certificate(host, ends_at)


def _of_failure(error: Exception) -> Sighting | None:
    if isinstance(error, _OURS):
        return None
    return Sighting(sign=Sign.DOWN, reason=outcome_of_failure(error)[1][:200])


def certificate_end(certificate: Any) -> datetime | None:
    """When a certificate, as Scrapy's responses carry it, ends; None for none."""
    if certificate is None:
        return None
    ends: datetime = certificate.original.to_cryptography().not_valid_after_utc
    return ends
