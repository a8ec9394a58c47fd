"""What is watched: random sources of the simulated web, and publishers that keep to hours or come in batches."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.delay.world import CHANGE, START, World, build

# Every so many sources, one gives no dates.
_UNDATED = 5


@dataclass(frozen=True, slots=True)
class Publisher:
    """One source: what it publishes, in hours since the start; watched from `past` to `hours`."""

    group: str
    published: tuple[float, ...]
    past: int
    hours: int
    dated: bool = True
    page_size: int = 20


def random_sources(*, sources: int, days: int, seed: int) -> list[Publisher]:
    """Poisson sources with Zipf-like rates, day and night, weekends and bursts."""
    world = build(sources=sources, days=days, seed=seed, bursts=True, changes=False)
    return [_of_world(world, number, _pace(world, number)) for number in range(sources)]


def _pace(world: World, number: int) -> str:
    a_day = 24 * len(world.sources[number].published) / world.hours
    return "random" if a_day >= 1 else "random, under 1 a day"


def slowed_sources(*, sources: int, days: int, seed: int) -> list[Publisher]:
    """Such ones that publish a quarter as much from half time on, and only those."""
    world = build(sources=sources, days=days, seed=seed, bursts=True, changes=True)
    half = (world.past + world.hours) // 2
    slowed = []
    for number, source in enumerate(world.sources):
        before, after = sum(source.rates[world.past : half]), sum(source.rates[half:])
        if after < before * 2 / CHANGE:
            slowed.append(_of_world(world, number, "slowed"))
    return slowed


def _of_world(world: World, number: int, group: str) -> Publisher:
    source = world.sources[number]
    dated = number % _UNDATED > 0
    return Publisher(group, source.published, world.past, world.hours, dated, source.page_size)


def steady_publishers(*, each: int, days: int, seed: int) -> list[Publisher]:
    """Publishers of every kind that keep to hours, and batches."""
    dice = random.Random(seed)
    past = 14
    return [
        Publisher(
            kind, tuple(sorted(make(past + days, dice))), past * 24, (past + days) * 24, number % _UNDATED > 0
        )
        for kind, make in KINDS.items()
        for number in range(each)
    ]


def _daily(days: int, dice: random.Random) -> Iterator[float]:
    """Once a day within an hour and a half; one day in fifty is left out."""
    hour = dice.uniform(2, 22)
    for day in range(days):
        if dice.random() > 0.02:
            yield 24 * day + hour + dice.gauss(0, 0.4)


def _workdays(days: int, dice: random.Random) -> Iterator[float]:
    """One to three a working day, in office hours."""
    for day in range(days):
        if _is_workday(day):
            yield from (24 * day + dice.uniform(8, 17) for _ in range(dice.randint(1, 3)))


def _hourly(days: int, dice: random.Random) -> Iterator[float]:
    """Every hour on the hour, from six to ten in the evening."""
    minute = dice.random()
    for day in range(days):
        yield from (24 * day + hour + minute + dice.uniform(0, 0.1) for hour in range(6, 22))


def _batch(days: int, dice: random.Random) -> Iterator[float]:
    """Three to ten articles within half an hour, once a day."""
    hour = dice.uniform(2, 20)
    for day in range(days):
        begin = 24 * day + hour + dice.gauss(0, 0.7)
        yield from (begin + dice.uniform(0, 0.5) for _ in range(dice.randint(3, 10)))


def _issue(days: int, dice: random.Random) -> Iterator[float]:
    """A weekly: its whole issue on one morning."""
    weekday = dice.randrange(5)
    for day in range(days):
        if (START.weekday() + day) % 7 == weekday:
            yield from (24 * day + 6 + dice.uniform(0, 0.5) for _ in range(dice.randint(8, 20)))


def _is_workday(day: int) -> bool:
    return (START.weekday() + day) % 7 < 5


KINDS: dict[str, Callable[[int, random.Random], Iterator[float]]] = {
    "daily": _daily,
    "workdays": _workdays,
    "hourly": _hourly,
    "batch": _batch,
    "issue": _issue,
}
