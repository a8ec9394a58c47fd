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
from itertools import takewhile

from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.lines import ends_like_a_sentence, is_running, is_shouted, length, normal

LABEL_RULE = "promo-label"
PAIR_RULE = "promo-pair"
LINK_RULE = "promo-link"
# A teaser behind a label ("Read also: Minister resigns over bridge report") is a headline, hardly longer.
MAX_TEASER = 180
MAX_LABEL = 40
MAX_DECK = 90
MIN_HEADLINE = 20
MAX_TEASERS = 8
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


def leads_elsewhere(block: Block) -> bool:
    """Whether the line is a label, a colon and a linked headline, in whatever language ("Katso: <a>...</a>").

    A sentence that ends in a link is no such line: it ends like a sentence, or the link says only a part.
    """
    head, colon, rest = block.text.replace("：", ":").partition(":")
    headline = len(rest.strip())
    if not colon or block.kind != "p" or length(head) > MAX_LABEL or length(block.text) > MAX_TEASER:
        return False
    linked = block.linked * len(block.text)
    return MIN_HEADLINE <= headline <= linked + 2 < len(block.text) and not ends_like_a_sentence(block.text)


def promo_places(blocks: Sequence[Block]) -> dict[int, str]:
    """Place -> rule for every block that is a promo."""
    found = {
        place: LABEL_RULE for place, block in enumerate(blocks) if is_label(block.text) or is_teaser(block)
    }
    found |= {
        place: LINK_RULE for place, block in enumerate(blocks) if place and leads_elsewhere(block)
    } | found
    for place in sorted(found):
        found |= dict.fromkeys(_under_label(blocks, place), LABEL_RULE)
    candidates = [place for place in range(1, len(blocks) - 2) if not {place, place + 1} & found.keys()]
    for place in candidates:
        behind = _behind_teasers(blocks, place + 2)
        if (
            place not in found
            and _is_pair(blocks, place, behind)
            and _others_run(blocks, place, behind, found)
        ):
            found |= dict.fromkeys(range(place, behind), PAIR_RULE)
    for place in range(1, len(blocks) - 1):
        if (
            place not in found
            and _is_joined_pair(blocks, place)
            and _others_run(blocks, place, place + 1, found)
        ):
            found[place] = PAIR_RULE
    return found


def _under_label(blocks: Sequence[Block], label: int) -> range:
    """The places under a label that go with it: a deck, and the headlines it announces."""
    first = label + 1
    has_deck = first < len(blocks) - 1 and _is_short_line(blocks[first], MAX_DECK)
    if has_deck and not is_teaser(blocks[label]) and blocks[first].kind != "quote":
        behind = _behind_teasers(blocks, first + 1)
        goes_on = is_running(blocks[behind].text) if behind < len(blocks) else True
        if behind > first + 1 or (goes_on and blocks[first].kind == "p"):
            return range(first, behind)
    return range(first, _behind_teasers(blocks, first))


def _behind_teasers(blocks: Sequence[Block], start: int) -> int:
    """The first place from `start` on that is no headline leading elsewhere: linked, or a listed item."""
    for place in range(start, min(start + MAX_TEASERS, len(blocks))):
        block = blocks[place]
        listed = block.kind == "item" and not ends_like_a_sentence(block.text)
        if not (block.linked > 0.8 or (listed and block.linked > 0.5)) or length(block.text) > MAX_TEASER:
            return place
    return min(start + MAX_TEASERS, len(blocks))


def _others_run(blocks: Sequence[Block], start: int, end: int, found: dict[int, str]) -> bool:
    """Whether the rest of the text is running text, so that short lines stand out in it."""
    rest = [
        block
        for place, block in enumerate(blocks)
        if place not in found and not start <= place < end and block.kind not in ("item", "cell")
    ]
    return _short_share(rest) <= MAX_SHORT_SHARE


def _is_short_line(block: Block, limit: int) -> bool:
    return length(block.text) <= limit and not ends_like_a_sentence(block.text)


def _short_share(blocks: Sequence[Block]) -> float:
    short = sum(_is_short_line(block, MAX_DECK) for block in blocks)
    return short / max(1, len(blocks))


def _is_joined_pair(blocks: Sequence[Block], place: int) -> bool:
    """Whether both stand in one line between running text: "CAUGHT UP Stories to keep you informed"."""
    block = blocks[place]
    if block.kind != "p" or not _is_short_line(block, MAX_DECK) or _FIGURES.search(block.text):
        return False
    words = block.text.split()
    label = list(takewhile(str.isupper, words))
    deck = words[len(label) :]
    if len("".join(label)) < 5 or len(label) < 2 or len(deck) < 4 or _QUOTED.search(block.text):
        return False
    return is_running(blocks[place - 1].text) and is_running(blocks[place + 1].text)


def _is_pair(blocks: Sequence[Block], place: int, behind: int) -> bool:
    """Whether a label and its deck stand at `place`, between running text that goes on at `behind`."""
    label, deck = blocks[place], blocks[place + 1]
    if not (_is_short_line(label, MAX_LABEL) and _is_short_line(deck, MAX_DECK)):
        return False
    if _QUOTED.search(label.text + deck.text) or _FIGURES.search(label.text + deck.text):
        return False  # a pull quote with its speaker, a score, a table's row
    if behind >= len(blocks) or not is_running(blocks[place - 1].text) or not is_running(blocks[behind].text):
        return False
    if behind > place + 2:
        return label.kind != "item"  # headlines that lead elsewhere follow: no chapter begins so
    if is_shouted(label.text):
        return not is_shouted(deck.text)
    # Unshouted, a heading over a heading is a chapter and its first section, and a name over a role a byline.
    words = len(deck.text.split())
    return deck.kind != "head" and label.kind != "item" and (words >= 4 or length(deck.text) > 30)
