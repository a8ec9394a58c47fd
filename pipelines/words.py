"""Counting words, in scripts with spaces between them and without."""

from __future__ import annotations

import re

_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’.-][^\W_{_UNSPACED}]+)*")


def count_words(text: str) -> int:
    """Words, and for scripts that put no spaces between them, characters."""
    return sum(1 for _ in _WORD.finditer(text))
