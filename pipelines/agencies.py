"""The wire agency a text comes from, as newsrooms name it where agencies stand. Pure.

That is among the authors, in the dateline that opens the text, and in the credit that ends it. "Reuters
reported" in a sentence names a source, "Photo: AFP" that of a picture: neither counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

# A dateline stands within so many characters; a credit line is no longer than this.
_DATELINE = 90
_CREDIT = 110
# What joins agencies and desks in one credit: "dpa/AFP", "afp, reuters", "Xinhua and AP".
_JOIN = r"\s*(?:[/,;+&|・、·]|\s(?:and|und|et|y|e|en|och|og|i|и|و)\s)\s*"
_DASH = r"[-–—−:：]"
# Lines that name who made a picture.
_PICTURE = re.compile(
    r"\b(?:photos?|foto\w*|bild(?:er)?|images?|pictures?|picture alliance|imago|getty|video|graphic|grafik"
    r"|cr[eé]dits? photo|zdj[eę]cie|kuva|kép|фото)\b|写真|图片|圖片|摄影|사진",
    re.IGNORECASE,
)
# What may stand before the agency in a credit line of its own.
_LED = (
    r"(?:(?:source|sources|quelle|quellen|fuente|fuentes|fonte|bron|källa|kilde|lähde|zdroj|źródło|forrás|izvor"
    r"|sursa|kaynak|источник|джерело|πηγή|المصدر|منبع|स्रोत|出典|来源|來源|(?:消息)?来源|출처|nguồn|sumber)\s*[:：]?"
    r"|with (?:files|reporting|material|input|inputs|additional reporting)\s*(?:from|by)"
    r"|(?:mit|unter verwendung von) (?:material|inhalten)(?: von| der)?"
    r"|(?:avec|con información de|com|com informações de|met|med)"
    r"|(?:by|von|par|por|da|di|av|af|door)|(?:copyright|©|\(c\)|℗)\s*(?:by)?\s*(?:\d{4})?|\d{4}\s*©?)\s*"
)
_TAIL = r"(?:[.,\s©]|\d{4}|all rights reserved|alle rechte vorbehalten|staff|newsroom|tous droits réservés)*"


class Agency(NamedTuple):
    """A wire agency: its name here, its country (ISO 3166), how it is spelled where it stands."""

    name: str
    country: str
    spellings: tuple[str, ...]


@cache
def agencies() -> tuple[Agency, ...]:
    """Those of agencies.tsv."""
    lines = (files("pipelines") / "agencies.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple(Agency(name, country, tuple(spellings.split("|"))) for name, country, spellings in rows)


def agency_of(authors: Sequence[str], text: str, *, edges: Iterable[str] = ()) -> str | None:
    """The name of the first agency found: the text's own words first, then the authors.

    `edges` are lines that stood above or below the text and were taken away.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    for line in (*lines[:1], *edges):
        if (found := _in_dateline(line)) is not None:
            return found
    for line in (*reversed(lines[-2:]), *edges):
        if (found := _in_credit(line)) is not None:
            return found
    return next((found for author in authors if (found := _in_author(author)) is not None), None)


@cache
def _names() -> dict[str, str]:
    """Spelling, in one case -> name."""
    return {spelling.casefold(): agency.name for agency in agencies() for spelling in agency.spellings}


class _Patterns(NamedTuple):
    dateline: re.Pattern[str]
    credit: re.Pattern[str]
    author: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    spellings = sorted((one for agency in agencies() for one in agency.spellings), key=len, reverse=True)
    any_case = "|".join(map(re.escape, spellings))
    # Outside of brackets initials count only as the agency writes them: "pa" and "aa" are words elsewhere.
    name = rf"(?P<name>{any_case})"
    more = rf"(?:{_JOIN}[^()\[\]（）【】]{{1,40}})?"
    place = r"(?:[^()\[\]（）【】/]{0,14}[\s=]|[\u4e00-\u9fff]{2,5})?"
    bracket = rf"[(\[（【/]{place}(?i:{name}){more}[)\]）】/]"
    dateline = (
        rf"^(?:.{{0,60}}?{bracket}\s*(?:{_DASH}|\.|,|(?=\s[^\W\d_a-z])|$|(?<=[】）/]))"
        rf"|(?:[^\W\d_][\w.’' ]{{1,30}},\s*(?:[\w. ]{{1,20}}[,.]?\s*)?)?(?P<bare>{any_case})"
        rf"(?:/[a-z]{{2,4}})?\s*{_DASH}+\s"
        rf"|【[^【】]{{0,12}}(?P<inner>{any_case})】"
        rf"|(?P<chinese>新华社|新華社|中新社|中央社|中新网|共同社|法新社|路透社)[^，。]{{0,16}}?(?:电|電|讯|訊))"
    )
    credit = (
        rf"(?:^|\s)[(\[（【](?:{_LED})?(?i:{name}){more}[)\]）】]\s*[.。]?$"
        rf"|^(?:[-–—/]+\s*|(?i:{_LED}))(?i:(?P<led>{any_case})){more}(?i:{_TAIL})/?$"
        rf"|^(?P<alone>{any_case})(?:{_JOIN}[^.]{{1,30}})?\s*\.?$"
        rf"|(?<=[.!?。”\"»])\s*(?:[-–—]+\s*|/)(?i:(?P<end>{any_case}))/?\s*\.?$"
        rf"|^(?P<code>dpa)-infocom, dpa:"
        rf"|^(?:{_DASH}+\s*)?(?P<initials>PTI|ANI|IANS)(?:\s[A-Z]{{2,4}})+$"
    )
    desk = r"(?i: staff| newsroom| writers?| news| news agency)?"
    author = rf"^(?i:by |von |par |por |di |da )?(?:the )?(?P<name>{any_case}){desk}$"
    return _Patterns(*map(re.compile, (dateline, credit, author)))


def _in_dateline(line: str) -> str | None:
    head = line[:_DATELINE]
    return None if _PICTURE.search(head) else _name(_patterns().dateline.search(head))


def _in_credit(line: str) -> str | None:
    tail = line.strip()[-_CREDIT:]
    return None if _PICTURE.search(tail) else _name(_patterns().credit.search(tail))


def _in_author(author: str) -> str | None:
    for part in (author, *re.split(r"\s*[/,;|()（）+&]\s*|\s[-–—]\s", author)):
        if (found := _name(_patterns().author.search(part.strip()))) is not None:
            return found
    return None


def _name(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    spelling = next(value for value in match.groupdict().values() if value is not None)
    return _names()[spelling.casefold()]
