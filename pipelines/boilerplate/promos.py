"""Inline promos: lines between an article's paragraphs that lead readers elsewhere.

Two rules. A line that is a known label as a whole, in the languages of the data file. And one that needs
no language, for what no list can hold (a machine-translated "CAUGHT UP / Stories to keep you informed"):
a short label with a short line under it that ends no sentence, alone between running paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.lines import ends_like_a_sentence, is_prose, is_shouted, length, normal

LABEL_RULE = "promo-label"
PAIR_RULE = "promo-pair"
# A teaser behind a label ("Read also: Minister resigns over bridge report") is a headline, hardly longer.
MAX_TEASER = 180
MAX_LABEL = 40
MAX_DECK = 90
# Where more of the blocks than this are short lines, short lines are how the text is written: lists, poems,
# scores, interviews in catchwords.
MAX_SHORT_SHARE = 0.34
_QUOTED = re.compile(r"[\"“”„‟«»「」『』‹›]")
_FIGURES = re.compile(r"\d")


@lru_cache(maxsize=1)
def _labels() -> tuple[frozenset[str], frozenset[str]]:
    """(whole lines, beginnings), normalised."""
    text = (files("pipelines.boilerplate") / "promo-phrases.txt").read_text(encoding="utf-8")
    rows = [row.strip() for row in text.splitlines() if row.strip() and not row.startswith("#")]
    whole = frozenset(normal(row) for row in rows)
    return whole, frozenset(normal(row) for row in rows if row.endswith((":", "：")))


def is_label(line: str) -> bool:
    """Whether the whole line is a known promo, share or newsletter label."""
    return length(line) <= MAX_DECK and normal(line) in _labels()[0]


def is_teaser(block: Block) -> bool:
    """Whether the line begins with a known label and a colon, and names something to read."""
    head, colon, rest = block.text.replace("：", ":").partition(":")
    if not colon or length(head) > MAX_LABEL or length(block.text) > MAX_TEASER or not rest.strip():
        return False
    return normal(head) in _labels()[1]


def promo_places(blocks: Sequence[Block]) -> dict[int, str]:
    """Place -> rule for every block that is a promo."""
    found = {
        place: LABEL_RULE for place, block in enumerate(blocks) if is_label(block.text) or is_teaser(block)
    }
    found |= _teasers_under_labels(blocks, found)
    if _short_share(blocks) <= MAX_SHORT_SHARE:
        for place in range(1, len(blocks) - 2):
            if place not in found and place + 1 not in found and _is_pair(blocks, place):
                found[place] = found[place + 1] = PAIR_RULE
    return found


def _teasers_under_labels(blocks: Sequence[Block], labels: dict[int, str]) -> dict[int, str]:
    """The headlines listed under a label: short lines without a sentence's end, linked or list items."""
    more: dict[int, str] = {}
    for place in labels:
        for after in range(place + 1, min(place + 8, len(blocks))):
            block = blocks[after]
            listed = block.kind == "item" or block.linked > 0.6
            if not listed or length(block.text) > MAX_TEASER or (is_prose(block.text) and block.linked < 0.9):
                break
            more[after] = LABEL_RULE
    return more


def _is_short_line(block: Block, limit: int) -> bool:
    return length(block.text) <= limit and not ends_like_a_sentence(block.text)


def _short_share(blocks: Sequence[Block]) -> float:
    short = sum(_is_short_line(block, MAX_DECK) for block in blocks)
    return short / max(1, len(blocks))


def _is_pair(blocks: Sequence[Block], place: int) -> bool:
    label, deck = blocks[place], blocks[place + 1]
    if not (_is_short_line(label, MAX_LABEL) and _is_short_line(deck, MAX_DECK)):
        return False
    if _QUOTED.search(label.text + deck.text) or _FIGURES.search(label.text + deck.text):
        return False  # a pull quote with its speaker, a score, a table's row
    if not (is_prose(blocks[place - 1].text) and is_prose(blocks[place + 2].text)):
        return False
    if is_shouted(label.text):
        return not is_shouted(deck.text)
    # Unshouted, a heading over a heading is a chapter and its first section, and a name over a role a byline.
    words = len(deck.text.split())
    return deck.kind != "head" and label.kind != "item" and (words >= 4 or length(deck.text) > 30)
