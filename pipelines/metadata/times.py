"""When an article was published and modified, by its publisher's word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from lxml.html import HtmlElement

from pipelines.metadata.clocks import Claim
from pipelines.metadata.dates import Dated, date_in_url, parse_date, plausible
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
    "//time[@datetime][ancestor::article or ancestor::header or ancestor::main]",
    "//time[@datetime]",
)
# The first test of the class is cheap and fails for nearly every element.
_WRITTEN = (
    "/descendant::*[self::span or self::p or self::div or self::time]"
    "[contains(@class, 'date') or contains(@class, 'publish')][{}]"
).format(
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


def read_claims(
    tree: HtmlElement,
    metas: Metas,
    article: Node,
    *,
    url: str,
    now: datetime,
    nodes: Sequence[Node] = (),
    title: str | None = None,
) -> tuple[Claim, ...]:
    """What the page claims to have been published at, in the order it is believed: see `clocks.choose`.

    Claims that are not plausible are among them. Where the page declares no plausible one, the one of another
    node of `nodes`, or the one its readers see near `title`.
    """
    claims: list[Claim] = []
    exact = False
    for where, candidates in _candidates(tree, metas, article, url):
        if where == "text" and exact:
            continue  # the search for it takes longest, and can tell nothing more
        for text in candidates:
            dated = parse_date(text) if isinstance(text, str) else text
            if dated is not None:
                claims.append(Claim(dated, where))
                exact = exact or (dated.precision != "day" and dated.zoned and plausible(dated, now=now))
    if not any(plausible(claim.dated, now=now) for claim in claims):
        claims += [claim for claim in [_undeclared(tree, nodes, title=title, now=now)] if claim is not None]
    return tuple(claims)


def _undeclared(
    tree: HtmlElement, nodes: Sequence[Node], *, title: str | None, now: datetime
) -> Claim | None:
    for node in nodes:
        if not _PAGE_TYPES.isdisjoint(types_of(node)):
            dated = parse_date(text_of(node.get("datePublished")))
            if dated is not None and plausible(dated, now=now):
                return Claim(dated, "json-ld")
    written = written_day(tree, title=title) or _in_named_element(tree)
    return Claim(written, "text") if written is not None else None


def _in_named_element(tree: HtmlElement) -> Dated | None:
    """The first day in an element whose class says that a date stands in it."""
    for element in tree.xpath(_NAMED_DATE)[:_MAX_NAMED]:
        text = squeezed(element.text_content())
        found = day_in(text, language=language_of(tree)) if len(text) <= _MAX_WRITTEN else None
        if found:
            return found
    return None


def _candidates(
    tree: HtmlElement, metas: Metas, article: Node, url: str
) -> Iterator[tuple[str, Iterable[str | Dated | None]]]:
    """(where, what stands there), each place only looked at when it is come to."""
    yield "json-ld", (text_of(article.get(name)) for name in ("datePublished", "dateCreated"))
    yield "meta", (first(metas, name) for name in _PUBLISHED)
    yield "time", _in_elements(tree)
    yield "text", _in_written(tree)
    yield "url", (date_in_url(url),)


def _in_elements(tree: HtmlElement) -> Iterator[str | None]:
    for element in tree.xpath("//*[@itemprop='datePublished']")[:2]:
        yield element.get("datetime") or element.get("content") or element.text_content()
    for path in _TIMES:
        for element in tree.xpath(path)[:1]:
            yield element.get("datetime")


def _in_written(tree: HtmlElement) -> Iterator[str | None]:
    for element in tree.xpath(_WRITTEN)[:3]:
        text = " ".join(element.text_content().split())
        yield text if len(text) <= _MAX_WRITTEN else None


def read_modified(metas: Metas, article: Node, *, now: datetime) -> datetime | None:
    """The last change, in UTC, by JSON-LD or else by meta elements."""
    for text in (text_of(article.get("dateModified")), *(first(metas, name) for name in _MODIFIED)):
        dated = parse_date(text)
        if dated is not None and plausible(dated, now=now):
            return dated.at
    return None
