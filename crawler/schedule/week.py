"""How publications are spread over the week: what is seen of it, and hours weighed by it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from operator import mul

# 1970-01-01 was a Thursday: hours are counted from the Monday after it.
_MONDAY = 96.0
_WEEK = 168
# The prior variance of harmonic k of the day is _SWING / k**_SMOOTH: between a flat day and one with an empty
# night, and smooth rather than square.
_SWING, _SMOOTH, _HARMONICS = 0.15, 2.5, 8
# Gamma priors, in articles: the weekend's factor, and each day's beside the other days of its kind.
_WEEKEND, _DAY = 4.0, 20.0
_KINDS = (range(5), range(5, 7))
# No hour is believed to be emptier than this: a factor of nothing could never be found wrong.
_LEAST = 0.03
# Hours in which the evidence fades to 1/e.
_MEMORY = 24.0 * 70
_WAVES = [[math.cos(2 * math.pi * k * h / 24) for h in range(24)] for k in range(1, _HARMONICS + 1)]


def clock(when: datetime) -> float:
    """Hours since a Monday 00:00 UTC."""
    return when.timestamp() / 3600 - _MONDAY


def pieces(begin: float, end: float) -> Iterator[tuple[int, int, float]]:
    """(hour of the day, day of the week, hours) that lie between two times; at most the last four weeks."""
    begin = max(begin, end - 4 * _WEEK)
    while begin < end:
        whole = math.floor(begin)
        stop = min(whole + 1.0, end)
        yield whole % 24, whole // 24 % 7, stop - begin
        begin = stop


class Week:
    """Hours of the week, weighed by factors for the hour of the day and the day of the week, mean 1 each."""

    def __init__(self, hours: Sequence[float], days: Sequence[float]) -> None:
        self._factors = [hour * day for day in days for hour in hours]
        self._sums = [0.0, *accumulate(self._factors)]

    def weigh(self, begin: float, end: float) -> float:
        """The hours between two times of `clock`, each weighed by its factor."""
        return self._until(end) - self._until(begin)

    def _until(self, at: float) -> float:
        weeks, rest = divmod(at, _WEEK)
        whole = min(int(rest), _WEEK - 1)
        return weeks * self._sums[-1] + self._sums[whole] + (rest - whole) * self._factors[whole]


@dataclass(slots=True)
class Habits:
    """The evidence: articles and watched hours, by hour of the day and by day of the week, old ones faded."""

    hours: list[float] = field(default_factory=lambda: [0.0] * 24)
    hours_watched: list[float] = field(default_factory=lambda: [0.0] * 24)
    days: list[float] = field(default_factory=lambda: [0.0] * 7)
    days_watched: list[float] = field(default_factory=lambda: [0.0] * 7)

    def fade(self, hours: float) -> None:
        keep = math.exp(-hours / _MEMORY)
        for kept in (self.hours, self.hours_watched, self.days, self.days_watched):
            kept[:] = [keep * value for value in kept]

    def watch(self, begin: float, end: float) -> None:
        """This time was covered by a poll."""
        for hour, day, length in pieces(begin, end):
            self.hours_watched[hour] += length
            self.days_watched[day] += length

    def count(self, at: float, articles: float) -> None:
        whole = math.floor(at)
        self.hours[whole % 24] += articles
        self.days[whole // 24 % 7] += articles

    def spread(self, begin: float, end: float, articles: float, week: Week) -> None:
        """Articles of unknown time: each hour gets its share by what is known of the week, one step of
        expectation maximization (Dempster, Laird and Rubin, 1977)."""
        begin = max(begin, end - 4 * _WEEK)
        total = week.weigh(begin, end)
        at = begin
        for _, _, length in pieces(begin, end):
            self.count(at, articles * week.weigh(at, at + length) / total)
            at += length

    def day(self) -> list[float]:
        """The factors by hour of the day. What was seen beyond the mean rate is smoothed by harmonics, each
        shrunk by its prior variance against the Poisson noise of its coefficient, 2 / articles: the best
        linear estimate (Wiener filter; Buehlmann's credibility)."""
        articles, watched = sum(self.hours), sum(self.hours_watched)
        if articles <= 0 or watched <= 0:
            return [1.0] * 24
        mean = articles / watched
        beyond = [seen - mean * hours for seen, hours in zip(self.hours, self.hours_watched, strict=True)]
        kernel = [0.0] * 24
        for k, wave in enumerate(_WAVES, start=1):
            prior = _SWING / k**_SMOOTH
            weight = 2 / articles * prior / (prior + 2 / articles)
            kernel = [so_far + weight * value for so_far, value in zip(kernel, wave, strict=True)]
        turns = kernel + kernel
        factors = [max(1 + sum(map(mul, beyond, turns[24 - h : 48 - h])), _LEAST) for h in range(24)]
        return _with_mean_1(factors)

    def week(self) -> list[float]:
        """The factors by day of the week: Gamma-Poisson, a day's prior is its kind's, weekend or not."""
        articles, watched = sum(self.days), sum(self.days_watched)
        mean = articles / watched if watched > 0 else 0.0
        factors = [1.0] * 7
        for kind in _KINDS:
            seen = sum(self.days[day] for day in kind)
            due = mean * sum(self.days_watched[day] for day in kind)
            common = (seen + _WEEKEND) / (due + _WEEKEND)
            for day in kind:
                due = mean * self.days_watched[day]
                factors[day] = (self.days[day] + _DAY * common) / (due + _DAY)
        return _with_mean_1(factors)


def _with_mean_1(factors: Sequence[float]) -> list[float]:
    mean = sum(factors) / len(factors)
    return [factor / mean for factor in factors]
