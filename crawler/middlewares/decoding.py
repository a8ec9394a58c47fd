"""Unpacks bodies, but no more layers and no more bytes than the limits say."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Self

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest

from crawler.middlewares.refusals import OverLimitError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class DecodingMiddleware(HttpCompressionMiddleware):
    """Scrapy's own, which unpacks bit by bit and so never holds more than the largest body and a layer."""

    _layers = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = super().from_crawler(crawler)
        middleware._layers = crawler.settings["WIREWATCH_LIMITS"].encodings
        return middleware

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        layers = sum(value.count(b",") + 1 for value in response.headers.getlist("Content-Encoding"))
        if layers > self._layers:
            raise OverLimitError(f"packed {layers} times, where {self._layers} are undone")
        with suppress(IgnoreRequest):
            return super().process_response(request, response)
        # Not from within: its error would hold on to all that was unpacked.
        size = request.meta.get("download_maxsize", self._max_size)
        raise OverLimitError(f"more than {size / 1024**2:g} MiB after unpacking")
