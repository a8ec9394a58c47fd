"""When a feed, sitemap or listing is polled next, and what a poll must be worth. Pure.

An article that waits one hour for its discovery costs one article-hour. A poll is worth its price when

    n(t)^2 / (2 lambda(t)) >= price

where n(t) are the articles expected to wait at time t, and lambda(t) is the mean rate of the time around it,
half a wait before and half a wait after. It is the first-order condition for the least sum of waiting and
price over a cycle that ends at t and is followed by the best cycles at the rate of that time, whose cost an
hour is sqrt(2 price lambda). With a
constant rate it gives the interval sqrt(2 price / lambda): polls in proportion to the square root of the
rate, the optimum for Poisson processes under a budget (Sia, Cho and Cho, "Efficient Monitoring Algorithm for
Fast News Alerts", IEEE TKDE 19(7), 2007). When the rate falls, as in the evening, it polls at once: what
waits would wait long.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.schedule.rates import HOUR, LADDER, Rate
from crawler.schedule.week import Week, clock

# A poll comes before entries may be pushed out: at the rate that is exceeded with this probability only, the
# articles to be expected stay so many standard deviations of a Poisson distribution below the page's size.
_RARE, _DEVIATIONS = 0.05, 5.0
# Never wait longer than this many times what polling everything evenly would take.
_PATIENCE = 2.5
# Hours: how closely a time is looked for, and how far around it the rate counts. The window before and after
# was better than one ahead by 1 to 2 % of the mean delay where the true rates are known.
_STEP, _AROUND = 1 / 60, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a target asks of the budget: articles an hour, and its bounds in hours.

    `evenness` is the mean of the square root of its shape over the week: 1 for a flat one.
    """

    level: float
    evenness: float
    shortest: float
    longest: float

    def polls(self, price: float, longest: float) -> float:
        """Polls an hour at this price."""
        least, most = self.bounds(longest)
        return min(max(self.polls_at_1() / math.sqrt(price), least), most)

    def polls_at_1(self) -> float:
        """Polls an hour at a price of 1, without bounds."""
        return math.sqrt(self.level / 2) * self.evenness

    def bounds(self, longest: float) -> tuple[float, float]:
        """The fewest and the most polls an hour, where waits of `longest` hours are allowed."""
        return 1 / max(self.longest, longest), 1 / self.shortest


def demand(rate: Rate, *, shortest: timedelta, longest: timedelta) -> Demand:
    hours, days = rate.shape()
    evenness = sum(map(math.sqrt, hours)) / 24 * sum(map(math.sqrt, days)) / 7
    return Demand(
        level=rate.level()[1],
        evenness=evenness,
        shortest=shortest.total_seconds() / HOUR,
        longest=longest.total_seconds() / HOUR,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a poll must be worth, in article-hours, and how long a target may wait at least, in hours."""

    value: float
    longest: float = 0.0

    def cap(self, longest: timedelta) -> timedelta:
        """The longest wait: the target's own, or a longer one where the budget does not reach."""
        return max(longest, timedelta(hours=self.longest))


# Without a budget: an article an hour is worth a poll every quarter of an hour.
UNBOUNDED = Price(value=1 / 32)


def price_of(demands: Iterable[Demand], *, polls_per_hour: float) -> Price:
    """The price at which these targets together ask for so many polls an hour; never less than UNBOUNDED."""
    targets = list(demands)
    if not targets:
        return UNBOUNDED
    longest = _PATIENCE * len(targets) / polls_per_hour
    # What each asks for at a price of 1, and its bounds.
    wishes = [(target.polls_at_1(), *target.bounds(longest)) for target in targets]

    def asked(price: float) -> float:
        cheap = 1 / math.sqrt(price)
        return sum([min(max(wish * cheap, least), most) for wish, least, most in wishes])

    low, high = UNBOUNDED.value, 1e6
    if asked(low) <= polls_per_hour:
        return UNBOUNDED
    # 30 halvings of the logarithm leave an error of 2e-8.
    for _ in range(30):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if asked(middle) > polls_per_hour else (low, middle)
    return Price(value=high, longest=longest)


def poll_at(
    rate: Rate, now: datetime, *, price: Price, shortest: timedelta, longest: timedelta, page_size: int = 0
) -> datetime:
    """The time of the next poll of a target that was polled at `now`, within its bounds.

    `page_size` is the number of entries that its page shows, 0 for unknown.
    """
    first = shortest.total_seconds() / HOUR
    last = max(price.cap(longest).total_seconds() / HOUR, first)
    view = _View(rate, clock(now), page_size=page_size)
    wait = _first_worth(view, price.value, first, last)
    # Not by the hours alone, whose rounding could pass the bounds by a microsecond.
    return now + min(max(timedelta(hours=wait), shortest), max(price.cap(longest), shortest))


def _first_worth(view: _View, price: float, first: float, last: float) -> float:
    """The first wait, in hours, at which a poll is worth its price."""
    before = wait = first
    while wait < last and not view.worth(wait, price):
        before, wait = wait, min(wait + max(wait / 8, _STEP), last)
    while wait - before > _STEP / 4:
        middle = (before + wait) / 2
        before, wait = (before, middle) if view.worth(middle, price) else (middle, wait)
    return wait


class _View:
    """A rate's forecast from a poll on: the level of now gives way to the usual one as levels last."""

    def __init__(self, rate: Rate, start: float, *, page_size: int) -> None:
        self.start = start
        self.week = Week(*rate.shape())
        now, self.usual = rate.level()
        self.beyond = rate.beyond()
        self.room = _room(page_size)
        # The ladder is coarse: its step may lie below the mean.
        self.high = max(now, _quantile(rate.now, 1 - _RARE))

    def worth(self, hours: float, price: float) -> bool:
        at = self.start + hours
        weighed = self.week.weigh(self.start, at)
        if self.room and weighed * self.high >= self.room:
            return True
        mean = level = self.usual
        for beyond, lasts in self.beyond:
            left = math.exp(-hours / lasts)
            level += beyond * left
            # The integral of exp(-s / lasts) over these hours, divided by them.
            mean += beyond * lasts * (1 - left) / hours
        around = min(hours / 2, _AROUND)
        rate = level * self.week.weigh(at - around, at + around) / (2 * around)
        return (weighed * mean) ** 2 >= 2 * price * rate


def _room(page_size: int) -> float:
    """The mean m at which m + _DEVIATIONS * sqrt(m) articles fit on the page."""
    return ((math.sqrt(_DEVIATIONS**2 + 4 * page_size) - _DEVIATIONS) / 2) ** 2


def _quantile(shares: list[float], share: float) -> float:
    total = 0.0
    for weight, level in zip(shares, LADDER, strict=True):
        total += weight
        if total >= share:
            return level
    return LADDER[-1]
