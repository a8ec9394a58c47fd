"""Handing a message to a channel: a webhook through the one door, anything else through Apprise.

A channel has confirmed when a webhook answers with 2xx or Apprise says so; all else is a SendError.
"""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from crawler.channels import Channel, ChannelType, key_of
from crawler.config_errors import one_line
from crawler.delivery.messages import payload_of, text_of, title_of
from crawler.delivery.signing import signed_headers
from crawler.schedule.hosts import retry_after
from crawler.spiders.answers import headers_of, outcome_of_failure, outcome_of_status
from pipelines.errors import WirewatchError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from pipelines.store import Alert

# Seconds that a channel may take to confirm.
WEBHOOK_TIMEOUT, APPRISE_TIMEOUT = 20.0, 60.0
_TELLING = re.compile(r"[^/?&=:@#]{4,}")
_MAIL = ("mailto://", "mailtos://")


class SendError(WirewatchError):
    """A channel has not confirmed. `wait`: the seconds that it asks for, None for nothing said."""

    def __init__(self, reason: str, *, wait: float | None = None) -> None:
        super().__init__(one_line(reason)[:300])
        self.wait = wait


class Send(Protocol):
    """Hands the alerts of one message to a channel. Raises SendError when it does not confirm."""

    async def __call__(self, channel: Channel, alerts: Sequence[Alert], *, now: datetime) -> None: ...


class Sender:
    """Sends through a running crawler. `env` has the variables that channels name; `desk`: the desk's URL."""

    def __init__(self, crawler: Crawler, *, env: Mapping[str, str], desk: str | None = None) -> None:
        self._crawler = crawler
        self._env = env
        self._desk = desk

    async def __call__(self, channel: Channel, alerts: Sequence[Alert], *, now: datetime) -> None:
        channel = _opened(channel, self._env)
        if channel.type is ChannelType.WEBHOOK:
            await self._post(channel, alerts, now)
        else:
            await _notify(channel, alerts, desk=self._desk)

    async def _post(self, channel: Channel, alerts: Sequence[Alert], now: datetime) -> None:
        body = payload_of(alerts, desk=self._desk)
        key = key_of(channel.secret) if channel.secret is not None else None
        headers = signed_headers(alerts[0].message or "", body, key=key, at=now)
        try:
            request = Request(
                channel.url,
                method="POST",
                body=body,
                headers={**headers, "Content-Type": "application/json"},
                callback=NO_CALLBACK,
                dont_filter=True,
                meta={"delivery": True, "dont_redirect": True, "download_timeout": WEBHOOK_TIMEOUT},
            )
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            reason = outcome_of_failure(error)[1]
            raise SendError(_scrubbed(reason, channel)) from error
        _, reason_of_status = outcome_of_status(response.status)
        if not 200 <= response.status < 300:
            wait = retry_after(headers_of(response).get("retry-after", ""), now=now)
            raise SendError(reason_of_status or f"status {response.status}", wait=wait)


def _opened(channel: Channel, env: Mapping[str, str]) -> Channel:
    try:
        return channel.opened(env)
    except WirewatchError as error:
        raise SendError(str(error)) from error


async def _notify(channel: Channel, alerts: Sequence[Alert], *, desk: str | None) -> None:
    """Apprise waits for its answers: in a thread of its own."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="apprise")
    try:
        said = asyncio.get_running_loop().run_in_executor(
            pool, _in_thread, channel, title_of(alerts), text_of(alerts, desk=desk), alerts[0].message or ""
        )
        reason = await asyncio.wait_for(said, APPRISE_TIMEOUT)
    except TimeoutError as error:
        raise SendError(f"no confirmation within {APPRISE_TIMEOUT:g} s") from error
    finally:
        pool.shutdown(wait=False)
    if reason is not None:
        raise SendError(_scrubbed(reason, channel))


def _in_thread(channel: Channel, title: str, text: str, message: str) -> str | None:
    """Why the channel did not confirm; None when it did."""
    with warnings.catch_warnings():
        # Of modules that Apprise imports all at once.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Wirewatch", secure_logging=True))
        with apprise.LogCapture(level=logging.WARNING) as log:  # type: ignore[no-untyped-call]
            if not service.add(_named(channel.url, message)):
                return "not an address that Apprise knows"
            try:
                if service.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT):
                    return None
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            lines = [one for one in log.getvalue().splitlines() if one.strip()]
    return lines[0].rsplit(" - ", 1)[-1] if lines else "it did not confirm"


def _named(url: str, message: str) -> str:
    """A mail tells the message's id in a header: a repeat is known as one."""
    if not url.lower().startswith(_MAIL):
        return url
    return f"{url}{'&' if '?' in url else '?'}+X-Wirewatch-Message={message}"


def _scrubbed(reason: str, channel: Channel) -> str:
    """The reason without any part of the channel's address or secret."""
    hidden = {channel.url, channel.secret or "", *_TELLING.findall(channel.url)}
    hidden |= {unquote(part) for part in hidden}
    shown = {"", "http", "https", "mailto", "mailtos"}
    if channel.type is ChannelType.WEBHOOK:  # to Apprise, a host may be a token
        shown.add(urlsplit(channel.url).hostname or "")
    for part in sorted(hidden - shown, key=len, reverse=True):
        reason = reason.replace(part, "***")
    return reason
