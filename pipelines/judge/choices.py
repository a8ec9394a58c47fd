"""Which lines of a page the extractor chose, and which it overlooked as a whole.

An extractor settles on one container: where the article is split over several, or where it settled on a
wrong one, what it left out is told by the paragraphs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.boilerplate.lines import is_prose
from pipelines.judge import class_words
from pipelines.judge.page_lines import Box, PageLine

# Characters of a line that may be found inside a longer one.
_MIN_PART = 25
# Paragraphs of one make belong together when this share of their text was chosen.
_CHOSEN_SHARE = 0.3
# A choice with less than this share of the paragraphs in one other box has missed the article.
_MISSED = 0.5
# Fewer characters in paragraphs than this are no article worth a second thought.
_MIN_ARTICLE = 600.0
# Paragraphs with more of their text in links are teasers.
_MAX_LINKED = 0.5


def bare(text: str) -> str:
    """Without white space, in one case: for comparing lines that went through different hands."""
    return "".join(text.split()).casefold()


def choices(lines: Sequence[PageLine], texts: Iterable[str]) -> list[bool]:
    """Which lines of the page an extractor chose, by its texts: these lines, or longer ones around them."""
    keys = [bare(line.text) for line in lines]
    wanted = {bare(text) for text in texts}
    joined = "\n".join(wanted.difference(keys))
    return [bool(key) and (key in wanted or (len(key) >= _MIN_PART and key in joined)) for key in keys]


def widened(lines: Sequence[PageLine], chosen: Sequence[bool]) -> list[bool]:
    """The choice with the paragraphs it has overlooked; another one where it missed the article."""
    # The make of each paragraph; None for what is none.
    prose = [line.box.make() if line.linked < _MAX_LINKED and is_prose(line.text) else None for line in lines]
    inside: dict[Box | None, float] = {}
    makes: dict[tuple[str, ...], list[float]] = {}
    for line, own, make in zip(lines, chosen, prose, strict=True):
        if make is not None:
            inside[line.box.parent] = inside.get(line.box.parent, 0.0) + line.size
            held = makes.setdefault(make, [0.0, 0.0])
            held[0] += line.size
            held[1] += line.size * own
    if not inside:
        return list(chosen)
    best = max(inside, key=lambda box: inside[box])
    total = sum(own for _, own in makes.values())
    if inside[best] > _MIN_ARTICLE and total < _MISSED * inside[best] and not _is_discussion(best):
        return [make is not None and line.box.parent is best for line, make in zip(lines, prose, strict=True)]
    together = {make for make, (size, own) in makes.items() if own >= _CHOSEN_SHARE * size}
    return [own or make in together for own, make in zip(chosen, prose, strict=True)]


def _is_discussion(box: Box | None) -> bool:
    """Whether a box stands in one that readers write in."""
    bit = 1 << class_words.groups().index("share")
    return box is not None and any(class_words.mask(around.names) & bit for around in box.outwards())
