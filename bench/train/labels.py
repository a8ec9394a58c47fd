"""Which lines of a page are its article's, by the known text; or by strings that must and must not stand in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bench.extraction.metric import shingles
from pipelines.judge.choices import bare

_WORD = re.compile(r"\w+")
# A line as long as this is known by its shingles; a shorter one has to be a whole line of the truth.
_SHINGLED = 4


def by_text(lines: Sequence[str], chosen: Sequence[bool], truth: str) -> list[float | None]:
    """The share of each line that stands in the truth, 0 to 1; None for a line without words.

    Each stretch of the truth is given away once, to lines the extractor chose first: a teaser that repeats
    the lead is not the lead.
    """
    left = shingles(truth)
    whole = Counter(bare(line) for line in truth.splitlines() if line.strip())
    running = f" {' '.join(_WORD.findall(truth))} "
    shares: list[float | None] = [None] * len(lines)
    for place in sorted(range(len(lines)), key=lambda place: (not chosen[place], place)):
        words = _WORD.findall(lines[place])
        if not words:
            continue
        key = bare(lines[place])
        if len(words) >= _SHINGLED:
            own = shingles(lines[place])
            found = own & left
            left -= found
            shares[place] = sum(found.values()) / sum(own.values())
        elif whole[key] > 0:
            shares[place] = 1.0
        else:  # a short line that the truth joins with its neighbours
            shares[place] = 0.6 * (chosen[place] and len(words) > 1 and f" {' '.join(words)} " in running)
        whole[key] -= whole[key] > 0
    return shares


def by_strings(lines: Sequence[str], must: Sequence[str], must_not: Sequence[str]) -> list[float | None]:
    """1 for lines with a string the text must hold, 0 for those with one it must not; None for the others."""
    wanted, unwanted = ([" ".join(one.split()) for one in strings] for strings in (must, must_not))
    return [
        1.0 if any(one in line for one in wanted) else 0.0 if any(one in line for one in unwanted) else None
        for line in lines
    ]


def words_in(line: str) -> int:
    return len(_WORD.findall(line))
