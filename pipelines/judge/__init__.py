"""The judge: which lines of a page are the article's, by figures that need no language.

`page_lines` reads the lines, `features` says what is known of each, `model` weighs it. trafilatura's choice
goes in as one of the figures; the judge drops lines it took and adds lines it missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.judge.boxes import BoxSum, drop_menus, sum_boxes
from pipelines.judge.choices import choices, widened
from pipelines.judge.features import Known, features
from pipelines.judge.model import Model, shipped
from pipelines.judge.page_lines import Box, PageLine, read_lines

__all__ = [
    "KEPT",
    "RULE",
    "Box",
    "BoxSum",
    "Known",
    "PageLine",
    "choices",
    "drop_menus",
    "judge",
    "read_lines",
    "sum_boxes",
    "widened",
]

RULE = "judge"
# More likely the article's than not.
KEPT = 0.5
# What a chosen list, row or subheading is more likely than its figures say, and its share of links at most.
_BENEFIT = 0.15
_FEW_LINKS = 0.2


def judge(
    lines: Sequence[PageLine],
    sums: dict[Box, BoxSum],
    chosen: Sequence[bool],
    known: Known,
    *,
    model: Model | None = None,
) -> list[float]:
    """For each line of a page how likely it is the article's, 0 to 1.

    `sums` are those of the lines' boxes, `chosen` the lines the extractor took.
    """
    rows = features(lines, sums, chosen, known)
    judged = (model or shipped()).probabilities([row for row in rows if row is not None])
    left = iter(judged)
    return _with_structure(lines, chosen, [0.0 if row is None else next(left) for row in rows])


def _with_structure(
    lines: Sequence[PageLine], chosen: Sequence[bool], likely: Sequence[float]
) -> list[float]:
    """Chosen lists, rows and subheadings without links have the benefit of the doubt; a list
    is judged as a whole, since half of one is worth less than all or nothing of it."""
    judged = list(likely)
    lists: dict[Box | None, list[int]] = {}
    for place, (line, own) in enumerate(zip(lines, chosen, strict=True)):
        if own and line.linked < _FEW_LINKS and line.box.kind in ("item", "cell", "head"):
            alone = line.box.kind == "head"
            lists.setdefault(line.box if alone else line.box.parent, []).append(place)
    for places in lists.values():
        whole = sum(likely[place] for place in places) / len(places)
        for place in places:
            judged[place] = min(1.0, whole + _BENEFIT)
    return judged
