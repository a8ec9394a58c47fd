"""A word diff of two texts, in the order of the new one: what stayed, what was cut, what was added."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

from pipelines.changes.align import likeness
from pipelines.changes.parts import UNSPACED, paragraphs_of

# Less than this in common, and a paragraph is another one, not the same edited.
_SAME_PARAGRAPH = 0.4
_LOOK_AHEAD = 30
_MOST_TOKENS = 4000
_PIECE = re.compile(rf"\s+|[{UNSPACED}]|[^\s\w{UNSPACED}]|[^\W{UNSPACED}]+")


class Fate(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    CUT = "cut"
    ADDED = "added"


class Piece(NamedTuple):
    fate: Fate
    text: str


def word_diff(old: str, new: str) -> list[list[Piece]]:
    """The paragraphs of both texts (parted by a blank line), each as its pieces.

    The SAME and CUT pieces of all paragraphs make the old text, the SAME and ADDED ones the new one. Words
    are compared whole, scripts without spaces character by character.
    """
    return [_pieces(one, other) for one, other in _paragraphs(paragraphs_of(old), paragraphs_of(new))]


def _paragraphs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """(earlier, later) of each paragraph; "" for one that was not there."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(old[i1:i2], new[j1:j2], strict=True)
        else:
            yield from _partners(old[i1:i2], new[j1:j2])


def _partners(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    at = 0
    for other in new:
        near = range(at, min(len(old), at + _LOOK_AHEAD))
        place = max(near, key=lambda number: likeness(old[number], other), default=None)
        if place is None or likeness(old[place], other) < _SAME_PARAGRAPH:
            yield "", other
            continue
        yield from ((one, "") for one in old[at:place])
        yield old[place], other
        at = place + 1
    yield from ((one, "") for one in old[at:])


def _pieces(old: str, new: str) -> list[Piece]:
    if old == new:
        return [Piece(Fate.SAME, old)]
    first, second = _PIECE.findall(old), _PIECE.findall(new)
    if max(len(first), len(second)) > _MOST_TOKENS:
        return _filled([Piece(Fate.CUT, old), Piece(Fate.ADDED, new)])
    found: list[Piece] = []
    cut = added = ""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        same = "".join(first[i1:i2])
        if tag != "equal":
            cut, added = cut + same, added + "".join(second[j1:j2])
        elif (cut or added) and same.isspace():
            # A space between two changed words belongs to the change.
            cut, added = cut + same, added + same
        else:
            found += [Piece(Fate.CUT, cut), Piece(Fate.ADDED, added), Piece(Fate.SAME, same)]
            cut = added = ""
    return _filled([*found, Piece(Fate.CUT, cut), Piece(Fate.ADDED, added)])


def _filled(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.text]
