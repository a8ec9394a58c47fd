"""Where a page names its authors, in the order of trust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lxml.html import HtmlElement

from pipelines.metadata.jsonld import Node, text_of
from pipelines.metadata.markup import Metas, squeezed
from pipelines.metadata.names import clean_authors

_METAS = (
    "author",
    "article:author",
    "parsely-author",
    "dc.creator",
    "dcterms.creator",
    "sailthru.author",
    "byl",
    "citation_author",
)
_PATHS = (
    "//*[@itemprop='author']//*[@itemprop='name']",
    "//*[@itemprop='author']",
    "//a[@rel='author']",
    *(
        f"//*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
        for name in ("author-name", "byline__name", "article__author", "byline", "author")
    ),
)
_MAX_BYLINE = 150
_MAX_ELEMENTS = 6


def read_authors(
    tree: HtmlElement, metas: Metas, article: Node, *, site_names: Sequence[str]
) -> tuple[str, ...]:
    """The authors of the first place that names any; people and organisations, one a name."""
    for names in _places(tree, metas, article):
        found = clean_authors(names, site_names=site_names)
        if found:
            return found
    return ()


def _places(tree: HtmlElement, metas: Metas, article: Node) -> Iterator[list[str]]:
    yield _names(article.get("author") or article.get("creator"))
    for name in _METAS:
        yield list(metas.get(name, ()))
    for path in _PATHS:
        texts = (squeezed(element.text_content()) for element in tree.xpath(path)[:_MAX_ELEMENTS])
        yield [text for text in texts if 0 < len(text) < _MAX_BYLINE]


def _names(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for one in value for name in _names(one)]
    if isinstance(value, Mapping) and isinstance(value.get("name"), list):
        return _names(value["name"])
    name = text_of(value)
    return [name] if name else []
