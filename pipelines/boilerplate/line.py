"""Line: what is remembered of one line of an article, to compare it with those of others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from pipelines.boilerplate.lines import length, normal
from pipelines.items import Cut

# The rule that takes lines learned per site: its cuts say where the line stood.
RULE = "learned"
# What ends a sentence; no colon, which ends headings, and no question mark, for the same reason.
_STOP = re.compile(r"[.!…。！۔।॥።။។]['\"”’»«›)\]】」』）]*$")
# As in boilerplate.lines: a line this long is running text, a shorter one when it ends as a sentence.
_LONG = 60
_SENTENCE = 18


class Line(NamedTuple):
    """`mark` is its fingerprint, `size` its characters (those of dense scripts count 2.5 times).

    `whole` tells running text, a sentence at least, from a label or heading.
    """

    mark: int
    size: int
    whole: bool


def fingerprint(line: str) -> int:
    """A signed 64-bit number of the line's normal form, the same on every machine and for ever."""
    return _mark(normal(line))


def _mark(normal_form: str) -> int:
    digest = blake2b(normal_form.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def lines_of(text: str, cuts: Iterable[Cut] = ()) -> tuple[Line, ...]:
    """The lines of an article's text, with those that learned rules took (`cuts`) back in their places.

    Lines of nothing but marks ("***") are left out: they set off parts of a text.
    """
    lines = text.split("\n\n")
    taken = [cut for cut in cuts if cut.rule == RULE and cut.place is not None]
    for cut in sorted(taken, key=lambda cut: cut.place or 0):
        lines.insert(cut.place or 0, cut.line)
    return tuple(_line(line, form) for line in lines if (form := normal(line)))


def _line(text: str, normal_form: str) -> Line:
    size = round(length(text))
    whole = size >= _LONG or (size >= _SENTENCE and _STOP.search(text.rstrip()) is not None)
    return Line(_mark(normal_form), size, whole)
