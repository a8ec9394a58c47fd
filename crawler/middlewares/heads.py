"""Caps on the head of an answer: Scrapy and Twisted have none, and an endless one fills the memory.

Built on the private classes that Scrapy makes its connections with; a test fails when they change.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

from crawler.middlewares.refusals import OverLimitError

if TYPE_CHECKING:
    from scrapy.exceptions import DownloadFailedError
    from twisted.internet.interfaces import IAddress

# More than one read from a socket brings: the parser's own cap on a line must not come before ours.
_READ = 1024 * 1024


def capped_connections(most: int) -> Any:
    """What a connection pool makes connections with whose answers' heads have at most so many bytes."""
    return partial(_CappedFactory, most=most)


class _CappedFactory(_LenientHTTP11ClientFactory):
    def __init__(self, *args: Any, most: int) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        self._most = most

    def buildProtocol(self, addr: IAddress | None) -> _CappedProtocol:  # noqa: N802 - Twisted's name
        protocol = _CappedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
        protocol.most = self._most
        return protocol


class _CappedProtocol(_LenientHTTP11ClientProtocol):
    """Counts what comes before the body: the status line, interim answers, headers."""

    most = 0
    _received = 0

    def request(self, request: Any) -> Any:
        self._received = 0
        answer = super().request(request)
        assert self._parser is not None
        self._parser.MAX_LENGTH = self.most + _READ
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        in_head = self._in_head()
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if in_head and self._in_head():
            self._received += len(data)
            if self._received > self.most:
                self._refuse(OverLimitError(f"headers of more than {self.most / 1024:g} KiB"))

    def _refuse(self, error: OverLimitError) -> None:
        transport: Any = self.transport
        transport.abortConnection()
        self._disconnectParser(Failure(error))  # type: ignore[no-untyped-call]

    def _in_head(self) -> bool:
        return self._parser is not None and self._parser.state in (STATUS, HEADER)


def over_limit(error: DownloadFailedError) -> OverLimitError | None:
    """The limit that was the reason of a failure, if one was."""
    reasons = getattr(error.__cause__, "reasons", None) or ()
    found = (reason.value for reason in reasons if isinstance(reason.value, OverLimitError))
    return next(found, None)
