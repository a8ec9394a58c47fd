"""Why a request is not made: what our own middlewares raise, all of them IgnoreRequest to Scrapy."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class RefusedError(IgnoreRequest):
    """The guard lets nobody there."""


class OverLimitError(IgnoreRequest):
    """An answer, or the way to it, is more than is taken of anybody."""


class UnpackError(IgnoreRequest):
    """The body is not packed as it says, or ends too early."""


class RobotsRefusedError(IgnoreRequest):
    """robots.txt forbids the address."""


class RobotsUnreadError(IgnoreRequest):
    """robots.txt cannot be had: nothing may be asked of its origin for now (RFC 9309, 2.3.1.4).

    Its cause, where there is one, says why nobody answered.
    """


class NotNowError(IgnoreRequest):
    """The run is being stopped while the request waits for its host's rest: nobody was asked for anything."""


class LeftAloneError(IgnoreRequest):
    """The host is left alone for a while: it `asked` for that, or it did not answer."""

    def __init__(self, reason: str, *, asked: bool) -> None:
        super().__init__(reason)
        self.asked = asked
