"""What stands before the first sentence and is no part of the text: breadcrumbs, dates, bylines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.lines import ends_like_a_sentence, is_prose, length
from pipelines.metadata.names import is_byline

RULE = "top-line"
MAX_LENGTH = 90
# The text has begun after this many blocks, whatever they are.
_TOP = 5
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?\d{4}|"
    r"\b\d{1,2}:\d{2}\b|\b\d{1,2}(?:st|nd|rd|th|\.|er)?\s+(?:de\s+)?[^\W\d]{3,12}\.?,?\s+(?:de\s+)?20\d\d\b|"
    r"\b[^\W\d]{3,10}\.?\s+\d{1,2},\s+20\d\d\b"
)
_BREADCRUMB = re.compile(r"\S\s*(?:>>|»|›|→|\s>\s|\s/\s)\s*\S")


def top_places(blocks: Sequence[Block], *, authors: Sequence[str] = ()) -> list[int]:
    """The places of such lines. A line that is the only one left is kept."""
    places = []
    names = [name.casefold() for name in authors]
    for place, block in enumerate(blocks[:_TOP]):
        if is_prose(block.text):
            break
        if _is_top_line(block, names):
            places.append(place)
    return places if len(places) < len(blocks) else []


def _is_top_line(block: Block, names: Sequence[str]) -> bool:
    text = block.text
    if length(text) > MAX_LENGTH or ends_like_a_sentence(text):
        return False
    if _BREADCRUMB.search(text) or _names_only(text, names) or (block.kind != "head" and is_byline(text)):
        return True
    return bool(_DATE.search(text)) and block.kind != "head"


def _names_only(text: str, names: Sequence[str]) -> bool:
    """Whether little more stands there than the authors' names."""
    rest = text.casefold()
    for name in names:
        rest = rest.replace(name, "")
    return len(rest) < len(text) and len(re.sub(r"\W", "", rest)) <= 14
