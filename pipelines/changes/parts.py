"""The parts texts are compared by: paragraphs, sentences, and tokens that know whether they are quoted."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import NamedTuple

SHOWN = 240

# Scripts without spaces between words: each character is a token.
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# Vowel signs and accents are no letters to `re`: the Indic blocks as a whole, without their full stops.
_MARKS = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_LETTER = rf"(?:[^\W_{UNSPACED}]|[{_MARKS}])"
_TOKEN = re.compile(
    rf"\d+(?:[.,:\u00a0\u202f'’]\d+)*(?!{_LETTER})|[{UNSPACED}]|{_LETTER}+(?:['’.-]{_LETTER}+)*|[^\s]"
)
_WORD = re.compile(rf"[{UNSPACED}]|{_LETTER}")
_END = re.compile(r"(?:[.!?…؟۔।॥]+['\"”’»«“›)\]]*(?=\s)|[。！？။។]+[”’」』）]*)")
# A short capitalised word or a letter before the stop is an abbreviation: "Dr. Novak", "J. Smith".
_ABBREVIATION = re.compile(r"(?:^|[\s(„“\"«])[^\W\d_a-zà-ÿа-я]\w{0,2}$")
_QUOTED = re.compile(
    "“[^”]*(?:”|$)|„[^“”]*(?:[“”]|$)|”[^”]*”|«[^»]*(?:»|$)|»[^«]*(?:«|$)|‹[^›]*›|›[^‹]*‹"
    r"|「[^」]*(?:」|$)|『[^』]*(?:』|$)|〝[^〟]*〟"
    r'|(?<!\w)"(?=\S)[^"]*"(?!\w)'
    r"|(?<!\w)‘(?=\S).{2,}?’(?!\w)|(?<!\w)‚(?=\S).{2,}?[‘’](?!\w)|(?<!\w)'(?=\S).{2,}?'(?!\w)"
)


class Token(NamedTuple):
    """A word, number or mark; `start` is its place in the sentence."""

    text: str
    start: int
    quoted: bool

    @property
    def is_word(self) -> bool:
        return _WORD.match(self.text) is not None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of paragraph number `paragraph`; `quoted` are the spans of it within quotation marks."""

    text: str
    paragraph: int
    quoted: tuple[tuple[int, int], ...] = ()

    def tokens(self) -> list[Token]:
        return [
            Token(found[0], found.start(), any(a <= found.start() < b for a, b in self.quoted))
            for found in _TOKEN.finditer(self.text)
        ]


def tokens_of(text: str) -> list[str]:
    return _TOKEN.findall(text)


def sentences(paragraphs: list[str], *, but: Container[str] = ()) -> list[Sentence]:
    """The sentences in order, single spaces within them, but for those of the paragraphs in `but`."""
    return [
        one
        for number, text in enumerate(paragraphs)
        if text not in but
        for one in _sentences(" ".join(text.split()), number)
    ]


def _sentences(text: str, number: int) -> Iterator[Sentence]:
    # The marks at the ends are left out: that a quotation is opened otherwise is typography.
    quoted = [(found.start() + 1, found.end()) for found in _QUOTED.finditer(text)]
    start = 0
    for end in (*_ends(text), len(text)):
        part = text[start:end].strip()
        if part:
            at = text.index(part, start)
            spans = tuple((a - at, b - at) for a, b in quoted if a < at + len(part) and b > at)
            yield Sentence(part, number, spans)
        start = end


def _ends(text: str) -> Iterator[int]:
    for found in _END.finditer(text):
        before = text[max(0, found.start() - 5) : found.start()]
        if not (found[0][0] == "." and _ABBREVIATION.search(before)):
            yield found.end()


def paragraphs_of(text: str) -> list[str]:
    return [part for part in text.split("\n\n") if part.strip()]


def window(text: str, at: int = 0) -> str:
    """At most SHOWN characters of a text, around the place `at`; an ellipsis where something is left out."""
    if len(text) <= SHOWN:
        return text
    start = max(0, min(at - SHOWN // 3, len(text) - SHOWN + 1))
    end = start + SHOWN - 2
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"
