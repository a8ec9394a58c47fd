"""What Scrapy writes of single requests: nothing of those that deliver alerts; their addresses are secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.logformatter import LogFormatter

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure


class DiscreetLogFormatter(LogFormatter):
    """Scrapy's own, but for deliveries: None writes no line."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        return None if request.meta.get("delivery") else super().crawled(request, response, spider)

    def download_error(  # type: ignore[override]
        self, failure: Failure, request: Request, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult | None:
        if request.meta.get("delivery"):
            return None
        return super().download_error(failure, request, spider, errmsg)
