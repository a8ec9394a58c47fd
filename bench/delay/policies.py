"""The policies: ours, those of others, and the one that knows the true rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

from bench.delay.simulation import Policy, simulate
from bench.delay.world import START, World, when
from crawler.schedule.budget import Budget
from crawler.schedule.polling import demand, poll_at
from crawler.schedule.rates import Rate

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=6)
_WEEK = 7 * 24.0


def _spread(source: int, interval: float) -> float:
    """Begin evenly spread, so that no policy starts with all polls at once."""
    return (source * 0.618034 % 1) * interval


class Ours:
    """The schedule's own code: Rate, Budget and poll_at."""

    def __init__(self, world: World, polls_per_hour: float, *, longest: timedelta = LONGEST) -> None:
        self.world = world
        self.even = len(world.sources) / polls_per_hour
        self.rates = [Rate() for _ in world.sources]
        self.sizes = [0] * len(world.sources)
        self.budget = Budget(per_hour=polls_per_hour)
        self.longest = longest
        self.spent = 0
        self.each_hour(world.past, 0)

    def first(self, source: int) -> float:
        return _spread(source, self.even)

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        rate, at = self.rates[source], when(now)
        self.budget.spend()
        size = self.world.sources[source].page_size
        rate.learn(at, [when(one) for one in found])
        due = poll_at(
            rate, at, price=self.budget.price, shortest=SHORTEST, longest=self.longest, page_size=size
        )
        return (due - START) / timedelta(hours=1)

    def each_hour(self, now: float, polls: int) -> None:
        demands = [demand(rate, shortest=SHORTEST, longest=self.longest) for rate in self.rates]
        self.budget.renew(when(now), demands)


class Oracle:
    """The index policy that knows the true rates, bursts and changes included."""

    def __init__(self, world: World, price: float) -> None:
        self.world, self.price = world, price
        self.sums = []
        for source in world.sources:
            sums = [0.0]
            for rate in source.rates:
                sums.append(sums[-1] + rate)
            self.sums.append(sums)

    def first(self, source: int) -> float:
        return _spread(source, 1.0)

    def _expected(self, source: int, hour: float) -> float:
        sums, rates = self.sums[source], self.world.sources[source].rates
        whole = min(int(hour), len(rates) - 1)
        return sums[whole] + rates[whole] * (hour - whole)

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        at, begin = now + SHORTEST / timedelta(hours=1), self._expected(source, now)
        while at < self.world.hours:
            waiting = self._expected(source, at) - begin
            around = min((at - now) / 2, 6.0)
            rate = (self._expected(source, at + around) - self._expected(source, at - around)) / (2 * around)
            if waiting**2 >= 2 * self.price * rate and waiting > 0:
                return at
            at += max((at - now) / 8, 1 / 60)
        return at

    def each_hour(self, now: float, polls: int) -> None:
        pass


class Fixed:
    def __init__(self, world: World, interval: float) -> None:
        self.interval = interval

    def first(self, source: int) -> float:
        return _spread(source, self.interval)

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        return now + self.interval

    def each_hour(self, now: float, polls: int) -> None:
        pass


class _Learning(Fixed):
    """Counts what was found in the last week; `scale` fits the policy to its budget."""

    def __init__(self, world: World, scale: float) -> None:
        super().__init__(world, 1.0)
        self.past = world.past - 7 * 24.0  # the first reading shows about a week
        self.scale = scale
        self.found: list[list[float]] = [[] for _ in world.sources]
        self.intervals = [1.0] * len(world.sources)

    def weekly(self, source: int, now: float, found: tuple[float, ...]) -> int:
        kept = [at for at in (*self.found[source], *found) if at > now - _WEEK]
        self.found[source] = kept
        return len(kept)


class Proportional(_Learning):
    """Polls in proportion to the rate."""

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        rate = max(self.weekly(source, now, found), 0.5) / min(max(now - self.past, 6.0), _WEEK)
        return now + max(self.scale / rate, SHORTEST / timedelta(hours=1))


class EntryFrequency(_Learning):
    """Miniflux's entry_frequency: a week divided by the entries of the last one (internal/model/feed.go), in
    its default bounds of 5 minutes and 1 day, times the factor that it is configured with."""

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        count = self.weekly(source, now, found)
        interval = 24.0 if count == 0 else min(_WEEK / (count * (1 / self.scale)), 24.0)
        return now + max(interval, 5 / 60)


class Doubling(_Learning):
    """Half the interval after news, double without, from 5 minutes (times the scale) to a day."""

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        interval = self.intervals[source] * (0.5 if found else 2.0)
        self.intervals[source] = min(max(interval, self.scale), max(24.0, self.scale))
        return now + self.intervals[source]


class SquareRoot(_Learning):
    """Polls in proportion to the square root of the rate that it has counted."""

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        rate = max(self.weekly(source, now, found), 0.5) / min(max(now - self.past, 6.0), _WEEK)
        return now + max(self.scale / math.sqrt(rate), SHORTEST / timedelta(hours=1))


def fitted(world: World, make: Callable[[World, float], Policy], polls: float) -> Policy:
    """The policy with the scale at which it asks for so many polls in all, found by bisection."""
    low, high = 1e-4, 1e4
    for _ in range(14):
        middle = math.sqrt(low * high)
        asked = simulate(world, make(world, middle)).polls
        if abs(asked / polls - 1) < 0.003:
            return make(world, middle)
        low, high = (middle, high) if asked > polls else (low, middle)
    return make(world, high)
