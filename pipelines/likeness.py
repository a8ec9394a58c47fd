"""How much two texts share, and whether one is a copy of the other. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.sketch import Hashes, Letters, runs

Mask = npt.NDArray[np.bool_]

# The limits below were set on variants of the pages of one half of the sites and measured on
# the other. Two writers on one topic who quote the same sentences share a third of the shorter text at most,
# and so do pages with a site's standing paragraphs; an edited half of a story with a box in it shares half.
COPIED = 0.42
# From here on no more is asked: no hole of one's own in a text leaves this much.
SURELY = 0.8
# A text that is a small part of another one is a quotation, or the other one a digest.
OF_LONGER = 0.12
# What is shared at least, in compared runs laid end to end: some 15 words.
_LEAST = 5
# A gap between shared parts is a hole when both texts have other words there: more than a sentence (some 45
# words) and more than this share of the shorter text.
_SENTENCE = 16
_HOLE = 0.25
# A shared phrase shorter than this many compared runs does not divide a hole: some 8 words.
_ANCHOR = 3
# Reports in one form (stocks, weather, results) share their phrases and differ in their figures. Who edits a
# text leaves most figures as they are. Counted in both texts: two figures at least that changed, more than
# half of all, and one to every 16 compared runs of shared text laid end to end (40 words).
_CHANGED = 0.55
_CHANGED_LEAST = 4
_CHANGED_EACH = 16

# Digits, and numbers written in Han characters (two at least: a single one is part of many words).
_FIGURE = re.compile(r"\d+|[〇零一二三四五六七八九十百千万萬亿億兆]{2,}")


class Likeness(NamedTuple):
    """What two texts share: `one` and `other` are the shares of each one's letters (0 to 1) that stand in
    both in the same words, `enough` whether that is more than a phrase.

    `hole` is the longest part, as a share of the shorter text, before or between shared parts where each text
    has words of its own; looked for only where less than `SURELY` is shared. `figures` is the number of
    figures amid what is shared, in both, `changed` how many of them the other text does not have, `refilled`
    whether these are so many that the two are reports in one form.
    """

    one: float
    other: float
    enough: bool = False
    hole: float = 0.0
    figures: int = 0
    changed: int = 0
    refilled: bool = False

    @property
    def is_copy(self) -> bool:
        shared, least = max(self.one, self.other), min(self.one, self.other)
        if not self.enough or shared < COPIED or least < OF_LONGER:
            return False
        return not self.refilled and (shared >= SURELY or self.hole == 0.0)

    @property
    def differs(self) -> float:
        """The share (0 to 1) of all letters of the two that stand in one of them only."""
        return 1 - (self.one + self.other) / 2


def likeness(one: Letters, other: Letters) -> Likeness:
    size = min(one.script.compared, other.script.compared)
    first, second = runs(one, size), runs(other, size)
    mine = _covered(_found(first, second), one, size)
    theirs = _covered(_found(second, first), other, size)
    found = Likeness(one=_share(mine), other=_share(theirs))
    shared = max(found.one, found.other)
    if shared < COPIED:
        return found
    letters = int(mine.sum()), int(theirs.sum())
    figures, changed = map(sum, zip(_figures(one, mine, other), _figures(other, theirs, one), strict=True))
    return found._replace(
        enough=min(letters) >= _LEAST * size,
        hole=_hole(first, second, mine, size, len(other.codes)) if shared < SURELY else 0.0,
        figures=figures,
        changed=changed,
        refilled=changed
        >= max(_CHANGED_LEAST, _CHANGED * figures, sum(letters) / (2 * _CHANGED_EACH * size)),
    )


def _share(mask: Mask) -> float:
    return float(mask.mean()) if len(mask) else 0.0


def _found(hashes: Hashes, among: Hashes) -> Mask:
    """Which hashes stand among the others, by a Bloom filter (1970) of three tables that fit the cache.

    Wrong for 3 in 10^5 that do not; several times as fast as sorting.
    """
    width = len(among).bit_length() + 5
    mask = np.uint64((1 << width) - 1)
    found = np.ones(len(hashes), dtype=np.bool_)
    for keep in map(np.uint64, (0, 20, 40)):
        table = np.zeros(1 << width, dtype=np.bool_)
        table[(among >> keep) & mask] = True
        found &= table[(hashes >> keep) & mask]
    return found


def _covered(starts: Mask, letters: Letters, size: int) -> Mask:
    """Which letters stand in one of the runs that begin at `starts`."""
    size = min(size, len(letters.codes))
    edges = np.zeros(len(letters.codes) + 1, dtype=np.int64)
    places = np.flatnonzero(starts)
    edges[places] += 1
    edges[places + size] -= 1
    return np.cumsum(edges[:-1]) > 0


def _hole(first: Hashes, second: Hashes, covered: Mask, size: int, total: int) -> float:
    """The longest hole as a share of the shorter text; 0.0 when it is none to speak of."""
    places = dict(zip(second.tolist(), range(len(second)), strict=True))
    longest = mine = theirs = 0
    for start, end in _stretches(covered):
        # The first and the last run of the stretch, where the other text has them.
        here, there = places.get(int(first[start])), places.get(int(first[end - size]))
        if end - start < _ANCHOR * size or here is None or there is None:
            continue
        longest = max(longest, min(start - mine, here - theirs))
        mine, theirs = end, there + size
    share = longest / max(1, min(len(covered), total))
    return share if longest > _SENTENCE * size and share > _HOLE else 0.0


def _stretches(covered: Mask) -> list[tuple[int, int]]:
    """(start, end) of each stretch of covered letters."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], covered, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _figures(letters: Letters, covered: Mask, other: Letters) -> tuple[int, int]:
    """(figures amid shared text, those of them that the other text lacks)."""
    known = set(_FIGURE.findall(other.text))
    near = 2 * letters.script.compared
    total = changed = 0
    for match in _FIGURE.finditer(letters.text):
        start, end = match.span()
        if covered[max(0, start - near) : start].any() and covered[end : end + near].any():
            total += 1
            changed += match[0] not in known
    return total, changed
