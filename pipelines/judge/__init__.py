"""The judge: which lines of a page are the article's, by figures that need no language.

`page_lines` reads the lines, `features` says what is known of each, `model` weighs it. trafilatura's choice
goes in as one of the figures; the judge drops lines it took and adds lines it missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.judge.features import Known, bare, features
from pipelines.judge.model import Model, shipped
from pipelines.judge.page_lines import PageLine, read_lines

__all__ = ["KEPT", "RULE", "Known", "PageLine", "choices", "judge", "read_lines"]

RULE = "judge"
# More likely the article's than not.
KEPT = 0.5
# Letters and digits of a line that may be found inside a longer one.
_MIN_PART = 25


def judge(
    lines: Sequence[PageLine], chosen: Sequence[bool], known: Known, *, model: Model | None = None
) -> list[float]:
    """For each line of a page how likely it is the article's, 0 to 1; `chosen` are the extractor's."""
    rows = features(lines, [bare(line.text) for line in lines], chosen, known)
    judged = (model or shipped()).probabilities([row for row in rows if row is not None])
    left = iter(judged)
    return [0.0 if row is None else next(left) for row in rows]


def choices(lines: Sequence[PageLine], texts: Sequence[str]) -> list[bool]:
    """Which lines of the page an extractor chose, by the texts it gave: these lines, or longer ones around them."""
    keys = [bare(line.text) for line in lines]
    wanted = {bare(text) for text in texts}
    joined = "\n".join(wanted.difference(keys))
    return [bool(key) and (key in wanted or (len(key) >= _MIN_PART and key in joined)) for key in keys]
