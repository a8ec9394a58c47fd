"""Unpacks bodies, but no more layers and no more bytes than the limits say."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Self

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest

from crawler.middlewares.refusals import OverLimitError, UnpackError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

# A stream is looked through in pieces, and no further than any body may be long.
_GZIP = b"\x1f\x8b"
_PIECE, _PIECES = 65_536, 16_384


class DecodingMiddleware(HttpCompressionMiddleware):
    """Scrapy's own, which unpacks bit by bit and so never holds more than the largest body and a layer."""

    _layers = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = super().from_crawler(crawler)
        middleware._layers = crawler.settings["WIREWATCH_LIMITS"].encodings
        return middleware

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        named = b",".join(response.headers.getlist("Content-Encoding")).lower().replace(b" ", b"").split(b",")
        if len(named) > self._layers:
            raise OverLimitError(f"packed {len(named)} times, where {self._layers} are undone")
        unpacked = self._unpacked(request, response)
        whole = not request.meta.get("well_known")  # of those the beginning is enough
        if whole and named in ([b"gzip"], [b"x-gzip"]) and ends_early(response.body, unpacked.body):
            raise UnpackError("the packed body ends early")
        return unpacked

    def _unpacked(self, request: Request, response: Response) -> Request | Response:
        try:
            return super().process_response(request, response)
        except IgnoreRequest:
            pass
        except Exception as error:  # each packer has errors of its own
            if not response.body.lstrip().startswith((b"<", b"{")):
                raise UnpackError(f"the body is not packed as it says ({type(error).__name__})") from error
            del response.headers["Content-Encoding"]  # it is not packed at all
            return response
        # Not from within: Scrapy's error would hold on to all that was unpacked.
        size = request.meta.get("download_maxsize", self._max_size)
        raise OverLimitError(f"more than {size / 1024**2:g} MiB after unpacking")


def ends_early(body: bytes, unpacked: bytes) -> bool:
    """Whether a gzip stream has no end: Scrapy takes what there is, and half an article would pass for one.

    It ends with the size of what is in it (RFC 1952, 2.3.1), or there are several, or something behind it.
    """
    if not body.startswith(_GZIP) or body[-4:] == (len(unpacked) % 2**32).to_bytes(4, "little"):
        return False
    unpacker = zlib.decompressobj(wbits=31)
    left = body
    try:
        for _ in range(_PIECES):
            unpacker.decompress(left, _PIECE)
            left = unpacker.unconsumed_tail
            if not left:
                return not unpacker.eof
    except zlib.error:
        pass  # for the unpacking itself to say
    return False
