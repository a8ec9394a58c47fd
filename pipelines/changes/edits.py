"""What was changed within one sentence: figures, names, quoted words, or just words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from pipelines.changes.kinds import Change, ChangeKind
from pipelines.changes.lexicon import is_figure, plain_figure, words
from pipelines.changes.parts import Sentence, Token, window

# Longer sentences are whole pages without a full stop: they are told to differ, not how.
_MOST_TOKENS = 400
# A changed word or two may be a name in a script without capitals; more is another statement.
_NAME_CHARACTERS, _NAME_WORDS = 8, 3
_SPELLING = 0.6
_ADJECTIVE_END = re.compile(r".+e[nrsm]?$")


@dataclass(frozen=True)
class Speech:
    """What both texts tell of their language: which words they have in lower case, which as names."""

    text: str
    language: str | None = None

    @cached_property
    def small(self) -> frozenset[str]:
        return frozenset(re.findall(r"(?<!\w)[^\W\d_A-ZÀ-Þ][^\W\d_]*", self.text))

    @cached_property
    def named(self) -> frozenset[str]:
        """Capitalised words behind another word, not at the beginning of a sentence."""
        return frozenset(re.findall(r"(?<=[\w,;:] )[^\W\d_a-zà-ÿ][\w'’-]*", self.text))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A changed run of tokens: what was there and what is now, and what stood before and after it."""

    old: list[Token]
    new: list[Token]
    before: Token | None
    after: Token | None


def edits(old: Sentence, new: Sentence, speech: Speech) -> Iterator[Change]:
    """One change a kind, shown around the first place of it."""
    first, second = old.tokens(), new.tokens()
    if max(len(first), len(second)) > _MOST_TOKENS:
        yield _shown(ChangeKind.WORDING, old, new)
        return
    spots = _spots(first, second)
    found: dict[ChangeKind, _Spot] = {}
    for spot in spots:
        for kind in _kinds(spot, speech, alone=len(spots) == 1, size=len(second)):
            found.setdefault(kind, spot)
    if len(found) > 1:
        found.pop(ChangeKind.TYPOGRAPHY, None)
    for kind, spot in found.items():
        yield _shown(kind, old, new, spot)


def _shown(kind: ChangeKind, old: Sentence, new: Sentence, spot: _Spot | None = None) -> Change:
    at_old = spot.old[0].start if spot and spot.old else 0
    at_new = spot.new[0].start if spot and spot.new else at_old
    return Change(kind=kind, before=window(old.text, at_old or at_new), after=window(new.text, at_new))


def _spots(old: list[Token], new: list[Token]) -> list[_Spot]:
    """Changed runs; two with only a character or a mark between them are one."""
    runs: list[list[int]] = []
    for i1, i2, j1, j2 in _differing([one.text for one in old], [one.text for one in new]):
        if runs and _hardly_apart(old[runs[-1][1] : i1]):
            runs[-1][1], runs[-1][3] = i2, j2
        else:
            runs.append([i1, i2, j1, j2])
    return [
        _Spot(old[i1:i2], new[j1:j2], new[j1 - 1] if j1 else None, new[j2] if j2 < len(new) else None)
        for i1, i2, j1, j2 in runs
    ]


def _differing(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """difflib's opcodes but for the equal ones; what both begin and end with is set aside first."""
    least = min(len(old), len(new))
    start = next((at for at in range(least) if old[at] != new[at]), least)
    end = next((at for at in range(least - start) if old[-1 - at] != new[-1 - at]), least - start)
    matcher = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield start + i1, start + i2, start + j1, start + j2


def _hardly_apart(between: list[Token]) -> bool:
    return len(between) <= 2 and all(len(one.text) == 1 and one.text >= "\u0e00" for one in between)


def _kinds(spot: _Spot, speech: Speech, *, alone: bool, size: int) -> Iterator[ChangeKind]:
    old = [one for one in spot.old if one.is_word]
    new = [one for one in spot.new if one.is_word]
    if _letters(old) == _letters(new):
        yield ChangeKind.TYPOGRAPHY
        return
    quoted = any(one.quoted for one in (*old, *new))
    figures, rest = _figures(old, new)
    if quoted:
        yield ChangeKind.QUOTES
    if figures:
        yield ChangeKind.FIGURES
    if rest and not quoted:
        names = _are_names(spot, old, new, speech) or (alone and _may_be_name(old, new, size))
        yield ChangeKind.NAMES if names else ChangeKind.WORDING


def _letters(tokens: list[Token]) -> str:
    return "".join(plain_figure(one.text) for one in tokens)


def _figures(old: list[Token], new: list[Token]) -> tuple[bool, bool]:
    """(whether numbers differ, whether other words do)."""
    before = [plain_figure(one.text) for one in old if is_figure(one.text)]
    after = [plain_figure(one.text) for one in new if is_figure(one.text)]
    words_before = [one.text.casefold() for one in old if not is_figure(one.text)]
    words_after = [one.text.casefold() for one in new if not is_figure(one.text)]
    # A number that comes or goes with words around it is of another statement.
    changed = before != after and bool((before and after) or not (words_before or words_after))
    return changed, not changed or words_before != words_after


def _are_names(spot: _Spot, old: list[Token], new: list[Token], speech: Speech) -> bool:
    sides = [side for side in (old, new) if side]
    capital = [[one for one in side if one.text[0].isupper()] for side in sides]
    if not all(capital) or any(len(some) * 2 <= len(side) for some, side in zip(capital, sides, strict=True)):
        return False
    if _german_noun(spot, speech):
        return False
    return (spot.before is not None and spot.before.is_word) or _starts_with_name(spot, old, new, speech)


def _starts_with_name(spot: _Spot, old: list[Token], new: list[Token], speech: Speech) -> bool:
    """At the beginning of a sentence every word has a capital: other evidence is needed."""
    heads = [side[0].text for side in (old, new) if side]
    if any(head.lower() in speech.small for head in heads):
        return False
    if len(heads) == 2 and SequenceMatcher(None, heads[0], heads[1], autojunk=False).ratio() >= _SPELLING:
        return True
    follows = spot.after is not None and spot.after.text[0].isupper()
    return follows or any(len(side) > 1 for side in (old, new)) or any(head in speech.named for head in heads)


def _german_noun(spot: _Spot, speech: Speech) -> bool:
    """German writes all nouns with capitals: one behind an article or adjective is hardly a name."""
    if speech.language not in ("de", "lb") or spot.before is None or not spot.before.text[0].islower():
        return False
    word = spot.before.text
    return word in words("articles_de") or (
        _ADJECTIVE_END.match(word) is not None and word not in words("prepositions_de")
    )


def _may_be_name(old: list[Token], new: list[Token], size: int) -> bool:
    """A word or two exchanged in an otherwise same sentence, in a script without capitals."""
    sides = ["".join(one.text for one in side) for side in (old, new)]
    if not all(sides) or any(char.upper() != char.lower() for side in sides for char in side):
        return False
    spaced = any(len(one.text) > 1 for one in (*old, *new))
    most = _NAME_WORDS if spaced else _NAME_CHARACTERS
    return max(len(old), len(new)) <= min(most, size // 2)
