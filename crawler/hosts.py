"""The hosts as a run knows them: when each was asked last, how long it rests, until when it is left alone."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from crawler.middlewares.refusals import LeftAloneError, NotNowError
from crawler.schedule.hosts import Sighting, Sign, after
from pipelines.items import HostState
from pipelines.urls import host_of

logger = logging.getLogger("wirewatch")

# Common Crawl's news crawler honours a Crawl-delay up to 120 s; a longer one is taken for that.
MAX_CRAWL_DELAY = 120.0


@dataclass(frozen=True, slots=True)
class _Rest:
    """The end of the last request to a host, in the event loop's time, and the delay it was made with."""

    since: float
    delay: float


class Hosts:
    """One for all requests of a run. `clock` is the run's: what survives a restart is counted by it.

    A host rests between the end of one request and the start of the next, so that two can never arrive
    closer together than that, whatever a connection takes to be made. The rest is the longer one of the
    two requests' delays and the Crawl-delay.
    """

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._states: dict[str, HostState] = {}
        self._changed: set[str] = set()
        self._rests: dict[str, _Rest] = {}
        self._asked_before: dict[str, datetime] = {}
        self._everyone_before: datetime | None = None
        self._crawl_delays: dict[str, float] = {}
        self._answered: set[str] = set()
        self._stopping = asyncio.Event()

    # --- what other runs left behind --------------------------------------------------------------------

    def recall(
        self,
        states: Iterable[HostState],
        asked: Iterable[tuple[str, datetime]],
        *,
        everyone: datetime | None = None,
    ) -> None:
        """Take over the store's states, and when each address was `asked` for last.

        `everyone`: an earlier run was killed and what it asked last is on nobody's record, so that every host
        may have been asked for something until then.
        """
        self._states = {state.host: state for state in states}
        self._everyone_before = everyone
        for url, at in asked:
            host = host_of(url)
            self._asked_before[host] = max(at, self._asked_before.get(host, at))

    def changes(self) -> tuple[HostState, ...]:
        """The states that changed since they were asked for last: to be kept in the store."""
        changed, self._changed = self._changed, set()
        return tuple(self.state(host) for host in changed)

    # --- until when a host is left alone ----------------------------------------------------------------

    def state(self, host: str) -> HostState:
        return self._states.get(host) or HostState(host=host)

    def is_left_alone(self, host: str) -> bool:
        until = self.state(host).not_before
        return until is not None and until > self._clock()

    def check(self, host: str) -> None:
        """Raises LeftAloneError while the host is to be left alone."""
        if self.is_left_alone(host):
            state = self.state(host)
            raise LeftAloneError(left_alone(state), asked=state.asked)

    def seen(self, host: str, sighting: Sighting | None) -> None:
        """Take note of how a request to the host ended."""
        if sighting is None:
            return
        if sighting.sign is Sign.FINE:
            self._answered.add(host)
        before = self.state(host)
        state = after(before, sighting, now=self._clock(), jitter=random.random())
        if state != before:
            self._keep(state)
        if state.not_before is not None and state.not_before != before.not_before:
            logger.info("%s", left_alone(state))

    def show_certificate(self, host: str, ends_at: datetime) -> None:
        state = self.state(host)
        if state.certificate_ends_at != ends_at:
            self._keep(replace(state, certificate_ends_at=ends_at))

    def answered(self, host: str) -> bool:
        """Whether it gave a good answer during this run."""
        return host in self._answered

    def _keep(self, state: HostState) -> None:
        self._states[state.host] = state
        self._changed.add(state.host)

    # --- its rest between two requests ------------------------------------------------------------------

    def set_crawl_delay(self, host: str, seconds: float | None) -> None:
        self._crawl_delays[host] = min(seconds or 0.0, MAX_CRAWL_DELAY)

    async def turn(self, host: str, delay: float, *, waits: Callable[[float], None] | None = None) -> None:
        """Wait until the host has rested. `waits` is told how many seconds that will be.

        Raises NotNowError when the run is stopped first.
        """
        loop = asyncio.get_running_loop()
        while (left := self._rested_at(host, delay, loop.time()) - loop.time()) > 0:
            if waits is not None:
                waits(left)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), left)
                raise NotNowError("the run is being stopped")

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self._stopping.set()

    def ended(self, host: str, delay: float) -> None:
        """A request to the host has ended, whatever came of it."""
        self._rests[host] = _Rest(asyncio.get_running_loop().time(), delay)

    def _rested_at(self, host: str, delay: float, now: float) -> float:
        rest = self._rests.get(host)
        if rest is None:
            rest = self._rests[host] = _Rest(now - self._age(host), 0.0)
        return rest.since + max(delay, rest.delay, self._crawl_delays.get(host, 0.0))

    def _age(self, host: str) -> float:
        """Seconds since an earlier run may have asked the host for something; infinite if none did."""
        times = [at for at in (self._asked_before.get(host), self._everyone_before) if at is not None]
        return max((self._clock() - max(times)).total_seconds(), 0.0) if times else float("inf")


def left_alone(state: HostState) -> str:
    """`courier.example asked to be left alone until 14:05 UTC (status 429, Retry-After 3600)`."""
    assert state.not_before is not None
    until = f"{state.not_before.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    why = f" ({state.reason})" if state.reason else ""
    if state.asked:
        return f"{state.host} asked to be left alone until {until}{why}"
    return f"{state.host} does not answer as it should and is left alone until {until}{why}"
