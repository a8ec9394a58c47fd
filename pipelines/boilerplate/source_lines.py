"""Source lines at the end: "source site", "Quelle", "Read the original article"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.lines import length, normal

RULE = "source-line"
MAX_LENGTH = 80
_ADDRESS = re.compile(r"^(?:https?://|www\.)\S+$")


@lru_cache(maxsize=1)
def _lines() -> frozenset[str]:
    text = (files("pipelines.boilerplate") / "source-lines.txt").read_text(encoding="utf-8")
    return frozenset(normal(line) for line in text.splitlines() if line.strip() and not line.startswith("#"))


def start_of_source_lines(blocks: Sequence[Block]) -> int:
    """The place from which only source lines follow; `len(blocks)` when the last line is none.

    A bare address counts behind such a line; "Source: Reuters" says where the story is from and stays.
    """
    start = len(blocks)
    while start > 1 and _is_source_line(blocks[start - 1], last=start == len(blocks)):
        start -= 1
    return start


def _is_source_line(block: Block, *, last: bool) -> bool:
    if length(block.text) > MAX_LENGTH:
        return False
    head, _, rest = block.text.partition(":")
    if normal(block.text) in _lines():
        return True
    linked = block.linked > 0.5 or bool(_ADDRESS.match(rest.strip()))
    return (linked and normal(head) in _lines()) or (last and bool(_ADDRESS.match(block.text.strip())))
