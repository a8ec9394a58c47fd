"""When a target is looked at next: pure functions of the visit that just ended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from crawler.schedule.hosts import DOWN_WAIT, Sign, of_answer
from crawler.schedule.polling import UNBOUNDED, Demand, Price, demand, poll_at
from crawler.schedule.rates import Rate
from crawler.schedule.silence import News
from pipelines.gaps import missed_some
from pipelines.items import FAILURES, Kind, Outcome, PollWish, Target, Visit

# An article is read again for corrections at these ages; corrections come early or not at all.
REREAD = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)
# Media Cloud gives a story up after 10 tries as well.
MAX_ARTICLE_FAILURES = 10
ARTICLE_RETRY = timedelta(minutes=5)
# Where it is the host that failed, the host is left alone (schedule/hosts.py), and the article asked for then
# is no worse than the others that wait for it: it is due again when they are, given up after a week or so.
HOST_RETRY = timedelta(seconds=DOWN_WAIT)
MAX_HOST_FAILURES = 20
ROBOTS_RETRY = timedelta(days=1)
# What is too much today will be so tomorrow, but for a mistake of the site's.
OVER_LIMIT_RETRY = timedelta(days=1)
MAX_OVER_LIMIT = 3

_READ = frozenset({Outcome.STORED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.NOT_MODIFIED})
_POLLED = frozenset({Outcome.LINKS, Outcome.UNCHANGED, Outcome.NOT_MODIFIED})
_MAX_AGE = re.compile(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a source's visits are planned by. `reread` are the ages at which an article is read again.

    `jitter` is a share, 0 to 1, that a wait is lengthened by, drawn by the caller: sources that were added
    together would otherwise be polled together for ever.
    """

    min_interval: timedelta
    max_interval: timedelta
    reread: Sequence[timedelta] = REREAD
    price: Price = UNBOUNDED
    jitter: float = 0.0


@dataclass(slots=True)
class Rhythm:
    """What is kept with a target: its rate and its last news, the most entries shown, what it asks for."""

    rate: Rate = field(default_factory=Rate)
    news: News = field(default_factory=News)
    page_size: int = 0
    wish: PollWish = field(default_factory=PollWish)

    @classmethod
    def of(cls, record: Mapping[str, Any] | None) -> Self:
        if not record:
            return cls()
        wish = record.get("wish") or {}
        return cls(
            rate=Rate.of(record.get("rate")),
            news=News.of(record.get("news")),
            page_size=int(record.get("page_size", 0)),
            wish=PollWish(
                wait=float(wish.get("wait", 0)),
                skip_hours=tuple(wish.get("skip_hours", ())),
                skip_days=tuple(wish.get("skip_days", ())),
            ),
        )

    def record(self) -> dict[str, Any]:
        return {
            "rate": self.rate.record(),
            "news": self.news.record(),
            "page_size": self.page_size,
            "wish": asdict(self.wish),
        }

    def demand(self, *, min_interval: timedelta, max_interval: timedelta) -> Demand:
        shortest = max(min_interval, timedelta(seconds=min(self.wish.wait, max_interval.total_seconds())))
        return demand(self.rate, shortest=shortest, longest=max_interval)


def planned(visit: Visit, rules: Rules) -> Target:
    """The target as it is after the visit: due again at the right time or never, its rhythm learned.

    The ended visit carries its outcome, `fresh` links and `ended_at`; its target what was before.
    """
    assert visit.ended_at is not None
    if visit.target.kind is Kind.ARTICLE:
        wait = _article_wait(visit, rules)
        due_at = None if wait is None else visit.ended_at + wait * (1 + rules.jitter)
        return replace(visit.target, due_at=due_at)
    # The second and further pages of a listing change only as the first one pushes articles down.
    if visit.outcome not in _POLLED or visit.target.depth >= 2:
        wait = _root_wait(visit, rules)
        return replace(visit.target, due_at=visit.ended_at + wait * (1 + rules.jitter))
    rhythm = learned(visit)
    return replace(visit.target, due_at=_next_poll(visit, rhythm, rules), rhythm=rhythm.record())


def learned(visit: Visit) -> Rhythm:
    """The target's rhythm after a poll that was answered."""
    rhythm = Rhythm.of(visit.target.rhythm)
    # Taken at its beginning: what is published while it is read shows at the next one.
    published = [link.published_at for link in visit.fresh]
    rhythm.news.learn(rhythm.rate.seen_until, visit.started_at, published)
    rhythm.rate.learn(visit.started_at, published, missed=missed_some(visit))
    rhythm.page_size = max(rhythm.page_size, sum(link.kind is Kind.ARTICLE for link in visit.links))
    if visit.outcome is Outcome.LINKS:
        rhythm.wish = visit.wish or PollWish()
    return rhythm


def _next_poll(visit: Visit, rhythm: Rhythm, rules: Rules) -> datetime:
    assert visit.ended_at is not None
    if missed_some(visit):
        due_at = visit.ended_at + rules.min_interval
    else:
        due_at = poll_at(
            rhythm.rate,
            visit.ended_at,
            price=rules.price,
            shortest=rules.min_interval,
            longest=rules.max_interval,
            page_size=rhythm.page_size,
        )
    last = visit.ended_at + max(rules.price.cap(rules.max_interval), rules.min_interval)
    due_at = min(due_at + (due_at - visit.ended_at) * rules.jitter, last)
    return max(due_at, _asked_for(visit, rhythm.wish, due_at, rules.max_interval))


def _asked_for(visit: Visit, wish: PollWish, due_at: datetime, longest: timedelta) -> datetime:
    """The earliest time that the publisher wishes for, within the source's longest interval."""
    assert visit.ended_at is not None
    wait = max(wish.wait, _max_age(visit))
    earliest = max(due_at, visit.ended_at + timedelta(seconds=wait))
    last = visit.ended_at + longest
    while earliest < last and (earliest.hour in wish.skip_hours or earliest.weekday() in wish.skip_days):
        earliest = earliest.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min(earliest, max(last, due_at))


def _max_age(visit: Visit) -> float:
    """Seconds that the answer stays fresh by Cache-Control, less its Age (RFC 9111, 4.2)."""
    if visit.page is None:
        return 0.0
    found = _MAX_AGE.search(visit.page.headers.get("cache-control", ""))
    age = visit.page.headers.get("age", "")
    return max(float(found[1]) - (float(age) if age.isdecimal() else 0.0), 0.0) if found else 0.0


def _root_wait(visit: Visit, rules: Rules) -> timedelta:
    if visit.outcome in FAILURES:
        return _doubled(rules.min_interval, visit.target.failures + 1, rules.max_interval)
    if visit.outcome is Outcome.ROBOTS:
        return max(ROBOTS_RETRY, rules.min_interval)
    return rules.max_interval


def _article_wait(visit: Visit, rules: Rules) -> timedelta | None:
    target, ages = visit.target, rules.reread
    withdrawn = visit.article is not None and visit.outcome is Outcome.GONE
    if withdrawn and ages and visit.article and visit.article.withdrawn_at == visit.ended_at:
        # One look more, however old it is: a server may have said so by mistake.
        return ages[0]
    if not withdrawn and visit.outcome not in _READ:
        return _article_retry(visit, rules)
    if target.visits >= len(ages):
        return None
    return ages[target.visits] - (ages[target.visits - 1] if target.visits else timedelta(0))


def _article_retry(visit: Visit, rules: Rules) -> timedelta | None:
    target, ages = visit.target, rules.reread
    if visit.outcome is Outcome.OVER_LIMIT:
        return OVER_LIMIT_RETRY if target.failures + 1 < MAX_OVER_LIMIT else None
    if visit.outcome in FAILURES:
        hosts = _of_host(visit)
        if target.failures + 1 >= (MAX_HOST_FAILURES if hosts else MAX_ARTICLE_FAILURES):
            return None
        return _doubled(HOST_RETRY if hosts else ARTICLE_RETRY, target.failures, timedelta(days=1))
    return ROBOTS_RETRY if visit.outcome is Outcome.ROBOTS and target.visits < len(ages) else None


def _of_host(visit: Visit) -> bool:
    """Whether the host failed and not the page: nobody answered, or it asked to be left alone."""
    if visit.page is None:
        return True
    assert visit.ended_at is not None
    seen = of_answer(visit.page.status, visit.page.headers, now=visit.ended_at)
    return seen is not None and seen.sign in (Sign.ASKED, Sign.DOWN)


def _doubled(base: timedelta, times: int, cap: timedelta) -> timedelta:
    # 2**16 times any base is beyond every cap; the bound keeps timedelta from overflowing.
    factor: int = 2 ** min(times, 16)
    return max(min(base * factor, cap), min(base, cap))
