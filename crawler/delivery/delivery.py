"""One round of deliveries: what is due goes out, what was confirmed is marked, what was not waits.

At least once: an alert is marked only after its channel has confirmed, and its message keeps its id in every
attempt, so that a receiver knows a repeat. What a channel has confirmed, and was marked, is never sent again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Protocol

from crawler.channels import Channel
from crawler.delivery.senders import Send, SendError
from pipelines.store import Alert, Store

logger = logging.getLogger("wirewatch")

FIRST_WAIT, LONGEST_WAIT = 60.0, 3600.0
# Messages of all channels taken up at a time.
_AT_ONCE = 50


class InStore(Protocol):
    """Runs a call of the store where the store lives."""

    def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]: ...


@dataclass(slots=True)
class Delivered:
    """Of one round: messages that were confirmed, and channels that failed with their reasons."""

    messages: int = 0
    alerts: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def wait_after(failures: int, *, jitter: float, asked: float | None) -> float:
    """Seconds to leave a channel alone after so many failures before this one: a minute, twice as long each
    time, an hour at most, up to a quarter less by `jitter` (0 to 1); not less than it asks for."""
    wait = min(FIRST_WAIT * 2.0 ** min(failures, 10), LONGEST_WAIT) * (1 - jitter / 4)
    return max(wait, asked or 0.0)


async def deliver(
    store: Store,
    channels: Collection[Channel],
    *,
    send: Send,
    in_store: InStore,
    clock: Callable[[], datetime],
) -> Delivered:
    """Deliver all that is due to these channels, each on its own: one that fails holds up no other."""
    done = Delivered()
    known = {channel.name: channel for channel in channels}
    while known:
        alerts: list[Alert] = await in_store(store.due_alerts, clock(), limit=_AT_ONCE, channels=tuple(known))
        if not alerts:
            break
        names = dict.fromkeys(alert.channel for alert in alerts)
        rounds = [
            _channel(
                store, known[name], [one for one in alerts if one.channel == name],
                send=send, in_store=in_store, clock=clock, done=done,
            )
            for name in names
        ]  # fmt: skip
        await asyncio.gather(*rounds)
        for name in done.failed:
            known.pop(name, None)
    return done


async def _channel(
    store: Store,
    channel: Channel,
    alerts: Sequence[Alert],
    *,
    send: Send,
    in_store: InStore,
    clock: Callable[[], datetime],
    done: Delivered,
) -> None:
    for _, group in groupby(alerts, key=lambda alert: alert.message):
        message = list(group)
        ids = [alert.id for alert in message]
        try:
            await send(channel, message, now=clock())
        except Exception as raised:
            # What we did not foresee must not be tried at each tick either.
            error = raised if isinstance(raised, SendError) else SendError(repr(raised))
            await in_store(_failed, store, channel.name, ids, error, clock())
            done.failed[channel.name] = str(error)
            logger.warning("channel %s: %s; %d alerts wait", channel.name, error, len(ids))
            return
        await in_store(store.alerts_sent, ids, clock())
        done.messages += 1
        done.alerts += len(ids)
        logger.info("channel %s: %d alerts of %s delivered", channel.name, len(ids), message[0].watch)


def _failed(store: Store, channel: str, ids: Collection[int], error: SendError, now: datetime) -> None:
    states = {state.name: state.failures for state in store.channel_states(now)}
    wait = wait_after(states.get(channel, 0), jitter=random.random(), asked=error.wait)
    store.alerts_failed(channel, ids, error=str(error), not_before=now + timedelta(seconds=wait))
