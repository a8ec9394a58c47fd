"""Boilerplate: what stands on an article's page and is not the article.

`prune` takes containers out of the page before its text is chosen, `strip` takes lines out of the text
that was chosen. Both are pure and say what they took and by which rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.boilerplate import comment_form, paywall, source_lines
from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.dom import prune
from pipelines.boilerplate.promos import LABEL_RULE, is_label, promo_places
from pipelines.boilerplate.top_lines import RULE as TOP_RULE
from pipelines.boilerplate.top_lines import top_places
from pipelines.items import Cut

__all__ = ["TOP_RULE", "Block", "prune", "strip"]


def strip(blocks: Sequence[Block], *, authors: Sequence[str] = ()) -> tuple[list[Block], list[Cut]]:
    """(the article's blocks, what was taken away), by whole lines.

    The comment form first, then what stood before it. `authors` are the article's, to know a byline by.
    """
    kept = list(blocks)
    cuts: list[Cut] = []

    def cut_from(start: int, rule: str) -> None:
        cuts.extend(Cut(line=block.text, rule=rule) for block in kept[start:])
        del kept[start:]

    cut_from(comment_form.start_of_form(kept), comment_form.RULE)
    cut_from(source_lines.start_of_source_lines(kept), source_lines.RULE)
    cut_from(paywall.start_of_note(kept), paywall.RULE)
    places = dict.fromkeys(top_places(kept, authors=authors), TOP_RULE) | promo_places(kept)
    cuts.extend(Cut(line=kept[place].text, rule=rule) for place, rule in sorted(places.items()))
    kept = [block for place, block in enumerate(kept) if place not in places]
    # What stood before a promo at the end may be a source line or a label now at the tail.
    cut_from(source_lines.start_of_source_lines(kept), source_lines.RULE)
    cut_from(paywall.start_of_note(kept), paywall.RULE)
    while len(kept) > 1 and is_label(kept[-1].text):
        cut_from(len(kept) - 1, LABEL_RULE)
    return kept, cuts
