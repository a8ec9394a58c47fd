"""The publisher's clock: one date out of all that page and feed claim, and what is doubtful about it.

The order of the choice is told in docs/versions.md. Our own clock (`first_seen_at`) has no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from pipelines.metadata.dates import EARLIEST, LEEWAY, SAME_DAY, Dated, Precision, agree, plausible


class Flag(StrEnum):
    """What is doubtful about the dates an article is said to be of."""

    FUTURE = "future"
    TOO_OLD = "too_old"
    DISAGREES = "disagrees"
    ZONE_UNKNOWN = "zone_unknown"


FLAG_MEANING: Mapping[Flag, str] = {
    Flag.FUTURE: "feed, JSON-LD or page name a time that had not come yet when the page was read",
    Flag.TOO_OLD: "they name a time before 1990, or more than a year before what the feed says",
    Flag.DISAGREES: "two of feed, JSON-LD and page are more than a day apart",
    Flag.ZONE_UNKNOWN: "the time that was chosen names no time zone; it was taken as UTC",
}

_DAY = timedelta(days=1)
# How much a publisher's clock may be ahead of ours before we speak of the future.
_SKEW = timedelta(hours=1)
# A feed holds what is new: what is said to be that much older is not what the feed means.
_BEFORE_THE_FEED = timedelta(days=366)
# Places that tell the same thing twice confirm nothing.
_GROUPS = {"time": "shown", "text": "shown"}


class Claim(NamedTuple):
    """A date and where it stood: "json-ld", "meta", "time", "text", "url" or "feed"."""

    dated: Dated
    source: str

    @property
    def group(self) -> str:
        return _GROUPS.get(self.source, self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The chosen date, in UTC; all None where nothing plausible is claimed. `flags` are sorted."""

    at: datetime | None = None
    precision: Precision | None = None
    source: str | None = None
    flags: tuple[str, ...] = ()


def choose(claims: Sequence[Claim], *, now: datetime) -> Published:
    """The date of an article read at `now`, of claims in the order they are believed.

    Among the first plausible ones of each place: those that another place confirms within a day, of these
    those that are neither in the future nor far older than the feed, of these the first. A later claim that
    is more exact and can be the same moment takes its place.
    """
    possible = [claim for claim in claims if plausible(claim.dated, now=now)]
    first = _first_of_each(possible)
    flags = {*_doubts(claims, now=now)}
    if not first:
        return Published(flags=_sorted(flags))
    feed = _feed_of(first)
    ranked = [
        (
            not any(near(claim.dated, other.dated) for other in first if other is not claim),
            _is_future(claim.dated, now) or _precedes(claim.dated, feed),
            place,
        )
        for place, claim in enumerate(first)
    ]
    chosen = first[min(ranked)[2]]
    for claim in possible:
        if says_more(claim.dated, chosen.dated) and same_moment(claim.dated, chosen.dated):
            chosen = claim
    if chosen.dated.precision != "day" and not chosen.dated.zoned:
        flags.add(Flag.ZONE_UNKNOWN)
    return Published(
        at=chosen.dated.at,
        precision=chosen.dated.precision,
        source=chosen.source,
        flags=_sorted(flags),
    )


def near(one: Dated, other: Dated) -> bool:
    """Whether two dates are within a day, given how exact they are."""
    limit = SAME_DAY if "day" in (one.precision, other.precision) else _DAY
    return abs(one.at - other.at) <= limit


def says_more(one: Dated, other: Dated) -> bool:
    return (one.precision != "day", one.zoned) > (other.precision != "day", other.zoned)


def same_moment(one: Dated, other: Dated) -> bool:
    """A time without a zone is the same moment as one with the same digits and a zone."""
    local = Dated(at=one.at + one.offset, precision=one.precision)
    return agree(one, other) or (not other.zoned and agree(local, other))


def feed_claim(at: datetime) -> Claim:
    """What the feed or sitemap said that named the article; midnight stands for the day."""
    precision: Precision = "second" if at.time().replace(tzinfo=None) != datetime.min.time() else "day"
    return Claim(Dated(at=at, precision=precision, zoned=True), "feed")


def _first_of_each(claims: Sequence[Claim]) -> list[Claim]:
    found: dict[str, Claim] = {}
    for claim in claims:
        found.setdefault(claim.group, claim)
    return list(found.values())


def _sorted(flags: Iterable[Flag]) -> tuple[str, ...]:
    return tuple(sorted(flag.value for flag in flags))


def _feed_of(claims: Iterable[Claim]) -> Dated | None:
    return next((claim.dated for claim in claims if claim.source == "feed"), None)


def _is_future(dated: Dated, now: datetime) -> bool:
    return dated.at > now + (_SKEW if dated.precision != "day" and dated.zoned else LEEWAY)


def _precedes(dated: Dated, feed: Dated | None) -> bool:
    return feed is not None and dated.at < feed.at - _BEFORE_THE_FEED


def _doubts(claims: Sequence[Claim], *, now: datetime) -> Iterator[Flag]:
    """What feed, JSON-LD and page give reason to doubt. The page is its meta elements, else what it shows; an
    address may name the day of another thing."""
    first = {claim.group: claim for claim in _first_of_each(claims)}
    named = ("json-ld", "meta" if "meta" in first else "shown", "feed")
    declared = [first[group] for group in named if group in first]
    feed = _feed_of(claim for claim in declared if plausible(claim.dated, now=now))
    if any(_is_future(claim.dated, now) for claim in declared):
        yield Flag.FUTURE
    if any(claim.dated.at < EARLIEST or _precedes(claim.dated, feed) for claim in declared):
        yield Flag.TOO_OLD
    if any(not near(one.dated, other.dated) for one, other in combinations(declared, 2)):
        yield Flag.DISAGREES
