"""Deliveries that a person asks for: what is due now, and a message to try a watch's channels."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from crawler.channels import Channel
from crawler.delivery.delivery import Delivered, deliver
from crawler.delivery.senders import Sender, SendError
from crawler.errand import run_errand
from crawler.fetch import CrawlerWeb, Web
from crawler.job import utc_now
from pipelines.alerts import Event, Watch
from pipelines.store import Alert

if TYPE_CHECKING:
    from crawler.config import Config
    from pipelines.store import Rehearsed, Store


@dataclass(frozen=True, slots=True)
class Tried:
    """How a channel took a message; `error` None: it has confirmed."""

    channel: str
    error: str | None


def send_due(store: Store, *, config: Config) -> Delivered:
    """Deliver what is due; nobody else may be at it, see CrawlLock. Raises StoreError."""

    async def at_once(function: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    async def job(web: Web) -> Delivered:
        return await deliver(
            store, config.channels, send=_sender(web, config), in_store=at_once, clock=utc_now
        )

    return run_errand(job, config=config)


def try_channels(
    watch: Watch, channels: Collection[Channel], found: Sequence[Rehearsed], *, config: Config
) -> list[Tried]:
    """Send the last of what a watch would have told to each channel, marked as a test; nothing is kept."""

    async def job(web: Web) -> list[Tried]:
        send, now = _sender(web, config), datetime.now(UTC)
        return [
            await _try(send, channel, _sample(watch, channel, found[-1:], now=now), now=now)
            for channel in channels
        ]

    return run_errand(job, config=config)


def _sender(web: Web, config: Config) -> Sender:
    assert isinstance(web, CrawlerWeb)
    return Sender(web.crawler, env=os.environ, desk=config.serve.url)


async def _try(send: Sender, channel: Channel, alert: Alert, *, now: datetime) -> Tried:
    try:
        await send(channel, [alert], now=now)
    except SendError as error:
        return Tried(channel.name, str(error))
    return Tried(channel.name, None)


def _sample(watch: Watch, channel: Channel, found: Sequence[Rehearsed], *, now: datetime) -> Alert:
    last = found[0] if found else None
    article = last.article if last is not None else None
    return Alert(
        id=0,
        message=f"msg_test_{uuid4().hex}",
        watch=f"{watch.name} (test)",
        channel=channel.name,
        timezone=watch.timezone,
        event=last.event if last is not None else Event.HEALTH,
        source=last.source if last is not None else "test",
        article=article,
        snippet=article.text[:200] if article is not None else "",
        detail=last.detail if last is not None else {"finding": "test", "detail": "", "ended": False},
        at=now,
        due_at=now,
        attempts=0,
        last_error=None,
        sent_at=None,
    )
