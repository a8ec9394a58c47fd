"""What the rules ask of single lines: their normal form, whether they are prose, shouted, labels."""

from __future__ import annotations

import re
import unicodedata

# Sentence ends in the scripts news is written in; closing quotes and brackets may follow.
_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।॥։።၊။៕។:：;；,،]['\"”’»«›)\]】」』）]*$")
_EDGE = " \t\u00a0\u200b\u200e\u200f.:;,!?*·•…»«›‹|/\\-–—_#\"'“”„‘’()[]{}<>→←↓↑↩⤵▼►✉。：，！？؟،*＊（）「」"
# A character of these scripts says about as much as two and a half of the Latin one.
_DENSE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


# What writers set or leave out as they like: joiners, soft hyphens and marks of direction, Arabic and
# Hebrew vowel signs.
_OPTIONAL = re.compile(
    r"[\u200b-\u200f\u2060\ufeff\u00ad\u0591-\u05bd\u05bf\u05c1\u05c2\u0640\u064b-\u0652\u0670]"
)


def normal(line: str) -> str:
    """The line in one form for comparing: NFKC, one case, single spaces, no marks at its edges."""
    text = _OPTIONAL.sub("", unicodedata.normalize("NFKC", line).casefold())
    return " ".join(text.split()).strip(_EDGE)


def length(line: str) -> float:
    """Characters, those of dense scripts counted 2.5 times."""
    return float(len(line)) if line.isascii() else len(line) + 1.5 * len(_DENSE.findall(line))


def ends_like_a_sentence(line: str) -> bool:
    return bool(_SENTENCE_END.search(line.rstrip()))


def is_prose(line: str) -> bool:
    """Whether a line is a paragraph of running text and no label, heading or form field."""
    size = length(line)
    return size >= 140 or (size >= 60 and ends_like_a_sentence(line))


def is_running(line: str) -> bool:
    """Whether a line is prose or at least a whole sentence."""
    return is_prose(line) or (length(line) >= 18 and ends_like_a_sentence(line))


def is_shouted(line: str) -> bool:
    """All in capitals, for scripts that have them; a lone acronym is not shouted."""
    letters = [character for character in line if character.isalpha()]
    cased = [character for character in letters if character.upper() != character.lower()]
    return len(cased) >= 5 and len(cased) == len(letters) and line.upper() == line
