"""The simulated watch: polls by the schedule's own code, and what is said of the source after each one."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from statistics import mean, median

from bench.delay.world import START, when
from bench.silence.publishers import Publisher
from crawler.schedule.polling import Price, poll_at
from crawler.schedule.rates import Rate
from crawler.schedule.silence import RARE, News, silence

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=6)
# What a poll must be worth, in article-hours: about what 500 polls a day for 50 sources ask for.
PRICE = Price(value=1.0)
MONTH = 730.5
# A source that has stopped is watched for so many hours more; what is not reported by then never was.
PATIENCE = 24 * 120


@dataclass(frozen=True, slots=True)
class Said:
    """After a poll at `hour`: the last news is `since` then, a usual month brings `expected` such silences."""

    hour: float
    since: float
    expected: float


class Watch:
    """One source being polled. It can be copied, to see what would be if it stopped now."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher
        self.rate, self.news = Rate(), News()
        self.at = publisher.past + random.Random(len(publisher.published)).random()
        self.last: float | None = None

    def poll(self, *, stopped: float) -> Said | None:
        """Poll, and say what there is to say; nothing is published after `stopped`."""
        now, times = self.at, self.publisher.published
        end = bisect_right(times, min(now, stopped))
        begin = (
            max(0, end - self.publisher.page_size) if self.last is None else bisect_right(times, self.last)
        )
        dates = [when(time) if self.publisher.dated else None for time in times[begin:end]]
        self.news.learn(self.rate.seen_until, when(now), dates)
        self.rate.learn(when(now), dates)
        self.last = now
        due = poll_at(
            self.rate,
            when(now),
            price=PRICE,
            shortest=SHORTEST,
            longest=LONGEST,
            page_size=self.publisher.page_size,
        )
        self.at = (due - START) / timedelta(hours=1)
        found = None if dates else silence([(self.rate, self.news)])
        return found and Said(now, (found.since - START) / timedelta(hours=1), found.expected)


@dataclass(slots=True)
class Stop:
    """A source that stopped: hours from its last article to the report, None for never, and its usual gaps."""

    silent: float | None
    mean_gap: float
    longest_gap: float

    @property
    def to_mean(self) -> float:
        return float("inf") if self.silent is None else self.silent / self.mean_gap

    @property
    def to_longest(self) -> float:
        return float("inf") if self.silent is None else self.silent / self.longest_gap


@dataclass(slots=True)
class Account:
    """Of one source that went on: months watched, by the hour of its last news how far from usual each silence
    got, alarms of the rule "three times the mean gap"; and what became of it where it was let stop."""

    group: str
    months: float = 0.0
    silences: dict[float, float] = field(default_factory=dict)
    naive_alarms: int = 0
    stops: list[Stop] = field(default_factory=list)


def watched(publisher: Publisher, *, stops: int, seed: int) -> Account:
    """Watch a source to its end; and so often, from a random time of its later half on, one that stopped."""
    dice = random.Random(seed)
    half = (publisher.past + publisher.hours) / 2
    ends = sorted(dice.uniform(half, publisher.hours) for _ in range(stops))
    account = Account(publisher.group, months=(publisher.hours - publisher.past) / MONTH)
    watch, naive_of = Watch(publisher), -1.0
    while watch.at < publisher.hours:
        while ends and watch.at > ends[0]:
            account.stops.append(_stopped(deepcopy(watch), ends.pop(0)))
        said = watch.poll(stopped=publisher.hours)
        if said is None:
            continue
        account.silences[said.since] = min(account.silences.get(said.since, 1.0), said.expected)
        if said.hour - said.since > 3 * _mean_gap(publisher, said.since) and said.since > naive_of:
            account.naive_alarms, naive_of = account.naive_alarms + 1, said.since
    return account


def _stopped(watch: Watch, end: float) -> Stop:
    publisher = watch.publisher
    past = publisher.published[: bisect_right(publisher.published, end)]
    reported = next((said.hour for said in _rest(watch, end) if said.expected < RARE), None)
    return Stop(
        None if reported is None else reported - past[-1],
        _mean_gap(publisher, end),
        _longest_gap(past),
    )


def _rest(watch: Watch, end: float) -> Iterator[Said]:
    while watch.at < end + PATIENCE:
        said = watch.poll(stopped=end)
        if said is not None:
            yield said


def _mean_gap(publisher: Publisher, until: float) -> float:
    count = bisect_right(publisher.published, until)
    return until / max(count, 1)


def _longest_gap(published: tuple[float, ...]) -> float:
    """The mean over the months of the longest gap that began in each."""
    longest: dict[int, float] = {}
    for before, after in pairwise(published):
        month = int((published[-1] - before) // MONTH)
        longest[month] = max(longest.get(month, 0.0), after - before)
    whole = [gap for month, gap in longest.items() if month < int(published[-1] // MONTH)]
    return mean(whole or longest.values())


def figures(accounts: list[Account]) -> dict[str, float]:
    """Of a group: false alarms in 100 source-months; of those that stopped, how soon, in usual gaps."""
    months = sum(account.months for account in accounts)
    stops = [stop for account in accounts for stop in account.stops]
    silences = [expected for account in accounts for expected in account.silences.values()]
    found = {
        "months": months,
        "alarms": sum(expected < RARE for expected in silences),
        "alarms_per_100": 100 * sum(expected < RARE for expected in silences) / months,
        "twice_as_strict": 100 * sum(expected < RARE / 2 for expected in silences) / months,
        "twice_as_lax": 100 * sum(expected < RARE * 2 for expected in silences) / months,
        "naive_per_100": 100 * sum(account.naive_alarms for account in accounts) / months,
        "stops": len(stops),
    }
    for name in ("to_longest", "to_mean"):
        ratios = sorted(getattr(stop, name) for stop in stops)
        if ratios:
            found |= {
                f"{name}_median": median(ratios),
                f"{name}_p90": ratios[int(0.9 * len(ratios))],
                f"{name}_within_3": sum(ratio <= 3 for ratio in ratios) / len(ratios),
            }
    return found
