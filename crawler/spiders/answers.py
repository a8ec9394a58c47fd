"""What an answer, or the lack of one, means: pure mappings from HTTP and network failures to outcomes."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest, ResponseDataLossError
from twisted.internet import error as net

from crawler.middlewares.refusals import (
    LeftAloneError,
    OverLimitError,
    RobotsRefusedError,
    RobotsUnreadError,
    UnpackError,
)
from pipelines.challenges import challenger
from pipelines.items import Outcome, Page

if TYPE_CHECKING:
    from scrapy.http import Response

_BLOCKED = frozenset({401, 402, 403, 407, 429, 451})
_GONE = frozenset({404, 410})
# What Scrapy's redirect middleware says; it has no error of its own for it.
TOO_MANY_REDIRECTS = "max redirections reached"


def page_of(response: Response, *, url: str, fetched_at: datetime) -> Page:
    ways, places = response.meta.get("redirect_reasons", ()), response.meta.get("redirect_urls", ())
    hops = zip(map(str, ways), (*places[1:], response.url), strict=False)
    return Page(
        url=url,
        final_url=response.url,
        status=response.status,
        headers=headers_of(response),
        body=response.body,
        fetched_at=fetched_at,
        hops=tuple(hops),
    )


def headers_of(response: Response) -> dict[str, str]:
    """Header names in lower case, several values joined by a comma (RFC 9110, 5.3).

    Those of X-Robots-Tag by a line break: an agent's name at the start of one holds to its end.
    """
    found = {}
    for name, values in response.headers.items():
        key = name.decode("latin-1").lower()
        found[key] = (b"\n" if key == "x-robots-tag" else b", ").join(values).decode("latin-1")
    return found


def outcome_of_answer(page: Page) -> tuple[Outcome | None, str | None]:
    """The outcome that status and challenge page decide; None for an answer to be read."""
    outcome, reason = outcome_of_status(page.status)
    if outcome is Outcome.NOT_MODIFIED or not (asker := challenger(page)):
        return outcome, reason
    return Outcome.BLOCKED, f"challenge page of {asker}" + (f", {reason}" if reason else "")


def outcome_of_status(status: int) -> tuple[Outcome | None, str | None]:
    """The outcome a status alone decides; None for an answer to be read."""
    if 200 <= status < 300:
        return None, None
    reason = f"status {status} {_phrase(status)}".rstrip()
    if status == HTTPStatus.NOT_MODIFIED:
        return Outcome.NOT_MODIFIED, None
    if status in _BLOCKED:
        return Outcome.BLOCKED, reason
    if status in _GONE:
        return Outcome.GONE, reason
    return Outcome.HTTP_ERROR, reason


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def outcome_of_failure(error: BaseException | None) -> tuple[Outcome, str]:
    """The outcome of a request that got no answer, with a reason for a person."""
    text = str(error).strip() or type(error).__name__
    if isinstance(error, RobotsRefusedError):
        return Outcome.ROBOTS, text
    if isinstance(error, RobotsUnreadError):
        return (Outcome.HTTP_ERROR, text) if error.__cause__ is None else outcome_of_failure(error.__cause__)
    if isinstance(error, LeftAloneError):
        return Outcome.BLOCKED if error.asked else Outcome.NETWORK_ERROR, text
    if isinstance(error, OverLimitError):
        return Outcome.OVER_LIMIT, text
    if isinstance(error, UnpackError):
        return Outcome.PARSE_ERROR, text
    if isinstance(error, IgnoreRequest) and text == TOO_MANY_REDIRECTS:
        return Outcome.OVER_LIMIT, "more redirects than are followed"
    if isinstance(error, IgnoreRequest):
        return Outcome.NETWORK_ERROR, text
    if "timeout" in type(error).__name__.lower() or isinstance(error, (net.TimeoutError, TimeoutError)):
        return Outcome.TIMEOUT, "no complete answer in time"
    return Outcome.NETWORK_ERROR, _network_reason(error, text)


def _network_reason(error: BaseException | None, text: str) -> str:
    name = type(error).__name__
    if ("Cannot" in name and "Resolve" in name) or isinstance(error, net.DNSLookupError):
        return "the name does not resolve"
    if isinstance(error, ResponseDataLossError):
        return "the answer ended early"
    reasons = getattr(error.__cause__, "reasons", None) if error is not None else None
    if reasons:
        return f"no answer that could be read: {reasons[0].getErrorMessage()}"[:300]
    return f"{name}: {text}"[:300]
