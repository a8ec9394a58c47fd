"""Conditional GET: ask with what the last answer gave, so an unchanged page costs its headers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.items import Target

if TYPE_CHECKING:
    from scrapy import Request


class ConditionalGetMiddleware:
    """Adds If-None-Match and If-Modified-Since (RFC 9110, 13.1) from the request's target."""

    async def process_request(self, request: Request) -> None:
        target = request.meta.get("target")
        if not isinstance(target, Target) or request.url != target.url:
            return  # a redirect's request brings those of the page at its end along from the first one
        if target.etag:
            request.headers["If-None-Match"] = target.etag
        if target.last_modified:
            request.headers["If-Modified-Since"] = target.last_modified
