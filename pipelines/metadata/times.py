"""When an article was published and modified, by its publisher's word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from lxml.html import HtmlElement

from pipelines.metadata.dates import Dated, agree, date_in_url, parse_date, plausible
from pipelines.metadata.jsonld import Node, text_of, types_of
from pipelines.metadata.markup import Metas, first, squeezed
from pipelines.metadata.written import day_in, language_of, written_day

_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "article.published",
    "cxenseparse:recs:publishtime",
    "citation_publication_date",
)
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
    "lastmod",
)
_TIMES = (
    "//time[@pubdate][@datetime]",
    "//*[self::article or self::header or self::main]//time[@datetime]",
    "//time[@datetime]",
)
_WRITTEN = "//*[self::span or self::p or self::div or self::time][{}]".format(
    " or ".join(
        f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"
        for name in (
            "date",
            "published",
            "entry-date",
            "post-date",
            "article-date",
            "publish-date",
            "pub-date",
        )
    )
)
_MAX_WRITTEN = 60
_MAX_NAMED = 5
# Not the article itself, but a description of the page it is on, or of what it checks.
_PAGE_TYPES = frozenset(("WebPage", "ItemPage", "ClaimReview", "MediaReview"))
# Classes such as "hero__date" and "posted-on", outside what lists other articles.
_NAMED_DATE = (
    "//*[self::span or self::p or self::div or self::li]"
    "[contains(@class, 'date') or contains(@class, 'posted') or contains(@class, 'publish')]"
    "[not(.//div or ancestor::a or ancestor::nav or ancestor::aside or ancestor::footer)]"
)


def read_published(
    tree: HtmlElement,
    metas: Metas,
    article: Node,
    *,
    url: str,
    now: datetime,
    nodes: Sequence[Node] = (),
    title: str | None = None,
) -> tuple[Dated, str] | None:
    """(the date, where it stood: "json-ld", "meta", "time", "text" or "url").

    The first in that order, unless a later one is more exact and can be the same moment; where the page
    declares none of these, the one of another node of `nodes`, or the one its readers see near `title`.
    """
    chosen: tuple[Dated, str] | None = None
    for where, text in _candidates(tree, metas, article, url):
        dated = parse_date(text) if isinstance(text, str) else text
        if dated is None or not plausible(dated, now=now):
            continue
        if chosen is None or (_says_more(dated, chosen[0]) and _same(dated, chosen[0])):
            chosen = dated, where
        if chosen[0].precision != "day" and chosen[0].zoned:
            break
    return chosen or _undeclared(tree, nodes, title=title, now=now)


def _undeclared(
    tree: HtmlElement, nodes: Sequence[Node], *, title: str | None, now: datetime
) -> tuple[Dated, str] | None:
    for node in nodes:
        if not _PAGE_TYPES.isdisjoint(types_of(node)):
            dated = parse_date(text_of(node.get("datePublished")))
            if dated is not None and plausible(dated, now=now):
                return dated, "json-ld"
    written = written_day(tree, title=title) or _in_named_element(tree)
    return (written, "text") if written is not None and plausible(written, now=now) else None


def _in_named_element(tree: HtmlElement) -> Dated | None:
    """The first day in an element whose class says that a date stands in it."""
    for element in tree.xpath(_NAMED_DATE)[:_MAX_NAMED]:
        text = squeezed(element.text_content())
        found = day_in(text, language=language_of(tree)) if len(text) <= _MAX_WRITTEN else None
        if found:
            return found
    return None


def _says_more(one: Dated, other: Dated) -> bool:
    return (one.precision != "day", one.zoned) > (other.precision != "day", other.zoned)


def _same(one: Dated, other: Dated) -> bool:
    """A time without a zone is the same moment as one with the same digits and a zone."""
    local = Dated(at=one.at + one.offset, precision=one.precision)
    return agree(one, other) or (not other.zoned and agree(local, other))


def _candidates(
    tree: HtmlElement, metas: Metas, article: Node, url: str
) -> Iterator[tuple[str, str | Dated | None]]:
    yield "json-ld", text_of(article.get("datePublished") or article.get("dateCreated"))
    for name in _PUBLISHED:
        yield "meta", first(metas, name)
    for element in tree.xpath("//*[@itemprop='datePublished']")[:2]:
        yield "time", element.get("datetime") or element.get("content") or element.text_content()
    for path in _TIMES:
        for element in tree.xpath(path)[:1]:
            yield "time", element.get("datetime")
    for element in tree.xpath(_WRITTEN)[:3]:
        text = " ".join(element.text_content().split())
        yield "text", text if len(text) <= _MAX_WRITTEN else None
    yield "url", date_in_url(url)


def read_modified(metas: Metas, article: Node, *, now: datetime) -> datetime | None:
    """The last change, in UTC, by JSON-LD or else by meta elements."""
    for text in (text_of(article.get("dateModified")), *(first(metas, name) for name in _MODIFIED)):
        dated = parse_date(text)
        if dated is not None and plausible(dated, now=now):
            return dated.at
    return None
