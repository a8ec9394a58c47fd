"""The simulated clock: polls in order of their time, and what each one finds."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Protocol

from bench.delay.world import World


class Policy(Protocol):
    """Decides when a source is polled next. Times are hours since the start."""

    def first(self, source: int) -> float: ...

    def next(self, source: int, now: float, found: tuple[float, ...]) -> float: ...

    def each_hour(self, now: float, polls: int) -> None:
        """Called once an hour with the number of polls so far."""
        ...


@dataclass(slots=True)
class Account:
    """Delays in minutes of what was found, by source; polls; articles pushed off the page before a poll."""

    delays: list[list[float]]
    polls: int = 0
    pushed_out: int = 0
    hours: int = field(default=0)

    def figures(self) -> dict[str, float]:
        every = sorted(delay for one in self.delays for delay in one)
        return {
            "mean": mean(every),
            "median": median(every),
            "p90": every[int(0.9 * len(every))],
            "mean_over_sources": mean(mean(one) for one in self.delays if one),
            "polls_per_day": self.polls / self.hours * 24,
            "pushed_out": self.pushed_out,
        }


def simulate(world: World, policy: Policy) -> Account:
    """Runs to the end of the world; what is found by then counts, and what was not has waited until then."""
    account = Account([[] for _ in world.sources], hours=world.hours - world.past)
    last = [float(world.past)] * len(world.sources)
    queue = [(world.past + policy.first(number), number) for number in range(len(world.sources))]
    heapq.heapify(queue)
    hour, known = world.past, [False] * len(world.sources)
    while queue[0][0] < world.hours:
        now, number = queue[0]
        while hour < now:
            hour += 1
            policy.each_hour(hour, account.polls)
        source = world.sources[number]
        # A source is watched from its first poll on.
        found = source.since(last[number], now) if known[number] else ()
        account.polls += 1
        account.pushed_out += max(0, len(found) - source.page_size)
        account.delays[number] += [60 * (now - at) for at in found]
        seen = found[-source.page_size :] if known[number] else source.shown(now)
        last[number], known[number] = now, True
        heapq.heapreplace(queue, (max(policy.next(number, now, seen), now + 1 / 3600), number))
    for number, source in enumerate(world.sources):
        rest = source.since(last[number], world.hours) if known[number] else ()
        account.delays[number] += [60 * (world.hours - at) for at in rest]
    return account
