"""Whether a source has been silent for longer than its past explains. Pure.

Gaps between a source's news are measured in operational time, hours weighed by the shape of its week, in
which they are exponential for a source that publishes at random (the time-rescaling theorem; Brown,
Barbieri, Ventura, Kass and Frank, Neural Computation 14, 2002); and in plain hours, in which those of a
source that keeps to the clock are even. Only the tail counts here, so only pauses are looked at, gaps
beyond a quarter of the gap that a random moment falls into, and what they have beyond it is taken for a
Gamma variable: the method of peaks over a threshold (Davison and Smith, J. R. Stat. Soc. B 52, 1990) with a
tail that is exponential for random publishing and falls faster for regular one. So articles that come ten
at a time, or without dates, are one piece of news.

A silence is reported when a usual month brings fewer than RARE of its length. Whatever is learned is from
before the silence: only news changes it, but for the shape of the week, which fades within four weeks.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Self

from crawler.schedule.odds import gap_beyond

if TYPE_CHECKING:
    from crawler.schedule.rates import Rate

Shape = tuple[Sequence[float], Sequence[float]]

# Silences of such a length that a usual month brings: fewer than this are reported. The figure errs on the
# high side (by one standard error, by two clocks and two pasts): in simulation fewer than one silence in 100
# source-months is then reported wrongly (bench/silence).
RARE = 1 / 50
# A source with fewer pieces of news than this has no usual.
FEWEST = 6
# Pieces of news that are kept of a target, and the time that they reach back over at least: those of a fast
# target, and batches, are thinned out.
_KEPT, _REACH = 120, timedelta(days=10)
# They may be thinned to this share of the gap that a random moment falls into.
_FINE = 1 / 16
# An article that shows up so long after its date was moved or dug out, and is no news; what a first poll
# shows may be the whole past.
_STALE, _PAST = timedelta(days=7), timedelta(days=60)
# A source may have changed: so many of its last pauses must be able to explain a silence as well.
_RECENT = 24
# A pause is longer than this share of the gap that a random moment falls into.
_PAUSE = 0.25
# Pauses' worth of belief in random publishing.
_RANDOM = 3
_MONTH = 730.5
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC).timestamp()
_MINUTE, _HOUR, _WEEK = 60, 3600.0, 168


@dataclass(slots=True)
class News:
    """When a target named something new. `times` are minutes since 1970, at least `grain` of them apart."""

    times: list[int] = field(default_factory=list)
    grain: int = 1
    last: int | None = None

    def learn(self, since: datetime | None, until: datetime, published: Iterable[datetime | None]) -> None:
        """A poll at `until` showed these new articles; the one before covered the time until `since`."""
        found = [_shown_at(when, since, until) for when in published]
        for minute in sorted({_minutes(when) for when in found if when is not None}):
            self._add(minute)

    def _add(self, minute: int) -> None:
        self.last = minute if self.last is None else max(minute, self.last)
        if not self.times or minute >= self.times[-1] + self.grain:
            self.times.append(minute)
        while len(self.times) > _KEPT:
            gaps = [after - before for before, after in pairwise(self.times)]
            if sum(gaps) * _MINUTE < _REACH.total_seconds() or self.grain < _FINE * _typical(gaps):
                self.grain *= 2
                self.times = _thinned(self.times, self.grain)
            else:
                del self.times[0]

    @property
    def reach(self) -> int:
        """Minutes since 1970 from which on all is known; 0 when nothing can have been forgotten yet."""
        return self.times[0] if len(self.times) >= _KEPT // 2 else 0

    def record(self) -> dict[str, Any]:
        """JSON values: the steps from one time to the next, some 500 bytes."""
        steps = [after - before for before, after in pairwise([0, *self.times])]
        return {"steps": steps, "grain": self.grain, "last": self.last}

    @classmethod
    def of(cls, record: Mapping[str, Any] | None) -> Self:
        """From `record`; anything that is not one (another version's) begins anew."""
        if not record:
            return cls()
        try:
            times = list(accumulate(int(step) for step in record["steps"]))
            last = None if record["last"] is None else int(record["last"])
            return cls(times=times, grain=max(int(record["grain"]), 1), last=last)
        except (KeyError, TypeError, ValueError):
            return cls()


def _shown_at(when: datetime | None, since: datetime | None, until: datetime) -> datetime | None:
    """When an article with this date became news, as polls can tell; None when it is none.

    One that is dated before the last poll was shown only after it: it counts as of this poll, like one
    without a date. Of a first poll only the dates count.
    """
    if since is None:
        return when if when is not None and until - _PAST <= when <= until else None
    if when is not None and when < until - _STALE and when <= since:
        return None
    return when if when is not None and since < when < until else until


def _minutes(when: datetime) -> int:
    return int(when.timestamp() // _MINUTE)


def _thinned(times: Sequence[int], grain: int) -> list[int]:
    kept: list[int] = []
    for time in times:
        if not kept or time >= kept[-1] + grain:
            kept.append(time)
    return kept


def _typical(gaps: Sequence[float]) -> float:
    """The gap that a random moment falls into: gaps weighed by their length."""
    return sum(gap * gap for gap in gaps) / sum(gaps)


class Clock:
    """Hours weighed by the week of a source's targets, with mean 1.

    `weeks` are their shapes as Rate.shape gives them, each with its weight; plain hours without any.
    """

    def __init__(self, weeks: Iterable[tuple[float, Shape]] = ()) -> None:
        week = [0.0] * _WEEK
        for weight, (hours, days) in weeks:
            for hour in range(_WEEK):
                week[hour] += weight * hours[hour % 24] * days[hour // 24]
        total = sum(week)
        self._week = [hour * _WEEK / total for hour in week] if total > 0 else [1.0] * _WEEK
        self._sums = [0.0, *accumulate(self._week)]

    def at(self, minutes: float) -> float:
        """What it shows so many minutes after 1970 began."""
        weeks, rest = divmod((minutes * _MINUTE - _MONDAY) / _HOUR, _WEEK)
        hour = min(int(rest), _WEEK - 1)
        return weeks * _WEEK + self._sums[hour] + (rest - hour) * self._week[hour]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """The gaps longer than `least` hours: what `count` of them have beyond that has this mean, and is a Gamma
    variable of this shape; a month brings `monthly` of them."""

    least: float
    count: int
    mean: float
    shape: float
    monthly: float

    @classmethod
    def of(cls, beyond: Sequence[float], *, least: float, monthly: float) -> Self:
        mean = sum(beyond) / len(beyond)
        # The inverse of a Gamma variable's shape is its squared deviation in means: 1 for random publishing.
        scatter = sum((one - mean) ** 2 for one in beyond) / mean**2
        shape = (len(beyond) + _RANDOM) / (scatter + _RANDOM)
        # That gaps are even must be sure, by one standard error (of about sqrt(2 / count) in the logarithm).
        shape = max(shape / (1 + math.sqrt(2 / len(beyond))), min(shape, 1.0))
        return cls(least=least, count=len(beyond), mean=mean, shape=shape, monthly=monthly)

    def expected(self, silence: float) -> float:
        """How many silences of at least so many hours a usual month brings."""
        beyond = max(silence - self.least, 0.0)
        return self.monthly * gap_beyond(beyond, mean=self.mean, shape=self.shape, count=self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing new has come since `since`; a usual month brings at most `expected` silences of that length.

    Where that is small, it is the probability that a month brings one. `longest` is the longest gap of the 30
    days before, `weekly` the usual number of articles a week.
    """

    since: datetime
    expected: float
    longest: timedelta
    weekly: float

    @property
    def reported(self) -> bool:
        return self.expected < RARE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What is known of a source's targets: their news together, and (share of it, covered until) of each."""

    times: list[int]
    grain: int
    last: int
    covered: list[tuple[float, int]]
    weeks: list[tuple[float, Shape]]

    @classmethod
    def of(cls, targets: Sequence[tuple[Rate, News]]) -> Self | None:
        known = [(rate, rate.seen_until, news) for rate, news in targets if news.times]
        reach = max((news.reach for _, _, news in known), default=0)
        parts = [news.times[bisect_left(news.times, reach) :] for _, _, news in known]
        total = sum(map(len, parts))
        if total < FEWEST:
            return None
        share = [len(part) / total for part in parts]
        grain = max(news.grain for _, _, news in known)
        return cls(
            times=_thinned(sorted(time for part in parts for time in part), grain),
            grain=grain,
            last=max(news.last or 0 for _, _, news in known),
            covered=[
                (part, _minutes(until)) for part, (_, until, _) in zip(share, known, strict=True) if until
            ],
            weeks=[(part, rate.shape()) for part, (rate, _, _) in zip(share, known, strict=True)],
        )

    def expected(self, clock: Clock) -> float | None:
        """How many silences like this one a month brings, by this clock; None without enough pauses."""
        hours = [clock.at(time) for time in self.times]
        gaps = [after - before for before, after in pairwise(hours)]
        if not gaps:
            return None
        grain = min(self.grain * _MINUTE / _HOUR, max(gaps) / 2)
        least = max(_PAUSE * _typical(gaps), grain)
        beyond = [gap - least for gap in gaps if gap > least]
        if len(beyond) < FEWEST - 1:
            return None
        begin = clock.at(self.last)
        silence = sum(share * max(clock.at(until) - begin, 0.0) for share, until in self.covered)
        monthly = len(beyond) * _MONTH / sum(gaps)
        pasts = (beyond, beyond[-_RECENT:])
        return max(Pauses.of(past, least=least, monthly=monthly).expected(silence) for past in pasts)


def silence(targets: Sequence[tuple[Rate, News]]) -> Silence | None:
    """A source's silence, by its targets; None when too little is known of its past.

    Only time that successful polls covered counts, of each target by its share of the news: what one
    that fails would have named is not missed.
    """
    past = _Past.of(targets)
    if past is None:
        return None
    clocks = (Clock(), Clock(past.weeks))
    counts = [count for clock in clocks if (count := past.expected(clock)) is not None]
    if not counts:
        return None
    month = [time for time in past.times if time >= past.last - 30 * 24 * 60]
    longest = max((after - before for before, after in pairwise([*month, past.last])), default=0)
    return Silence(
        since=datetime.fromtimestamp(past.last * _MINUTE, UTC),
        expected=len(clocks) * min(counts),
        longest=timedelta(minutes=longest),
        weekly=_WEEK * sum(rate.level()[1] for rate, news in targets if news.times),
    )
