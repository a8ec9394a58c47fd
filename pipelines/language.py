"""The words of a text and the language it is in."""

from __future__ import annotations

import re
from functools import lru_cache

# The classifier is only trusted on a text of some length, and when it is sure.
_MIN_TEXT = 200
_MIN_PROBABILITY = 0.95
# More of a text makes it no surer, only slower.
_MAX_TEXT = 500

_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’.-][^\W_{_UNSPACED}]+)*")


def count_words(text: str) -> int:
    """Words, and for scripts that put no spaces between them, characters."""
    return sum(1 for _ in _WORD.finditer(text))


def language_of(text: str, declared: str | None) -> str | None:
    """The declared language, unless the text is surely in another: templates often declare a wrong one."""
    if len(text) < _MIN_TEXT:
        return declared
    found, probability = _classifier().classify(text[:_MAX_TEXT])
    sure = probability >= _MIN_PROBABILITY
    return str(found) if sure or declared is None else declared


@lru_cache(maxsize=1)
def _classifier():  # type: ignore[no-untyped-def]
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
