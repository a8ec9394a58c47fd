"""Spares the download of what says that it is no page: pictures and films where an article was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import StopDownload

from pipelines.items import Kind, Target

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers

_MEDIA = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip", "application/msword")


class MediaMiddleware:
    """Ends the download of an article once its headers are there and name another kind of thing."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls()
        crawler.signals.connect(middleware.headers_received, signal=signals.headers_received)
        return middleware

    def headers_received(self, headers: Headers, request: Request, **_: Any) -> None:
        target = request.meta.get("target")
        if not isinstance(target, Target) or target.kind is not Kind.ARTICLE:
            return
        if media_type((headers.get("Content-Type") or b"").decode("latin-1")) is not None:
            raise StopDownload(fail=False)


def media_type(content_type: str) -> str | None:
    """The type, if it is that of no page: `image/jpeg`."""
    name = content_type.partition(";")[0].strip().lower()
    return name if name.startswith(_MEDIA) else None
