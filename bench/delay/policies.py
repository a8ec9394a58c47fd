"""The policies: ours, those of others, and the one that knows the true rates."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import accumulate

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
        # A page of nothing but news, later than the first, may have pushed some out.
        missed = rate.seen_until is not None and len(found) >= size
        rate.learn(at, [when(one) for one in found], missed=missed)
        due = poll_at(
            rate, at, price=self.budget.price, shortest=SHORTEST, longest=self.longest, page_size=size
        )
        return (due - START) / timedelta(hours=1)

    def each_hour(self, now: float, polls: int) -> None:
        demands = [demand(rate, shortest=SHORTEST, longest=self.longest) for rate in self.rates]
        self.budget.renew(when(now), demands)


class Oracle:
    """The index policy that knows the true rate of every hour, past and to come: bursts and changes included.

    It has the criterion of `crawler.schedule.polling`, without a longest wait. A dynamic programme over a grid
    of 6 minutes (the least waiting and price in all, for known rates) came within 1 % of it either way.
    """

    def __init__(self, world: World, price: float) -> None:
        self.world, self.price = world, price
        self.sums = [[0.0, *accumulate(rates)] for rates in self.known()]

    def known(self) -> Iterator[tuple[float, ...]]:
        return (source.rates for source in self.world.sources)

    def first(self, source: int) -> float:
        return _spread(source, 1.0)

    def _expected(self, source: int, hour: float) -> float:
        sums = self.sums[source]
        whole = min(int(hour), len(sums) - 2)
        return sums[whole] + (sums[whole + 1] - sums[whole]) * (hour - whole)

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        first = at = now + SHORTEST / timedelta(hours=1)
        before = now
        while at < self.world.hours and not self._worth(source, now, at):
            before, at = at, at + max((at - now) / 8, 1 / 60)
        while at - before > 1 / 120 and at > first:
            middle = (before + at) / 2
            before, at = (before, middle) if self._worth(source, now, middle) else (middle, at)
        return at

    def _worth(self, source: int, now: float, at: float) -> bool:
        waiting = self._expected(source, at) - self._expected(source, now)
        around = min((at - now) / 2, 6.0)
        rate = (self._expected(source, at + around) - self._expected(source, at - around)) / (2 * around)
        return waiting > 0 and waiting**2 >= 2 * self.price * rate

    def each_hour(self, now: float, polls: int) -> None:
        pass


class CalmOracle(Oracle):
    """Knows the true rates and their changes, but of no burst: what no policy can foresee."""

    def known(self) -> Iterator[tuple[float, ...]]:
        return (source.calm for source in self.world.sources)


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
        self.found: list[deque[float]] = [deque() for _ in world.sources]
        self.intervals = [1.0] * len(world.sources)

    def weekly(self, source: int, now: float, found: tuple[float, ...]) -> int:
        kept = self.found[source]
        kept.extend(found)
        while kept and kept[0] <= now - _WEEK:
            kept.popleft()
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
    """Half the interval after news, double without, from 5 minutes to a day; a scale below 1 lowers both bounds,
    one above 1 raises the lower."""

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        least, most = self.scale * 5 / 60, 24 * min(self.scale, 1.0)
        interval = self.intervals[source] * (0.5 if found else 2.0)
        self.intervals[source] = min(max(interval, least), max(most, least))
        return now + self.intervals[source]


class SquareRoot(_Learning):
    """Polls in proportion to the square root of the rate that it has counted."""

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float:
        rate = max(self.weekly(source, now, found), 0.5) / min(max(now - self.past, 6.0), _WEEK)
        return now + max(self.scale / math.sqrt(rate), SHORTEST / timedelta(hours=1))


def fitted(world: World, make: Callable[[World, float], Policy], polls: float) -> Policy:
    """The policy with the scale at which it asks for so many polls in all: bisection, which begins with a guess
    by the polls that the last scale asked for."""
    low, high, scale = 1e-4, 1e4, 1.0
    for _ in range(20):
        asked = simulate(world, make(world, scale)).polls
        if abs(asked / polls - 1) < 0.003:
            break
        low, high = (scale, high) if asked > polls else (low, scale)
        guess = scale * (asked / polls) ** 1.5
        scale = guess if low < guess < high else math.sqrt(low * high)
    return make(world, scale)
