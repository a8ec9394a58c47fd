"""The day an article was published where only its readers are told: in words, near the headline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from dateparser import parse as dateparser_parse
from lxml.etree import iterwalk
from lxml.html import HtmlElement

from pipelines.metadata.dates import Dated, parse_date
from pipelines.metadata.jsonld import fold
from pipelines.metadata.markup import squeezed

_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_NAME = r"(?P<name>[^\W\d_]{3,12})"
_NAMED = (
    re.compile(
        rf"(?<!\d){_DAY}(?:st|nd|rd|th|er|º|ª)?\.?[\s-]\s*(?:(?:de|ta['’])\s+)?"
        rf"{_NAME}\.?,?[\s-]\s*(?:del?\s+)?{_YEAR}(?!\d)",
        re.I,
    ),
    re.compile(rf"(?<!\w){_NAME}\.?\s+{_DAY}(?:st|nd|rd|th|\.)?,?\s+{_YEAR}(?!\d)", re.I),
)
_YEAR_FIRST = re.compile(rf"(?<!\d){_YEAR}\s?[-/.年년]\s?{_MONTH}\s?[-/.月월]\s?{_DAY}(?!\d)")
_YEAR_LAST = re.compile(rf"(?<![\d.])(?P<one>\d\d?)(?P<mark>[./-])\s?(?P<two>\d\d?)(?P=mark)\s?{_YEAR}(?!\d)")
# Every country puts the day first but for these, by the languages their pages declare.
_MONTH_FIRST = ("en-us", "en_us", "en-ph", "fil")
_CHANGED = re.compile(
    r"updat|modif|actuali[sz]|aktuali[sz]|mis à jour|aggiorna|bijgewerkt|gewijzigd|endret|oppdater|"
    r"uppdater|opdater|muokattu|päivitetty|atualiza|обновл|güncelle|更新|수정",
    re.I,
)
# What stands in these is not the article's own matter.
_ELSEWHERE = frozenset("script style noscript template option nav footer aside svg figure".split())
# The headline and its date are so many pieces of text apart at most, and so many letters.
_AFTER, _BEFORE = 40, 8
_MAX_LETTERS = 600
# A longer piece is a sentence of the article, and the day in it that of an event.
_MAX_PIECE = 100


def written_day(tree: HtmlElement, *, title: str | None = None) -> Dated | None:
    """The first day below the page's headline, else the last shortly above it; None without a headline.

    A day that is said to be that of a change counts only where there is no other.
    """
    heading = _heading(tree, title)
    if heading is None:
        return None
    language = language_of(tree)
    changed: Dated | None = None
    label = ""
    for piece in (*_below(heading), *_above(heading)):
        found = day_in(piece, language=language) if len(piece) <= _MAX_PIECE else None
        if found and not _CHANGED.search(label + piece):
            return found
        changed = changed or found
        label = piece if not found and len(piece) < 30 else ""
    return changed


def below(tree: HtmlElement, *, title: str | None = None) -> Iterator[str]:
    """The pieces of text below the page's headline, down to where the article has begun."""
    heading = _heading(tree, title)
    yield from _below(heading) if heading is not None else ()


def language_of(tree: HtmlElement) -> str:
    """The language the page declares, with its country where it names one, in lower case; or ""."""
    root = tree.getroottree().getroot()
    return str(root.get("lang") or root.get("xml:lang") or "").strip().lower()


def _heading(tree: HtmlElement, title: str | None) -> HtmlElement | None:
    """The heading with the article's title, else the only one of the first rank."""
    wanted = fold(title)
    for heading in tree.iter("h1", "h2") if wanted else ():
        if fold(heading.text_content()) == wanted:
            return heading
    ranked = list(islice(tree.iter("h1"), 2))
    return ranked[0] if len(ranked) == 1 else None


def _below(heading: HtmlElement) -> Iterator[str]:
    letters = 0
    for piece in islice(_pieces(_following(heading)), _AFTER):
        letters += len(piece)
        if letters > _MAX_LETTERS:
            return
        yield piece


def _above(heading: HtmlElement) -> Iterator[str]:
    yield from islice(_pieces(_preceding(heading)), _BEFORE)


def _pieces(texts: Iterable[str | None]) -> Iterator[str]:
    yield from (piece for text in texts if (piece := squeezed(text)))


def _following(element: HtmlElement) -> Iterator[str | None]:
    """The texts behind an element, in order; lazy, for pages are long and headlines stand at their top."""
    node: HtmlElement | None = element
    while node is not None:
        yield node.tail
        for sibling in node.itersiblings():
            yield from _within(sibling)
            yield sibling.tail
        node = node.getparent()


def _within(element: HtmlElement) -> Iterator[str | None]:
    """The texts in an element that are the article's own; no recursion, for pages nest without end."""
    walk = iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start" and node.tag in _ELSEWHERE:
            walk.skip_subtree()
        elif event == "start":
            yield node.text
        elif node is not element:
            yield node.tail


def _preceding(element: HtmlElement) -> Iterator[str | None]:
    """The texts before an element, the nearest first."""
    node: HtmlElement | None = element
    while node is not None:
        for sibling in node.itersiblings(preceding=True):
            yield sibling.tail
            yield from reversed(list(_within(sibling)))
        node = node.getparent()
        yield node.text if node is not None else None


def day_in(text: str, *, language: str = "") -> Dated | None:
    """The first day in a text, with the months of that language (as declared: "de", "en-GB") or English.

    None for 3/4/2026 in English of no country: it is either.
    """
    for pattern in _NAMED:
        for found in pattern.finditer(text):
            month = _month(found["name"].casefold(), re.split("[-_]", language.lower())[0])
            if month:
                return parse_date(f"{int(found['year'])}-{month}-{int(found['day'])}")
    ordered = _YEAR_FIRST.search(text)
    if ordered:
        return parse_date(f"{int(ordered['year'])}-{int(ordered['month'])}-{int(ordered['day'])}")
    last = _YEAR_LAST.search(text)
    return _in_order(last, language) if last else None


def _in_order(found: re.Match[str], language: str) -> Dated | None:
    day, month = int(found["one"]), int(found["two"])
    if found["mark"] == "/" and day <= 12 and month <= 12 and day != month and language in ("", "en"):
        return None
    if month > 12 or (found["mark"] == "/" and day <= 12 and language.lower().startswith(_MONTH_FIRST)):
        day, month = month, day
    return parse_date(f"{int(found['year'])}-{month}-{day}")


# What pages call a language -> what dateparser does.
_CALLED = {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}


@lru_cache(maxsize=512)
def _month(name: str, language: str) -> int | None:
    """The number of a month by its name or its usual short form."""
    for known in dict.fromkeys((_CALLED.get(language, language), "en")):
        try:
            day = dateparser_parse(f"1 {name} 2020", languages=[known] if known else None)
        except ValueError:  # a language it does not know
            continue
        if day is not None and (day.year, day.day) == (2020, 1):
            return int(day.month)
    return None
