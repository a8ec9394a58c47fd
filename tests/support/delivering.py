"""A process that stores articles and delivers what they give rise to: `python delivering.py DATABASE COUNT MODE`.

It stores article after article until COUNT are there, with a round of deliveries after each, and then delivers until
nothing waits. Its clock runs a thousand times as fast, so that a channel rests for a twentieth of a second. MODE
"careless", for the control, marks alerts before it sends them.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from keeping import NOW, WORDS, kept

from crawler.channels import Channel, ChannelType
from crawler.config import Config, load
from crawler.delivery import senders
from crawler.delivery.delivery import deliver
from crawler.errand import run_errand
from crawler.fetch import CrawlerWeb, Web
from pipelines.items import Outcome
from pipelines.store import Alert, Store

SPEED = 1000.0


def fast_clock() -> Callable[[], datetime]:
    base = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    # Steady over restarts: it is made of true time.
    return lambda: NOW + timedelta(seconds=(time.time() - base) % 1e7 * SPEED % 1e8)


def main(database: str, count: int, mode: str) -> None:
    config = load(None, env={"WIREWATCH_ALLOW_NETWORK": "127.0.0.0/8"})
    with Store.open(database) as store:
        run_errand(lambda web: work(store, web, config, count, mode), config=config)


async def work(store: Store, web: Web, config: Config, count: int, mode: str) -> None:
    clock = fast_clock()
    assert isinstance(web, CrawlerWeb)
    sender: Any = senders.Sender(web.crawler, env=os.environ)

    async def in_store(function: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    async def careless(channel: Channel, alerts: Sequence[Alert], *, now: datetime) -> None:
        store.alerts_sent([alert.id for alert in alerts], now)
        await sender(channel, alerts, now=now)

    channels = [
        Channel(name="hook", url=os.environ["HOOK"], secret=os.environ["SECRET"], type=ChannelType.WEBHOOK),
        Channel(name="mail", url=os.environ["MAIL"]),
    ]
    send = careless if mode == "careless" else sender
    rounds: set[asyncio.Task[Any]] = set()
    while True:
        number = store.counts()["articles"]
        if number < count:
            # No two are copies of one story.
            words = " ".join(f"word{number * 1000 + place}" for place in range(80))
            text = f"{WORDS.format(number)} {words}"
            kept(store, f"story{number}", at=clock(), text=text, outcome=Outcome.STORED)
            print("stored", number, flush=True)
        if not any(not task.done() for task in rounds):
            rounds = {
                asyncio.ensure_future(deliver(store, channels, send=send, in_store=in_store, clock=clock))
            }
        if not number:
            # Apprise takes seconds to load: what comes after the first one finds it there.
            await asyncio.gather(*rounds)
        await asyncio.sleep(0.02)
        waiting = sum(state.waiting for state in store.channel_states(clock()))
        if number >= count and not waiting:
            await asyncio.gather(*rounds)
            return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
