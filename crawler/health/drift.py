"""Whether what is read of a source's articles is still what it was. Pure.

The newest first readings are compared with those before them, each figure by a test that chance passes once
in 100,000, and only where the difference is large: texts half or twice as long, shares that differ by two
fifths. Shares are looked at on the side that is worse only: a field that appears is no trouble, and lines are
learned as time goes by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

from crawler.health.findings import Finding, Trouble
from crawler.schedule.odds import rank_sum_chance, share_chance
from pipelines.items import Outcome

if TYPE_CHECKING:
    from pipelines.store.health import History, ReadOnce

# The newest readings that are compared, and the fewest that must lie before them.
NEWEST, FEWEST_BEFORE = 20, 40
_CHANCE = 1e-5
_TIMES_LONGER, _SHARE = 2.0, 0.4

Has = Callable[["ReadOnce"], bool]


def drifting(history: History) -> Iterator[Finding]:
    """One finding that names every figure that has changed."""
    new, past = history.readings[:NEWEST], history.readings[NEWEST:]
    if len(past) < FEWEST_BEFORE:
        return
    figures = [*_refused(new, past), *_of_articles(_stored(history.readings))]
    if figures:
        yield Finding(
            source=history.source,
            trouble=Trouble.DRIFTING,
            detail="; ".join(figures),
            since=new[-1].ended_at,
        )


def _stored(readings: Sequence[ReadOnce]) -> Sequence[ReadOnce]:
    return [reading for reading in readings if reading.outcome is Outcome.STORED]


def _refused(new: Sequence[ReadOnce], past: Sequence[ReadOnce]) -> Iterator[str]:
    shares = _shares(lambda reading: reading.outcome is not Outcome.STORED, new, past)
    if shares and shares[0] > shares[1]:
        yield f"pages read as no article or too short {shares[0]:.0%}, before {shares[1]:.0%}"


def _of_articles(stored: Sequence[ReadOnce]) -> Iterator[str]:
    new, past = stored[:NEWEST], stored[NEWEST:]
    if len(past) < FEWEST_BEFORE:
        return
    yield from _length(new, past)
    for name, has in _FIELDS.items():
        shares = _shares(has, new, past)
        if shares and shares[0] < shares[1]:
            yield f"{name} {shares[0]:.0%}, before {shares[1]:.0%}"


_FIELDS: dict[str, Has] = {
    "with authors": lambda reading: reading.authors,
    "with a date": lambda reading: reading.published,
    "with a description": lambda reading: reading.description,
    "with an image": lambda reading: reading.image,
    "with learned lines taken out": lambda reading: reading.learned > 0,
}


def _length(new: Sequence[ReadOnce], past: Sequence[ReadOnce]) -> Iterator[str]:
    words, before = [one.words for one in new], [one.words for one in past]
    middle, usual = median(words), median(before)
    far = max(middle, usual) >= _TIMES_LONGER * max(min(middle, usual), 1)
    if far and rank_sum_chance(words, before) < _CHANCE:
        yield f"median text {middle:.0f} words, before {usual:.0f}"


def _shares(has: Has, new: Sequence[ReadOnce], past: Sequence[ReadOnce]) -> tuple[float, float] | None:
    """The shares that have it, now and before; None when they may be the same."""
    hits, hits_before = sum(map(has, new)), sum(map(has, past))
    share, usual = hits / len(new), hits_before / len(past)
    if abs(share - usual) < _SHARE or share_chance(hits, len(new), hits_before, len(past)) >= _CHANCE:
        return None
    return share, usual
