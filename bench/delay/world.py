"""The simulated web: sources that publish with day and night, weekends, bursts and lasting changes."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
# Articles an hour of the fastest and the slowest source.
FASTEST, SLOWEST = 20.0, 1 / 48
BURST_FACTOR, BURST_HOURS, DAYS_BETWEEN_BURSTS = 6.0, 2.0, 10.0
CHANGE = 4.0


@dataclass(frozen=True, slots=True)
class Source:
    """One feed: its true rate by hour of the run (piecewise constant), and what it published, in hours.

    `calm` are the rates without the bursts.
    """

    rates: tuple[float, ...]
    calm: tuple[float, ...]
    published: tuple[float, ...]
    page_size: int

    def rate(self, hour: float) -> float:
        return self.rates[min(int(hour), len(self.rates) - 1)]

    def shown(self, hour: float) -> tuple[float, ...]:
        """What the page shows: the newest entries."""
        until = bisect_right(self.published, hour)
        return self.published[max(0, until - self.page_size) : until]

    def since(self, begin: float, end: float) -> tuple[float, ...]:
        """What was published after `begin`, until `end`."""
        return self.published[bisect_right(self.published, begin) : bisect_right(self.published, end)]


@dataclass(frozen=True, slots=True)
class World:
    """`past` hours of it are over when the polling begins: what the first polls show is mostly older."""

    sources: tuple[Source, ...]
    past: int
    hours: int


def build(*, sources: int, days: int, seed: int, bursts: bool, changes: bool, past: int = 14) -> World:
    """Zipf-like rates between FASTEST and SLOWEST; with `changes` one source in five turns 4 times
    as fast, or as slow, at half time."""
    dice = random.Random(seed)
    exponent = math.log(FASTEST / SLOWEST) / math.log(sources)
    hours, turn = (past + days) * 24, (past + days / 2) * 24
    made = []
    for rank in range(1, sources + 1):
        base = FASTEST / rank**exponent
        calm = _calm(base, hours, dice)
        bursts_at = _bursts(hours, dice) if bursts else frozenset()
        if changes and dice.random() < 0.2:
            factor = dice.choice((CHANGE, 1 / CHANGE))
            calm = [rate * (factor if hour >= turn else 1) for hour, rate in enumerate(calm)]
        rates = [rate * (BURST_FACTOR if hour in bursts_at else 1) for hour, rate in enumerate(calm)]
        size = round(min(max(20, 24 * base), 100))
        made.append(Source(tuple(rates), tuple(calm), tuple(_published(rates, dice)), page_size=size))
    return World(tuple(made), past * 24, hours)


def _calm(base: float, hours: int, dice: random.Random) -> list[float]:
    """Articles an hour, by hour, with day and night and weekends."""
    noon, weekend = dice.uniform(0, 24), dice.uniform(0.4, 1.0)
    # From nearly flat (an agency) to a night of a twentieth (a local paper).
    depth = dice.uniform(0.3, 0.95)
    day = [1 + depth * math.cos(2 * math.pi * (hour - noon) / 24) for hour in range(24)]
    week = [1.0] * 5 + [weekend] * 2
    return [base * day[hour % 24] * week[hour // 24 % 7] * 7 / sum(week) for hour in range(hours)]


def _bursts(hours: int, dice: random.Random) -> frozenset[int]:
    """The hours that belong to a burst."""
    found: set[int] = set()
    at = dice.expovariate(1 / (24 * DAYS_BETWEEN_BURSTS))
    while at < hours:
        length = max(1, round(dice.expovariate(1 / BURST_HOURS)))
        found.update(range(int(at), min(int(at) + length, hours)))
        at += length + dice.expovariate(1 / (24 * DAYS_BETWEEN_BURSTS))
    return frozenset(found)


def _published(rates: list[float], dice: random.Random) -> list[float]:
    """A Poisson process: exponential gaps in units of expected articles."""
    times, left = [], dice.expovariate(1)
    for hour, rate in enumerate(rates):
        at = 0.0
        while rate > 0 and left <= rate * (1 - at):
            at += left / rate
            times.append(hour + at)
            left = dice.expovariate(1)
        left -= rate * (1 - at)
    return times


def when(hour: float) -> datetime:
    return START + timedelta(hours=hour)
