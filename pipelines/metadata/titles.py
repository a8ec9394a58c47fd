"""The headline of an article, as its readers see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from lxml.html import HtmlElement

from pipelines.metadata.jsonld import fold
from pipelines.metadata.markup import squeezed

_SEPARATOR = re.compile(r"\s+[|\-–—·»«:•/]{1,2}\s+|\s*[|｜]\s*")
# Two spellings of one headline share at least this much of their letters (difflib's ratio).
_ALIKE = 0.7
_SHORT = 8


def read_title(tree: HtmlElement, *, declared: Sequence[str], site_names: Sequence[str]) -> str | None:
    """The page's heading that agrees with a declared title; else the first declared title.

    Declared titles are cut and coloured for search engines and social networks, so a heading that is
    nearly the same is preferred; one that is about something else (the site's name, a box) is not.
    """
    page = squeezed(tree.findtext(".//head/title") or tree.findtext(".//title"))
    titles = [*declared, *([page] if page else [])]
    headings = [text for heading in tree.iter("h1") if (text := squeezed(heading.text_content()))]
    for heading in headings:
        if any(_agree(heading, title) for title in titles):
            return heading
    if titles:
        return _without_site(titles[0], site_names)
    return headings[0] if len(headings) == 1 else None


def _agree(heading: str, title: str) -> bool:
    one, other = fold(heading), fold(title)
    if len(one) < _SHORT:
        return one == other
    return one in other or SequenceMatcher(None, one, other, autojunk=False).ratio() > _ALIKE


def _without_site(title: str, site_names: Sequence[str]) -> str:
    """The title without the site's name before or behind a separator."""
    names = {fold(name) for name in site_names}
    separators = list(_SEPARATOR.finditer(title))
    if separators and fold(title[separators[-1].end() :]) in names:
        return title[: separators[-1].start()].strip()
    if separators and fold(title[: separators[0].start()]) in names:
        return title[separators[0].end() :].strip()
    return title
