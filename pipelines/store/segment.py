"""Text as the search index wants it: cut where a script writes no spaces, in one form of each character."""

from __future__ import annotations

import re
import unicodedata

# Stands between the pieces: no token character to FTS5, invisible where it is forgotten, and gone from
# the text before, so that `joined` gives back exactly what was cut.
_CUT = "\u200b"

# Scripts written without spaces between words, which FTS5 would take a sentence at a time: Han, Kana, Thai,
# Lao, Khmer, Burmese, Tibetan, and Hangul, whose words carry their particles. Letters only; marks stay
# with the letter before them.
_UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"  # Thai
    "\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf"  # Lao
    "\u0f40-\u0f6c"  # Tibetan
    "\u1000-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065\u1066\u106e-\u1070\u1075-\u1081"  # Burmese
    "\u1780-\u17b3"  # Khmer
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # Kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\uac00-\ud7a3"  # Hangul
)
# The marks that may follow: vowels, tones, stacked consonants, voicing.
_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f71-\u0f84\u0f90-\u0fbc"
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d"
    "\u17b4-\u17d3\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
)
_PIECE = re.compile(f"[{_UNSPACED}][{_MARKS}]*")

# Not part of any word as it is looked for: soft hyphens, direction marks, zero-width spaces, Arabic
# vowel signs and stretching, Hebrew points.
_IGNORED = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\u0640\u064b-\u065f\u0670\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _folds() -> dict[int, int]:
    """One character for another that readers take for the same, where FTS5 folds only Latin ones.

    Greek accents and final sigma, Russian yo, the forms of Arabic alef, yeh and teh marbuta.
    """
    folds = dict(zip(map(ord, "ςёЁأإآٱىة"), map(ord, "σеЕاااايه"), strict=True))
    for code in (*range(0x386, 0x3CF), *range(0x1F00, 0x2000)):
        parts = unicodedata.normalize("NFD", chr(code))
        if len(parts) > 1 and all(map(unicodedata.combining, parts[1:])):
            folds[code] = ord(parts[0])
    return folds


_FOLDS = _folds()
_FOLDED = re.compile(f"[{re.escape(''.join(map(chr, _FOLDS)))}]")


def segmented(text: str) -> str:
    """The text as it is indexed: folded, and cut after each character of a script without spaces."""
    readable = folded(visible(text))
    return readable if readable.isascii() else _PIECE.sub(lambda match: match[0] + _CUT, readable)


def visible(text: str) -> str:
    """The text in NFKC without what does not count; `folded` and this have their characters in step."""
    # Of ASCII, all that is normal form and ignored characters say stays as it is.
    normal = text if text.isascii() else _IGNORED.sub("", unicodedata.normalize("NFKC", text))
    return _CONTROLS.sub(" ", normal)


def folded(text: str) -> str:
    # Most texts have none or few of these, and looking for them is much faster than translating all.
    return text if text.isascii() else _FOLDED.sub(_fold, text)


def _fold(match: re.Match[str]) -> str:
    return chr(_FOLDS[ord(match[0])])


def joined(text: str) -> str:
    """An indexed text without its cuts."""
    return text.replace(_CUT, "")


def has_tokens(text: str) -> bool:
    """Whether FTS5 finds anything to look for in it (categories as in the index's definition)."""
    return any(unicodedata.category(char)[0] in "LNM" or unicodedata.category(char) == "Co" for char in text)
