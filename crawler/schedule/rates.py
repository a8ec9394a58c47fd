"""How often a target publishes: a filter over rate levels, times a profile of the week. Pure.

Publications of a target are taken for a Poisson process whose rate at time t is `level * shape(t)`. The level
jumps: it is a Markov chain over a fixed ladder of rates, so that the process is a Markov-modulated Poisson
process, and what is known of the level is its posterior, carried on exactly by Bayes' rule (the forward
recursion; Fischer and Meier-Hellstern, "The Markov-modulated Poisson process cookbook", Performance
Evaluation 18, 1993). A jump leads to where the target usually is (`usual`, a Gamma distribution, which is
conjugate to the Poisson one), or with a small share anywhere: so a burst is believed after a few articles,
ends by itself, and a lasting change becomes the usual.

The shape has a factor for each hour of the day (UTC) and each day of the week, with mean 1. Each factor has a
Gamma prior; articles that fell into the hour against those that the level alone explains give its posterior
mean (Gelman et al., "Bayesian Data Analysis", 3rd ed., 2.6), and old evidence fades.

Evidence is what a poll reveals, over just the time that it covers: an article that was published long before
a late poll, and an interval that was long because nobody looked, say nothing of a low rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

HOUR = 3600.0
# Articles an hour: from one in two months to 250 an hour, each step a factor of 1.6.
LADDER = tuple(1 / 1440 * 1.6**step for step in range(28))
# A level lasts this many hours on average before it jumps: bursts of breaking news last one to some hours.
LASTS = 8.0
# Of the jumps, this share leads anywhere on the ladder.
_ANYWHERE = 0.04
# The usual level is that of so many articles, but of no less and no more hours than these.
_USUAL_ARTICLES, _USUAL_HOURS = 40.0, (72.0, 24.0 * 45)
# Levels of now are drawn around the usual one at least this widely: the shape of a Gamma distribution.
_WIDEST_SHAPE = 8.0
# Articles' worth of belief in a flat shape, for each hour of the day and each day of the week.
_FLAT_HOURS, _FLAT_DAYS = 3.0, 6.0
# Hours in which the evidence for the shape fades to 1/e.
_SHAPE_MEMORY = 24.0 * 28
# What is known of a target before the first poll, as a Gamma distribution: as many articles in so many hours.
_FIRST_ARTICLES, _FIRST_HOURS = 0.3, 0.5
_LOGS = tuple(map(math.log, LADDER))


def _gamma(articles: float, hours: float) -> list[float]:
    """A Gamma distribution over the ladder, whose steps are even in the logarithm."""
    logs = [articles * log - hours * rate for log, rate in zip(_LOGS, LADDER, strict=True)]
    most = max(logs)
    return _share([math.exp(log - most) for log in logs])


def _share(weights: Sequence[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights]


@dataclass(slots=True)
class Rate:
    """What is known of one target's publications. `seen_until` is the end of the time that polls covered.

    `now` are shares by level of LADDER; `usual` is the usual level's Gamma distribution as (articles, hours
    weighed by the shape), old evidence faded; `hours` and `days` are the shape's evidence: (articles,
    articles that the level alone explains) by hour of the day and by day of the week.
    """

    seen_until: datetime | None = None
    now: list[float] = field(default_factory=lambda: _gamma(_FIRST_ARTICLES, _FIRST_HOURS))
    usual: list[float] = field(default_factory=lambda: [_FIRST_ARTICLES, _FIRST_HOURS])
    hours: list[list[float]] = field(default_factory=lambda: [[0.0, 0.0] for _ in range(24)])
    days: list[list[float]] = field(default_factory=lambda: [[0.0, 0.0] for _ in range(7)])
    articles: float = 0.0

    # --- what it says ---------------------------------------------------------------------------------

    def shape(self) -> tuple[list[float], list[float]]:
        """The factors by hour of the day and by day of the week, each with mean 1."""
        hours = [(seen + _FLAT_HOURS) / (due + _FLAT_HOURS) for seen, due in self.hours]
        days = [(seen + _FLAT_DAYS) / (due + _FLAT_DAYS) for seen, due in self.days]
        hours = [(hours[h - 1] + 2 * hours[h] + hours[(h + 1) % 24]) / 4 for h in range(24)]
        return [h * 24 / sum(hours) for h in hours], [d * 7 / sum(days) for d in days]

    def level(self) -> tuple[float, float]:
        """Articles an hour, averaged over the week: as it is now, and as it usually is."""
        return _mean(self.now), self.usual[0] / self.usual[1]

    # --- what it learns -------------------------------------------------------------------------------

    def learn(self, until: datetime, published: Iterable[datetime | None]) -> None:
        """A poll at `until` showed these new articles; None for one without a date, or with an unlikely one.

        The first poll only sets the beginning: what it shows is of unknown age, but for the dates it gives.
        """
        published = list(published)
        if self.seen_until is None:
            self._begin(until, [when for when in published if when is not None and when <= until])
            return
        start, self.seen_until = self.seen_until, max(until, self.seen_until)
        if until <= start:
            return
        dated = sorted(when for when in published if when is not None and start < when <= until)
        undated = len(published) - len(dated)
        for begin, end, count in _steps(start, until, dated, undated):
            self._step(begin, end, count)

    def _begin(self, until: datetime, dated: list[datetime]) -> None:
        """The dates of a first poll count as if it had been watched since the oldest but one."""
        dated = sorted(dated)[-_FIRST_READ:]
        self.seen_until = until
        if len(dated) < 2 or until - dated[0] > timedelta(days=60):
            dated = [when for when in dated if until - when <= timedelta(days=60)]
        if len(dated) >= 2:
            self.seen_until = dated[0]
            self.learn(until, dated[1:])

    def _step(self, begin: datetime, end: datetime, count: float) -> None:
        hours = (end - begin).total_seconds() / HOUR
        if hours <= 0 and not count:
            return
        factors = self.shape()
        exposure = weigh(begin, end, factors)
        self._jump(hours)
        logs = [count * log - rate * exposure for rate, log in zip(LADDER, _LOGS, strict=True)]
        best = max(logs)
        self.now = _share([share * math.exp(log - best) for share, log in zip(self.now, logs, strict=True)])
        least, most = _USUAL_HOURS
        memory = min(max(_USUAL_ARTICLES * self.usual[1] / self.usual[0], least), most)
        keep = math.exp(-hours / memory)
        self.usual = [keep * self.usual[0] + count, keep * self.usual[1] + exposure]
        self.articles += count
        self._reshape(begin, end, count, factors)

    def _jump(self, hours: float) -> None:
        """The level may have jumped in these hours."""
        stay = math.exp(-hours / LASTS)
        anywhere = _ANYWHERE / len(LADDER)
        wide = min(1.0, _WIDEST_SHAPE / self.usual[0])
        around = _gamma(wide * self.usual[0], wide * self.usual[1])
        self.now = [
            stay * here + (1 - stay) * ((1 - _ANYWHERE) * usual + anywhere)
            for here, usual in zip(self.now, around, strict=True)
        ]

    def _reshape(
        self, begin: datetime, end: datetime, count: float, factors: tuple[list[float], list[float]]
    ) -> None:
        hours, days = factors
        pieces = list(_pieces(begin, end))
        level = self.usual[0] / self.usual[1]
        weights = _share([length * hours[hour] * days[day] + 1e-12 for hour, day, length in pieces])
        for (hour, day, length), weight in zip(pieces, weights, strict=True):
            fade = math.exp(-length / _SHAPE_MEMORY)
            for kept, other in ((self.hours[hour], days[day]), (self.days[day], hours[hour])):
                kept[0] = kept[0] * fade + count * weight
                kept[1] = kept[1] * fade + level * length * other

    # --- how it is kept -------------------------------------------------------------------------------

    def record(self) -> dict[str, Any]:
        """JSON values, rounded: some 500 bytes."""
        return {
            "seen_until": None if self.seen_until is None else self.seen_until.isoformat(),
            "now": [_brief(share) for share in self.now],
            "usual": [round(value, 3) for value in self.usual],
            "hours": [[round(seen, 3), round(due, 3)] for seen, due in self.hours],
            "days": [[round(seen, 3), round(due, 3)] for seen, due in self.days],
            "articles": round(self.articles, 3),
        }

    @classmethod
    def of(cls, record: Mapping[str, Any] | None) -> Self:
        """From `record`; anything that is not one (another version's) begins anew."""
        if not record:
            return cls()
        try:
            seen = record["seen_until"]
            rate = cls(
                seen_until=None if seen is None else datetime.fromisoformat(seen).astimezone(UTC),
                now=_share([float(share) for share in record["now"]]),
                usual=[float(value) for value in record["usual"]],
                hours=[[float(seen), float(due)] for seen, due in record["hours"]],
                days=[[float(seen), float(due)] for seen, due in record["days"]],
                articles=float(record["articles"]),
            )
        except (KeyError, TypeError, ValueError):
            return cls()
        sizes = (len(rate.now), len(rate.usual), len(rate.hours), len(rate.days))
        return rate if sizes == (len(LADDER), 2, 24, 7) else cls()


# Of a first reading, only the newest entries: older ones may have been thinned out.
_FIRST_READ = 100


def _brief(share: float) -> float:
    return float(f"{share:.3g}")


def _mean(shares: Sequence[float]) -> float:
    return sum(share * rate for share, rate in zip(shares, LADDER, strict=True))


def _steps(
    start: datetime, until: datetime, dated: list[datetime], undated: int
) -> Iterable[tuple[datetime, datetime, float]]:
    """(from, to, articles) steps through the time of a poll; undated articles are spread over it evenly."""
    span = (until - start).total_seconds()
    begin = start
    for end, count in [*((when, 1.0) for when in dated), (until, 0.0)]:
        extra = undated * (end - begin).total_seconds() / span
        yield begin, end, count + extra
        begin = end


def _pieces(begin: datetime, end: datetime) -> Iterable[tuple[int, int, float]]:
    """(hour of the day, day of the week, hours) that lie between two times; at most the last four weeks."""
    begin = max(begin, end - timedelta(days=28))
    while begin < end:
        turn = begin.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        stop = min(turn, end)
        yield begin.hour, begin.weekday(), (stop - begin).total_seconds() / HOUR
        begin = stop


def weigh(begin: datetime, end: datetime, shape: tuple[Sequence[float], Sequence[float]]) -> float:
    """The hours between two times, each weighed by the shape."""
    hours, days = shape
    return sum(length * hours[hour] * days[day] for hour, day, length in _pieces(begin, end))
