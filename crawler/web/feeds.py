"""Output feeds: a search, source or watch as RSS 2.0, Atom (RFC 4287), JSON Feed 1.1; sources as OPML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

import nh3
from fastapi import APIRouter, HTTPException, Query, Request, Response
from lxml import etree
from lxml.builder import ElementMaker
from markupsafe import escape
from pydantic_core import to_json

from crawler.source_lists import write_opml
from crawler.web.desk import TheDesk
from crawler.web.filters import Filters
from crawler.web.lists import page_of
from crawler.web.templating import link, paragraphs, url_with
from pipelines.items import Article, iso_utc
from pipelines.secrets import masked

router = APIRouter(prefix="/feeds")

Form = Literal["rss", "atom", "json"]
ITEMS = 50
_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
}
_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
# A per cent sign that begins no octet.
_STRAY = re.compile("%(?![0-9A-Fa-f]{2})")
# What XML 1.0 cannot hold, not even escaped (section 2.2).
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A feed before it is written: `page` is where people see the same, `own` where the feed stands."""

    title: str
    page: str
    own: str
    articles: Sequence[Article]
    now: datetime

    @property
    def updated(self) -> datetime:
        return max((_changed(article) for article in self.articles), default=self.now)


@router.get("/search.{form}")
def search(request: Request, desk: TheDesk, form: Form, filters: Annotated[Filters, Query()]) -> Response:
    hits, _ = page_of(desk.store.search, filters.asked(desk.clock()), limit=ITEMS)
    title = f"Wirewatch: {filters.as_query}" if filters.as_query else "Wirewatch: all articles"
    return _answer(request, form, title, url_with("/search", filters.values), [hit.article for hit in hits])


@router.get("/sources/{name}.{form}")
def source(request: Request, desk: TheDesk, name: str, form: Form) -> Response:
    if name not in desk.store.desk.source_names():
        raise HTTPException(404, f"there is no source named {name[:80]}")
    hits = desk.store.search("", source=name, order="newest", limit=ITEMS)
    path = f"/sources/{quote(name, safe='')}"
    return _answer(request, form, f"Wirewatch: {name}", path, [hit.article for hit in hits])


@router.get("/watches/{name}.{form}")
def watch(request: Request, desk: TheDesk, name: str, form: Form) -> Response:
    known = desk.store.watch(name)
    if known is None:
        raise HTTPException(404, f"there is no watch named {name[:80]}")
    matches = desk.store.watch_matches(name, limit=ITEMS)
    path = f"/watches/{quote(name, safe='')}"
    return _answer(request, form, f"Wirewatch: {name}", path, [match.article for match in matches])


@router.get("/sources.opml")
def opml(desk: TheDesk) -> Response:
    return Response(write_opml(desk.config().sources), media_type="text/x-opml; charset=utf-8")


def _answer(request: Request, form: Form, title: str, path: str, articles: Sequence[Article]) -> Response:
    desk = request.app.state.desk
    base = (desk.config().serve.url or f"{request.url.scheme}://{request.headers.get('host', '')}").rstrip(
        "/"
    )
    # The token that a reader sends in the address is not told on in what it reads.
    own = base + url_with(request.url.path, {k: v for k, v in request.query_params.items() if k != "token"})
    channel = Channel(title=_clean(title), page=base + path, own=own, articles=articles, now=desk.clock())
    return Response(_WRITERS[form](channel), headers={"Content-Type": _TYPES[form]})


# --- an item --------------------------------------------------------------------------------------------


def _clean(text: str) -> str:
    return _CONTROLS.sub("", text)


def _published(article: Article) -> datetime:
    return article.published_at or article.first_seen_at


def _changed(article: Article) -> datetime:
    """When we last learned something new of it: a date of the publisher's may lie in the future."""
    return (
        article.first_seen_at
        if article.revision == 1
        else max(article.first_seen_at, article.modified_at or article.last_seen_at)
    )


def _address(article: Article) -> str | None:
    address = link(article.url_canonical) or link(article.url)
    if address is None:
        return None
    scheme, host, *rest = urlsplit(_clean(masked(address)))
    return urlunsplit((scheme, _quoted(host, also="[]"), *(_quoted(part) for part in rest)))


def _quoted(part: str, *, also: str = "") -> str:
    """A part of an address with nothing in it that an address must not have (RFC 3986, 2)."""
    return _STRAY.sub("%25", quote(part, safe=f"/:@!$&'()*+,;=?%~-._{also}"))


def _name(article: Article) -> str:
    """What the item is known by in every feed and for ever."""
    return f"urn:wirewatch:article:{article.id}"


def _html(article: Article) -> str:
    """The text as HTML. It is escaped, and cleaned all the same: a reader's program may be less careful."""
    blocks = ("<br>".join(str(escape(line)) for line in block) for block in paragraphs(_clean(article.text)))
    return nh3.clean("".join(f"<p>{block}</p>" for block in blocks), tags={"p", "br"}, attributes={})


def _summary(article: Article) -> str:
    return _clean(article.description or " ".join(article.text[:400].split()))


# --- the three forms ------------------------------------------------------------------------------------


def _rss(channel: Channel) -> bytes:
    make = ElementMaker(nsmap={"atom": _ATOM, "dc": _DC, "content": _CONTENT})
    root = make.rss({"version": "2.0"})
    top = etree.SubElement(root, "channel")
    for name, text in (("title", channel.title), ("link", channel.page), ("description", channel.title)):
        etree.SubElement(top, name).text = text
    etree.SubElement(top, "generator").text = "Wirewatch"
    etree.SubElement(top, "lastBuildDate").text = format_datetime(
        channel.updated.astimezone(UTC), usegmt=True
    )
    own = {"href": channel.own, "rel": "self", "type": "application/rss+xml"}
    etree.SubElement(top, f"{{{_ATOM}}}link", own)
    for article in channel.articles:
        top.append(_rss_item(article))
    return _xml(root)


def _rss_item(article: Article) -> Any:
    item = etree.Element("item")
    etree.SubElement(item, "title").text = _clean(article.title)
    address = _address(article)
    if address is not None:
        etree.SubElement(item, "link").text = address
    etree.SubElement(item, "guid", {"isPermaLink": "false"}).text = _name(article)
    etree.SubElement(item, "pubDate").text = format_datetime(_published(article).astimezone(UTC), usegmt=True)
    for author in article.authors:
        etree.SubElement(item, f"{{{_DC}}}creator").text = _clean(author)
    for tag in article.tags:
        etree.SubElement(item, "category").text = _clean(tag)
    etree.SubElement(item, "description").text = str(escape(_summary(article)))
    etree.SubElement(item, f"{{{_CONTENT}}}encoded").text = _html(article)
    return item


def _atom(channel: Channel) -> bytes:
    names: dict[Any, str] = {None: _ATOM}
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap=names)
    _atom_texts(root, {"id": channel.own, "title": channel.title, "updated": iso_utc(channel.updated)})
    etree.SubElement(root, f"{{{_ATOM}}}link", {"href": channel.own, "rel": "self"})
    etree.SubElement(root, f"{{{_ATOM}}}link", {"href": channel.page, "rel": "alternate"})
    _atom_texts(etree.SubElement(root, f"{{{_ATOM}}}author"), {"name": "Wirewatch"})
    for article in channel.articles:
        root.append(_atom_entry(article))
    return _xml(root)


def _atom_entry(article: Article) -> Any:
    entry = etree.Element(f"{{{_ATOM}}}entry")
    texts = {
        "id": _name(article),
        "title": _clean(article.title),
        "published": iso_utc(_published(article)),
        "updated": iso_utc(_changed(article)),
        "summary": _summary(article),
    }
    _atom_texts(entry, texts)
    address = _address(article)
    if address is not None:
        etree.SubElement(entry, f"{{{_ATOM}}}link", {"href": address, "rel": "alternate"})
    for author in article.authors or (article.source,):
        _atom_texts(etree.SubElement(entry, f"{{{_ATOM}}}author"), {"name": _clean(author) or "unknown"})
    for tag in article.tags:
        etree.SubElement(entry, f"{{{_ATOM}}}category", {"term": _clean(tag)})
    content = etree.SubElement(entry, f"{{{_ATOM}}}content", {"type": "html"})
    content.text = _html(article)
    return entry


def _atom_texts(parent: Any, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = text


def _json(channel: Channel) -> bytes:
    return to_json(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": channel.title,
            "home_page_url": channel.page,
            "feed_url": channel.own,
            "items": [_json_item(article) for article in channel.articles],
        }
    )


def _json_item(article: Article) -> dict[str, Any]:
    item = {
        "id": _name(article),
        "url": _address(article),
        "title": _clean(article.title),
        "content_html": _html(article),
        "summary": _summary(article),
        "date_published": iso_utc(_published(article)),
        "date_modified": iso_utc(_changed(article)),
        "authors": [{"name": _clean(name)} for name in article.authors] or None,
        "tags": [_clean(tag) for tag in article.tags] or None,
        "language": article.language,
    }
    return {name: value for name, value in item.items() if value is not None}


def _xml(root: Any) -> bytes:
    found: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return found


_WRITERS = {"rss": _rss, "atom": _atom, "json": _json}
