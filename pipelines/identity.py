"""What makes two readings the same article: its address, and the words it consists of."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from hashlib import blake2b


class _WordsOnly(dict[int, int]):
    """A translation table that turns punctuation, separators and controls into spaces.

    Letters, marks, numbers and symbols stay: without the marks, words of Indic scripts that differ only
    in a vowel would fall together.
    """

    def __missing__(self, code: int) -> int:
        kept = unicodedata.category(chr(code))[0] in "LMNS"
        self[code] = code if kept else 0x20
        return self[code]


_WORDS_ONLY = _WordsOnly()


def article_id(url: str) -> str:
    """16 hex digits that name the article at this canonical URL, the same on every machine."""
    return _digest(url, size=8)


def content_hash(title: str, text: str) -> str:
    """32 hex digits over the words of title and text.

    Spacing, case, punctuation and compatibility forms of characters (full width, ligatures) do not count.
    """
    return _digest(f"{folded_words(title)}\n{folded_words(text)}", size=16)


# The same text is asked for in turn by hash, sketch and comparison.
@lru_cache(maxsize=4)
def folded_words(text: str) -> str:
    """The words of a text in one case and one form, joined by single spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_WORDS_ONLY).split())


def _digest(text: str, *, size: int) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()
