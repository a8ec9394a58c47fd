"""What single words and lines are, by lists in data: numbers, clocks, counters, notices of correction."""

from __future__ import annotations

import re
import tomllib
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
    return _labels().match(folded) is not None or _phrases().search(folded) is not None


def opens_notice(paragraph: str) -> bool:
    """Whether a paragraph begins as a notice of correction."""
    return _labels().match(" ".join(paragraph[:80].casefold().split())) is not None


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
    before, after = r"[\[(*+>→■●•【《]*\s*", r"\**(?:\s?[:：.|)\]】》(（]|\s[-–—\d]|[–—]|$)"
    return re.compile(f"{before}(?:{_any('labels')}){after}")


@lru_cache(maxsize=1)
def _phrases() -> re.Pattern[str]:
    return re.compile(_any("phrases"))


def _any(name: str) -> str:
    parts = re.split(r"[|\n]", _texts("notices.toml")[name])
    phrases = {" ".join(part.casefold().split()) for part in parts} - {""}
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


@lru_cache(maxsize=2)
def _texts(name: str) -> dict[str, Any]:
    return tomllib.loads((files("pipelines.changes") / name).read_text(encoding="utf-8"))
