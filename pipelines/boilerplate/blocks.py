"""Block: one paragraph-like piece of an article's text, as the cleaning rules see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`kind` is "p", "head", "item", "quote", "cell", "code" or "caption"; `text` is one line, trimmed.

    `linked` is the share of the text's characters that stand inside links, 0 to 1 (0 when unknown);
    `likely` is how likely the block is the article's by the judge, 0 to 1 (1 when it was not asked).
    """

    kind: str
    text: str
    linked: float = 0.0
    likely: float = 1.0
