"""The words in classes and ids, sorted by what they tell of a box: a bit for each group of the data file."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

# Words as templates write them: article-body, articleBody, ARTICLE_body.
_WORD = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+")
_NOT_LETTERS = re.compile(r"[^a-z]")


@lru_cache(maxsize=1)
def groups() -> tuple[str, ...]:
    """The names of the groups, in the order of their bits."""
    return tuple(_data())


@lru_cache(maxsize=1)
def _data() -> dict[str, list[str]]:
    text = (files("pipelines.judge") / "class-words.toml").read_text(encoding="utf-8")
    return {name: words.split() for name, words in tomllib.loads(text).items()}


@lru_cache(maxsize=1)
def _bits() -> dict[str, int]:
    bits: dict[str, int] = {}
    for place, words in enumerate(_data().values()):
        for word in words:
            bits[word] = bits.get(word, 0) | 1 << place
    return bits


@lru_cache(maxsize=8192)
def mask(names: str) -> int:
    """The bits of the groups that any word in `names` belongs to."""
    bits = _bits()
    words = [word.lower() for word in _WORD.findall(names)]
    words += [first + second for first, second in pairwise(words)]
    words += [_NOT_LETTERS.sub("", name) for name in names.lower().split()]
    found = 0
    for word in words:
        found |= bits.get(word, 0)
    return found
