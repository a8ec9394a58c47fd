"""The language of a text."""

from __future__ import annotations

from functools import lru_cache

# The classifier is only trusted on a text of some length, and when it is sure.
_MIN_TEXT = 200
_MIN_PROBABILITY = 0.95
# More of a text makes it no surer, only slower.
_MAX_TEXT = 300


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
