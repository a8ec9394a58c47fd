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
# Fewer words than a headline has: a site's name, a section.
_LABEL_WORDS = 3
# A declared title of fewer letters may end a headline by chance.
_WHOLE = 20


def read_title(tree: HtmlElement, *, declared: Sequence[str], site_names: Sequence[str]) -> str | None:
    """The page's heading that agrees with a declared title; else the first declared title.

    Declared titles are cut and coloured for search engines and social networks, so a heading that is
    nearly the same is preferred, without the kicker it may begin with; and one that is about as long as
    headlines are, where editors wrote the two apart. One that is a label is not (the site's name, a box).
    """
    page = squeezed(tree.findtext(".//head/title") or tree.findtext(".//title"))
    titles = [*declared, *([page] if page else [])]
    headings = [(heading, text) for heading in tree.iter("h1") if (text := squeezed(heading.text_content()))]
    for _, text in headings:
        if any(_agree(text, title) for title in titles):
            return _without_kicker(text, [_without_site(title, site_names) for title in declared])
    own = {fold(name) for name in site_names}
    for heading, text in headings:
        if len(text.split()) > _LABEL_WORDS and fold(text) not in own and not _beside(heading):
            return text
    if titles:
        return _without_site(titles[0], site_names)
    return headings[0][1] if len(headings) == 1 else None


def _beside(heading: HtmlElement) -> bool:
    return any(element.tag in ("nav", "aside", "footer") for element in heading.iterancestors())


def _without_kicker(heading: str, declared: Sequence[str]) -> str:
    """ "Opinion The bridge is to be repaired" ends with a declared title: that is the headline."""
    whole = fold(heading)
    for title in declared:
        short = fold(title)
        if _WHOLE <= len(short) < len(whole) and 2 * len(short) > len(whole) and whole.endswith(short):
            return title
    return heading


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
