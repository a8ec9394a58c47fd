"""Where a page names its authors, in the order of trust."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any

from lxml.html import HtmlElement

from pipelines.metadata.jsonld import Node, text_of
from pipelines.metadata.markup import Metas, first, squeezed
from pipelines.metadata.names import clean_authors, is_byline, is_lead, looks_like_name
from pipelines.metadata.written import below

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
        # The first test is cheap and fails for nearly every element.
        f"//*[contains(@class, '{name}')][contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
        for name in ("author-name", "byline__name", "article__author", "byline", "author")
    ),
)
# Classes such as "article-byline" and "author-2", outside what lists other articles and who comments.
_NAMED = re.compile(r"byline|author", re.I)
_NAMED_TAGS = ("span", "p", "div", "a", "address", "li", "h4", "h5")
_ELSEWHERE = re.compile(r"comment|related|teaser|card|recommend|sidebar|avatar|image|bio|about", re.I)
_LABELS = re.compile(
    r"written by|verfasst von|geschrieben von|escrito por|écrit par|scritto da|geschreven door", re.I
)
_MAX_BYLINE = 150
_MAX_ELEMENTS = 6
_MAX_MARKED = 60
_MAX_PIECES = 15
_MAX_NAMES = 60


def read_authors(
    tree: HtmlElement,
    metas: Metas,
    article: Node,
    *,
    site_names: Sequence[str],
    nodes: Sequence[Node] = (),
    title: str | None = None,
) -> tuple[str, ...]:
    """The authors of the first place that names any; people and organisations, one a name.

    The site itself, or its staff, where that is all that is declared.
    """
    for names in _places(tree, metas, article, nodes, title):
        found = clean_authors(names, site_names=site_names)
        if found:
            return found
    for names in _declared(metas, article, nodes):
        found = clean_authors(names, anybody=True)
        if found:
            return found
    return ()


def _declared(metas: Metas, article: Node, nodes: Sequence[Node]) -> Iterator[list[str]]:
    yield _names(article.get("author") or article.get("creator"), nodes)
    for name in _METAS:
        yield list(metas.get(name, ()))
    for label, data in (("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")):
        if _LABELS.search(first(metas, label) or ""):
            yield list(metas.get(data, ()))


def _places(
    tree: HtmlElement, metas: Metas, article: Node, nodes: Sequence[Node], title: str | None
) -> Iterator[list[str]]:
    yield from _declared(metas, article, nodes)
    for path in _PATHS:
        texts = (squeezed(element.text_content()) for element in tree.xpath(path)[:_MAX_ELEMENTS])
        yield [text for text in texts if 0 < len(text) < _MAX_BYLINE]
    yield from _below_headline(tree, title)
    for element in islice(_named(tree), _MAX_ELEMENTS):
        yield _in_parts(element)


def _below_headline(tree: HtmlElement, title: str | None) -> Iterator[list[str]]:
    """The names behind a "By" between the headline and the text."""
    lead = False
    for piece in islice(below(tree, title=title), _MAX_PIECES):
        if (lead or is_byline(piece)) and len(piece) <= _MAX_NAMES:
            yield _names_alone([piece])
        lead = is_lead(piece)


def _named(tree: HtmlElement) -> Iterator[HtmlElement]:
    marked = (element for element in tree.iter(*_NAMED_TAGS) if _NAMED.search(_marks(element)))
    for element in islice(marked, _MAX_MARKED):
        if not any(map(_elsewhere, (element, *element.iterancestors()))):
            yield element


def _marks(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('data-testid') or ''}"


def _elsewhere(element: HtmlElement) -> bool:
    return element.tag in ("nav", "aside", "footer") or bool(_ELSEWHERE.search(element.get("class") or ""))


def _in_parts(element: HtmlElement) -> list[str]:
    """The names in an element; by its children where each holds one; behind "by", where that stands alone."""
    parts = [part for text in element.itertext() if (part := squeezed(text))]
    if not 0 < sum(map(len, parts)) < _MAX_BYLINE:
        return []
    leads = [index for index, part in enumerate(parts) if is_lead(part)]
    parts = list(takewhile(lambda part: not part[0].isdigit(), parts[leads[0] + 1 :] if leads else parts))
    return _names_alone(parts if all(" " in part for part in parts) else [" ".join(parts)])


def _names_alone(texts: list[str]) -> list[str]:
    """These texts, where they are names and nothing else: what is not marked up may be anything."""
    names = clean_authors(texts)
    return texts if all(map(looks_like_name, names)) else []


def _names(value: Any, nodes: Sequence[Node] = ()) -> list[str]:
    if isinstance(value, list):
        return [name for one in value for name in _names(one, nodes)]
    if isinstance(value, Mapping) and isinstance(value.get("name"), list):
        return _names(value["name"])
    name = text_of(value) or _name_by_id(value, nodes)
    return [name] if name else []


def _name_by_id(value: Any, nodes: Sequence[Node]) -> str:
    """The name of a node that is only pointed at."""
    wanted = value.get("@id") if isinstance(value, Mapping) else None
    same = (node for node in nodes if wanted and node.get("@id") == wanted and node.get("name"))
    return next((text_of(node) for node in same), "")
