"""How often a target publishes: a filter over rate levels, times a profile of the week. Pure.

Publications of a target are taken for a Poisson process whose rate at time t is `level * shape(t)`. The level
jumps: it is a Markov chain over a fixed ladder of rates, so that the process is a Markov-modulated Poisson
process, and what is known of the level is its posterior, carried on exactly by Bayes' rule (the forward
recursion; Fischer and Meier-Hellstern, "The Markov-modulated Poisson process cookbook", Performance
Evaluation 18, 1993). A jump leads to where the target usually is (`usual`, a Gamma distribution, which is
conjugate to the Poisson one), or with a small share elsewhere, the less likely the farther: so a burst is
believed after a few articles, ends by itself, and a lasting change becomes the usual.

The shape has a factor for each hour of the day (UTC) and each day of the week, with mean 1: see `week.py`.

Evidence is what a poll reveals, over just the time that it covers: an article that was published long before
a late poll, and an interval that was long because nobody looked, say nothing of a low rate.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from crawler.schedule.week import Habits, Week, clock

HOUR = 3600.0
# Articles an hour: from one in two months to 200 an hour. A true rate lies within a seventh of a step.
_RATIO = 1.3
LADDER = tuple(1 / 1440 * _RATIO**step for step in range(49))
# A level lasts so many hours on average before it jumps: the usual ones, and a burst of breaking news.
LASTS, BURST_LASTS = 16.0, 3.0
# A burst is what is so many times as fast as usual.
_BURST = 2.0
# Of the jumps, this share leads elsewhere on the ladder.
_ELSEWHERE = 0.3
# The usual level is that of so many articles, but of no less and no more hours than these.
_USUAL_ARTICLES, _USUAL_HOURS = 40.0, (72.0, 24.0 * 45)
# Levels of now are drawn around the usual one at least this widely: the shape of a Gamma distribution.
_WIDEST_SHAPE = 24.0
# What is known of a target before the first poll, as a Gamma distribution: as many articles in so many hours.
_FIRST = (0.3, 0.5)
# Of a first reading, only the newest entries of so much time: older ones may have been thinned out.
_FIRST_READ, _FIRST_SPAN = 100, timedelta(days=60)
# A poll that is earlier than the last one by more than this is a clock that went back.
_BACK = timedelta(minutes=10)
# Two articles of one minute are no wonder; more with one date are not believed.
_SAME = 2
# In one reading, after so many steps the usual level is looked at anew; and it has no more steps than these.
_BATCH, _MOST_STEPS = 8, 64
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
    weighed by the shape), old evidence faded; `habits` is the shape's evidence.
    """

    seen_until: datetime | None = None
    now: list[float] = field(default_factory=lambda: _gamma(*_FIRST))
    usual: list[float] = field(default_factory=lambda: [*_FIRST])
    habits: Habits = field(default_factory=Habits)
    articles: float = 0.0

    # --- what it says ---------------------------------------------------------------------------------

    def shape(self) -> tuple[list[float], list[float]]:
        """The factors by hour of the day and by day of the week, each with mean 1."""
        return self.habits.day(), self.habits.week()

    def level(self) -> tuple[float, float]:
        """Articles an hour, averaged over the week: as it is now, and as it usually is."""
        return _mean(self.now), self.usual[0] / self.usual[1]

    def beyond(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(articles an hour that the level of now is beyond the usual one, hours that this lasts): what is
        near the usual, and what is a burst."""
        usual = self.usual[0] / self.usual[1]
        first = _first_of_a_burst(usual)
        terms = [share * (level - usual) for share, level in zip(self.now, LADDER, strict=True)]
        return (sum(terms[:first]), LASTS), (sum(terms[first:]), BURST_LASTS)

    # --- what it learns -------------------------------------------------------------------------------

    def learn(self, until: datetime, published: Iterable[datetime | None], *, missed: bool = False) -> None:
        """A poll at `until` showed these new articles; None for one without a date, or with an unlikely one.

        The first poll only sets the beginning: what it shows is of unknown age, but for the dates it gives.
        `missed` says that more may have come and gone since the last poll: then nothing is known of the time
        before the oldest of these, and without dates nothing at all. Where the clock went back, the watch
        begins anew.
        """
        known = _believed(published, until)
        dated = sorted(when for when in known if when is not None)
        if self.seen_until is None:
            self._begin(until, dated)
            return
        if until <= self.seen_until:
            # Polls may end out of order by seconds.
            self.seen_until = until if self.seen_until - until > _BACK else self.seen_until
            return
        start, self.seen_until = self.seen_until, until
        dated = [when for when in dated if when > start]
        if missed:
            if len(dated) < 2:
                return
            start, *dated = dated
            known = list(dated)
        undated = len(known) - len(dated)
        self._read(clock(start), clock(until), [clock(when) for when in dated], undated=undated)

    def _begin(self, until: datetime, dated: list[datetime]) -> None:
        """The dates of a first poll count as if it had been watched since the oldest but one."""
        self.seen_until = until
        dated = [when for when in dated[-_FIRST_READ:] if until - when <= _FIRST_SPAN]
        if len(dated) >= 2:
            self.seen_until = dated[0]
            self.learn(until, dated[1:])

    def _read(self, start: float, until: float, dated: list[float], *, undated: int) -> None:
        week = Week(*self.shape())
        around: list[float] = []
        for number, (begin, end, count) in enumerate(_steps(start, until, dated, undated)):
            if number % _BATCH == 0:
                around = self._around()
            self._step(end - begin, week.weigh(begin, end), count, around)
        self.articles += len(dated) + undated
        self.habits.fade(until - start)
        self.habits.watch(start, until)
        for at in dated:
            self.habits.count(at, 1.0)
        if undated:
            self.habits.spread(start, until, undated, week)

    def _step(self, hours: float, exposure: float, count: float, around: Sequence[float]) -> None:
        """So many hours, weighed by the shape, at whose end there were so many articles."""
        jumped = self._jumped(hours, around)
        logs = [count * log - rate * exposure for rate, log in zip(LADDER, _LOGS, strict=True)]
        best = max(logs)
        self.now = _share([share * math.exp(log - best) for share, log in zip(jumped, logs, strict=True)])
        least, most = _USUAL_HOURS
        memory = min(max(_USUAL_ARTICLES * self.usual[1] / self.usual[0], least), most)
        keep = math.exp(-hours / memory)
        # What was first believed never fades: else a silent target's rate would become nothing.
        self.usual = [
            first + keep * (known - first) + seen
            for first, known, seen in zip(_FIRST, self.usual, (count, exposure), strict=True)
        ]

    def _jumped(self, hours: float, around: Sequence[float]) -> list[float]:
        """What is known of the level when it may have jumped in these hours."""
        first = _first_of_a_burst(self.usual[0] / self.usual[1])
        stay, last = math.exp(-hours / LASTS), math.exp(-hours / BURST_LASTS)
        stayed = [stay * share for share in self.now[:first]] + [last * share for share in self.now[first:]]
        left = 1 - sum(stayed)
        return [here + left * there for here, there in zip(stayed, around, strict=True)]

    def _around(self) -> list[float]:
        """Where jumps lead."""
        articles, hours = self.usual
        wide = min(1.0, _WIDEST_SHAPE / articles)
        usual = _gamma(wide * articles, wide * hours)
        times = [rate * hours / articles for rate in LADDER]
        far = _share([min(many, 1 / many) for many in times])
        return [
            (1 - _ELSEWHERE) * near + _ELSEWHERE * elsewhere
            for near, elsewhere in zip(usual, far, strict=True)
        ]

    # --- how it is kept -------------------------------------------------------------------------------

    def record(self) -> dict[str, Any]:
        """JSON values, rounded: some 1,200 bytes."""
        habits = self.habits
        return {
            "seen_until": None if self.seen_until is None else self.seen_until.isoformat(),
            "now": [_brief(share) for share in self.now],
            "usual": [round(value, 3) for value in self.usual],
            "articles": round(self.articles, 3),
            "day": [_round(habits.hours), _round(habits.hours_watched)],
            "week": [_round(habits.days), _round(habits.days_watched)],
        }

    @classmethod
    def of(cls, record: Mapping[str, Any] | None) -> Self:
        """From `record`; anything that is not one (another version's) begins anew."""
        if not record:
            return cls()
        try:
            seen = record["seen_until"]
            hours, hours_watched = (list(map(float, values)) for values in record["day"])
            days, days_watched = (list(map(float, values)) for values in record["week"])
            rate = cls(
                seen_until=None if seen is None else datetime.fromisoformat(seen).astimezone(UTC),
                now=_share([float(share) for share in record["now"]]),
                usual=[float(value) for value in record["usual"]],
                habits=Habits(hours, hours_watched, days, days_watched),
                articles=float(record["articles"]),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            return cls()
        sizes = (len(rate.now), len(rate.usual), *map(len, (hours, hours_watched, days, days_watched)))
        return rate if sizes == (len(LADDER), 2, 24, 24, 7, 7) and min(rate.usual) > 0 else cls()


def _believed(published: Iterable[datetime | None], until: datetime) -> list[datetime | None]:
    """The dates, None instead of one that is later than the poll or that several articles share: a feed that
    stamps its entries all at once says nothing of when they came, and would look like a burst."""
    listed = list(published)
    times = Counter(listed)
    return [when if when is not None and when <= until and times[when] <= _SAME else None for when in listed]


def _round(values: Iterable[float]) -> list[float]:
    return [round(value, 2) for value in values]


def _brief(share: float) -> float:
    return float(f"{share:.3g}")


def _mean(shares: Sequence[float]) -> float:
    return sum(share * rate for share, rate in zip(shares, LADDER, strict=True))


def _first_of_a_burst(usual: float) -> int:
    """The lowest level of the ladder that is a burst."""
    return max(0, math.ceil(math.log(_BURST * usual / LADDER[0]) / math.log(_RATIO)))


def _steps(
    start: float, until: float, dated: Sequence[float], undated: int
) -> Iterable[tuple[float, float, float]]:
    """(from, to, articles) steps through the time of a poll; undated articles are spread over it evenly."""
    begin, size = start, max(1, math.ceil(len(dated) / _MOST_STEPS))
    ends = [(dated[at], size) for at in range(size - 1, len(dated), size)]
    for end, count in [*ends, (until, len(dated) % size)]:
        extra = undated * (end - begin) / (until - start)
        yield begin, end, count + extra
        begin = end
