"""ChangeKind, the closed list of what can happen to a stored article, and Change, one such event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """What changed, the most important first; the same words in store, command line and docs."""

    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    HEADLINE = "headline"
    FIGURES = "figures"
    NAMES = "names"
    QUOTES = "quotes"
    CORRECTION = "correction"
    PARAGRAPHS_ADDED = "paragraphs_added"
    PARAGRAPHS_CUT = "paragraphs_cut"
    WORDING = "wording"
    MOVED = "moved"
    TYPOGRAPHY = "typography"
    CLEANING = "cleaning"

    @property
    def rank(self) -> int:
        """0 for what matters most."""
        return _RANKS[self]


_RANKS: Mapping[ChangeKind, int] = {kind: rank for rank, kind in enumerate(ChangeKind)}

CHANGE_MEANING: Mapping[ChangeKind, str] = {
    ChangeKind.WITHDRAWN: "the publisher took the article away (404, 410, or sent elsewhere); its text stays",
    ChangeKind.RESTORED: "a withdrawn article is there again",
    ChangeKind.HEADLINE: "the headline has other words",
    ChangeKind.FIGURES: "numbers changed within a sentence that else says the same",
    ChangeKind.NAMES: "names changed within a sentence (in scripts without capitals: a word or two)",
    ChangeKind.QUOTES: "words within quotation marks changed",
    ChangeKind.CORRECTION: "a notice of correction appeared, or says something else",
    ChangeKind.PARAGRAPHS_ADDED: "whole paragraphs were added",
    ChangeKind.PARAGRAPHS_CUT: "whole paragraphs were taken out",
    ChangeKind.WORDING: "sentences were edited, added, taken out or moved otherwise",
    ChangeKind.MOVED: "the article has another address",
    ChangeKind.TYPOGRAPHY: "the same words with other punctuation, quotation marks, dashes or capitals",
    ChangeKind.CLEANING: "our own cleaning took lines away or gave them back",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that changed; `before` and `after` show the place, in at most `parts.SHOWN` characters.

    None stands for what was not there: `before` of an added paragraph, both of a withdrawal.
    """

    kind: ChangeKind
    before: str | None = None
    after: str | None = None
