"""Scores: the shingle metric of scrapinghub/article-extraction-benchmark, and exact fields."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time
from statistics import mean, stdev

_SHINGLE = 4
_RESAMPLES = 1000


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """The multiset of 4-token shingles; a shorter text is one shingle of all its tokens."""
    tokens = re.findall(r"\w+", text)
    if not tokens:
        return Counter()
    return Counter(tuple(tokens[at : at + _SHINGLE]) for at in range(max(1, len(tokens) - _SHINGLE + 1)))


def precision_recall(found: str, truth: str) -> tuple[float, float]:
    """Of one page, each 0 to 1."""
    mine, true = shingles(found), shingles(truth)
    right = sum((mine & true).values())
    wrong, missed = sum((mine - true).values()), sum((true - mine).values())
    return (
        right / (right + wrong) if right + wrong else 0.0,
        right / (right + missed) if right + missed else 0.0,
    )


def f1(pairs: Sequence[tuple[float, float]]) -> float:
    """The harmonic mean of the mean precision and the mean recall."""
    precision, recall = mean(pair[0] for pair in pairs), mean(pair[1] for pair in pairs)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def bootstrap_error(pairs: Sequence[tuple[float, float]], *, seed: int = 0) -> float:
    """The standard error of `f1` over resamples of the pages."""
    chance = random.Random(seed)  # a bench's sampling, not a secret
    return (
        stdev(f1(chance.choices(pairs, k=len(pairs))) for _ in range(_RESAMPLES)) if len(pairs) > 1 else 0.0
    )


def segments(found: str, must: Sequence[str], must_not: Sequence[str]) -> tuple[int, int]:
    """(right, all): strings that had to be in the text and are, and those that had not to be and are not."""
    text = " ".join(found.split())
    right = sum(" ".join(one.split()) in text for one in must)
    right += sum(" ".join(one.split()) not in text for one in must_not)
    return right, len(must) + len(must_not)


def fold(text: str | None) -> str:
    """For comparing names and titles: letters and digits alone, in one case."""
    return "".join(character for character in (text or "").casefold() if character.isalnum())


def same_day(found: str, truth: str) -> bool:
    """A day as written or in UTC: a truth in UTC and a page's own zone can tell one instant by two days."""
    return bool(_days(found) & _days(truth))


def same_minute(found: str, truth: str) -> bool | None:
    """Whether it is the same instant, a time without a zone read as UTC; None where the truth is no instant."""
    true, mine = _parsed(truth), _parsed(found)
    if true is None or true.tzinfo is None or true.time() == time.min:
        return None
    if mine is None:
        return False
    mine = mine if mine.tzinfo else mine.replace(tzinfo=UTC)
    return mine.astimezone(UTC).replace(second=0, microsecond=0) == true.astimezone(UTC).replace(
        second=0, microsecond=0
    )


def _days(written: str) -> set[str]:
    parsed = _parsed(written)
    if parsed is None:
        return set()
    return {parsed.date().isoformat()} | (
        {parsed.astimezone(UTC).date().isoformat()} if parsed.tzinfo else set()
    )


def _parsed(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None
