"""Which sentence of an earlier text became which of a later one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest

from pipelines.changes.parts import Sentence, tokens_of
from pipelines.identity import folded_words

# Half of the words in common: one sentence that was edited. Those of unrelated news share a fifth.
_ALIKE = 0.5
# Bounds for texts written anew from end to end: sentences compared, and how many a word may stand in.
_MOST_SENTENCES = 800
_MOST_SHARED = 30
_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Alignment:
    """`respelled` pairs have the same words, `edited` ones most; `cut` and `added` have no partner."""

    respelled: list[tuple[Sentence, Sentence]]
    edited: list[tuple[Sentence, Sentence]]
    cut: list[Sentence]
    added: list[Sentence]


def align(old: list[Sentence], new: list[Sentence]) -> Alignment:
    """Sentences that both texts have are left out, wherever they stand."""
    _, old, new = _matched(old, new, lambda one: one.text)
    respelled, old, new = _matched(old, new, lambda one: folded_words(one.text))
    edited = _alike(old[:_MOST_SENTENCES], new[:_MOST_SENTENCES])
    before, after = {id(one) for one, _ in edited}, {id(other) for _, other in edited}
    return Alignment(
        respelled,
        edited,
        [one for one in old if id(one) not in before],
        [one for one in new if id(one) not in after],
    )


def likeness(one: str, other: str) -> float:
    """The share of words in common, 0 to 1 (Dice); pairs of characters for scripts without spaces."""
    return _dice(_features(one), _features(other))


def _matched(
    old: list[Sentence], new: list[Sentence], key: Callable[[Sentence], str]
) -> tuple[list[tuple[Sentence, Sentence]], list[Sentence], list[Sentence]]:
    """(pairs with the same key, what is left of both), each in the order of its text."""
    waiting: dict[str, list[Sentence]] = defaultdict(list)
    for one in reversed(old):
        waiting[key(one)].append(one)
    pairs, rest = [], []
    for other in new:
        same = waiting.get(key(other))
        if same:
            pairs.append((same.pop(), other))
        else:
            rest.append(other)
    left = {id(one) for some in waiting.values() for one in some}
    return pairs, [one for one in old if id(one) in left], rest


def _alike(old: list[Sentence], new: list[Sentence]) -> list[tuple[Sentence, Sentence]]:
    """Pairs that are most alike first taken; among equals, those that stand in the same order."""
    features = [_features(one.text) for one in old]
    places: dict[str, list[int]] = defaultdict(list)
    for place, words in enumerate(features):
        for word in words:
            places[word].append(place)
    scored: list[tuple[float, int, int, int]] = []
    for number, other in enumerate(new):
        words = _features(other.text)
        shared = Counter(
            place for word in words if len(found := places.get(word, ())) <= _MOST_SHARED for place in found
        )
        for place, _ in shared.most_common(_CANDIDATES):
            score = _dice(features[place], words)
            if score >= _ALIKE:
                scored.append((-score, abs(place - number), place, number))
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, _, place, number in sorted(scored):
        if place not in used and number not in taken:
            used.add(place)
            taken[number] = place
    return [(old[taken[number]], new[number]) for number in sorted(taken)]


def _features(text: str) -> Counter[str]:
    return Counter(_paired([word for word in tokens_of(text.casefold()) if word[0].isalnum()]))


def _paired(words: list[str]) -> Iterable[str]:
    """Words as they are; characters of scripts without spaces with the next one."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        alone = len(word) == len(following) == 1 and word >= "\u0e00"
        yield word + following if alone else word


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
