"""What single words and lines are, by lists in data: numbers, clocks, counters, notices of correction."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pipelines.identity import folded_words

_DIGITS = re.compile(r"\d")
_GROUPING = re.compile(r"(?<=\d)[.,'’\u00a0\u202f](?=\d{3}(?!\d))")


def is_figure(word: str) -> bool:
    """Whether a token is a number, in digits or in words."""
    return _DIGITS.search(word) is not None or word.casefold() in words("numbers") or _is_numeral(word)


def _is_numeral(word: str) -> bool:
    return all(character in _texts("words.toml")["numerals"] for character in word)


def plain_figure(word: str) -> str:
    """A number without what groups its digits: 1,000 and 1.000 are one. Other words in one case."""
    return _GROUPING.sub("", word.casefold())


def is_notice(text: str) -> bool:
    """Whether a sentence says that the article was corrected."""
    folded = " ".join(text.casefold().split())
    return _labels().match(folded) is not None or any(phrase in folded for phrase in _phrases())


def opened_notices(paragraphs: Sequence[str]) -> dict[int, int]:
    """The paragraphs that begin as notices of correction, and that below a label that stands alone.

    Each number with that of the paragraph where its notice begins.
    """
    found: dict[int, int] = {}
    label: int | None = None
    for number, text in enumerate(paragraphs):
        opened = _labels().match(" ".join(text[:80].casefold().split()))
        if opened is not None:
            found[number] = number
            label = number if _stands_alone(opened) else None
        elif label is not None:
            found[number], label = label, None
    return found


def notices(lines: Sequence[str]) -> list[bool]:
    """Which lines of a page are notices of correction, that below a label that stands alone among them."""
    folded = [" ".join(line.casefold().split()) for line in lines]
    whole = "\n".join(folded)
    phrases = [phrase for phrase in _phrases() if phrase in whole]
    found, below = [], False
    for line in folded:
        opened = _labels().match(line)
        found.append(opened is not None or below or any(phrase in line for phrase in phrases))
        below = opened is not None and _stands_alone(opened)
    return found


def _stands_alone(label: re.Match[str]) -> bool:
    return not label.string[label.end() :].strip(" *:：])】》）")


@lru_cache(maxsize=16)
def words(name: str) -> frozenset[str]:
    """One of the lists of `words.toml`."""
    return frozenset(folded_words(_texts("words.toml")[name]).split())


@lru_cache(maxsize=4)
def runs(name: str) -> re.Pattern[str]:
    """One of its lists of runs of characters, for scripts without spaces between words."""
    return re.compile("|".join(sorted(_texts("words.toml")[name].split(), key=len, reverse=True)))


@lru_cache(maxsize=1)
def _labels() -> re.Pattern[str]:
    # A bracket, a star or an arrow may stand before; a label alone in its paragraph is one too.
    before, after = (
        r"[\[(*+>→■●•【《]*\s*",
        r"\**(?:\s?[:：.|)\]】》(（]|\s[-–—\d]|[–—]|,[^.]{,20}\.?[^.]{,9}:|$)",
    )
    labels = "|".join(re.escape(label) for label in sorted(_notices("labels"), key=len, reverse=True))
    return re.compile(f"{before}(?:{labels}){after}")


@lru_cache(maxsize=1)
def _phrases() -> tuple[str, ...]:
    # Looking for one after the other takes a tenth of the time of one pattern of all.
    return tuple(_notices("phrases"))


def _notices(name: str) -> set[str]:
    parts = re.split(r"[|\n]", _texts("notices.toml")[name])
    return {" ".join(part.casefold().split()) for part in parts} - {""}


@lru_cache(maxsize=2)
def _texts(name: str) -> dict[str, Any]:
    return tomllib.loads((files("pipelines.changes") / name).read_text(encoding="utf-8"))
