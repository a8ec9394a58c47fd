"""Sitemaps and sitemap indexes (sitemaps.org), with Google's News extension; plain or gzipped."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from crawler.discovery.errors import UnreadableError
from crawler.discovery.feeds import read_date
from pipelines.charset import decode
from pipelines.items import Kind, Link
from pipelines.limits import LIMITS, Limits
from pipelines.urls import canonical, is_media

# The protocol's own cap on the entries of a sitemap; more are not read.
_PROTOCOL_ENTRIES = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEWS = re.compile(r"news|latest|recent|aktuell|noticias|actualit", re.IGNORECASE)
_POSTS = re.compile(r"post|article|artikel|story|stories|content|beitrag", re.IGNORECASE)
_OTHER = re.compile(
    r"image|video|categor|tag|author|autor|page[s-]|static|gallery|galerie|topic|user|product|event",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    links: tuple[Link, ...]
    is_index: bool
    is_news: bool
    language: str | None = None


@dataclass(slots=True)
class _Entry:
    """What one <url> or <sitemap> element has said so far, by local tag name."""

    values: dict[str, str] = field(default_factory=dict)


def read_sitemap(body: bytes, *, url: str, limits: Limits = LIMITS) -> Sitemap:
    """The sitemap at `url`; the newest entries first: the older ones are an archive.

    Raises UnreadableError when it is none.
    """
    body = _inflated(body, limits.sitemap_size)
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise UnreadableError("empty where a sitemap was announced")
    if not head.startswith(b"<"):
        return _plain_text(body, url, limits)
    if re.search(rb"<html[\s>]|<!doctype html", head, re.IGNORECASE):
        raise UnreadableError("HTML where a sitemap was announced")
    entries, root = _read_xml(body)
    if root not in ("urlset", "sitemapindex"):
        raise UnreadableError(f"no sitemap: its root element is <{root}>")
    index = root == "sitemapindex"
    links = [link for entry in entries if (link := _link(entry, url, index))]
    languages = [entry.values["language"] for entry in entries[:50] if "language" in entry.values]
    return Sitemap(
        links=_newest(links, limits.sitemap_entries),
        is_index=index,
        is_news=not index and any("publication_date" in entry.values for entry in entries),
        language=max(set(languages), key=languages.count) if languages else None,
    )


def _inflated(body: bytes, most: int) -> bytes:
    """The body without gzip. A bomb ends at the cap."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(body, most)
    except zlib.error as error:
        raise UnreadableError(f"broken gzip: {error}") from error
    if inflater.unconsumed_tail:
        raise UnreadableError(f"larger than {most / 1024**2:g} MiB after decompression")
    return text


def _read_xml(body: bytes) -> tuple[list[_Entry], str]:
    entries: list[_Entry] = []
    current = _Entry()
    root = ""
    parser = etree.iterparse(
        io.BytesIO(body.lstrip()),  # blanks before the declaration would cost the entities
        events=("start", "end"),
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    try:
        for event, element in parser:
            name, text = _said(element)
            if event == "start":
                root = root or name
                if name in ("url", "sitemap"):
                    current = _Entry()
            elif name in ("url", "sitemap"):
                entries.append(current)
                if len(entries) == _PROTOCOL_ENTRIES:
                    break
                element.clear()
                # What stands before a root, a comment say, has no parent to be taken from.
                holder = element.getparent()
                while holder is not None and element.getprevious() is not None:
                    del holder[0]
            elif name in ("loc", "lastmod", "publication_date", "title", "language") and text:
                # <image:loc> comes after the page's own <loc>: the first one counts.
                current.values.setdefault(name, text.strip())
    except etree.XMLSyntaxError as error:
        if not entries:
            raise UnreadableError(f"broken XML: {error}") from error
    return entries, root


def _said(element: etree._Element) -> tuple[str, str]:
    """(the local name, the text) of an element; nothing of one that no text can hold.

    What the parser recovers may have a prefix that nobody declared, or half of a surrogate pair.
    """
    try:
        return str(element.tag).rpartition("}")[2].rpartition(":")[2], element.text or ""
    except UnicodeDecodeError:
        return "", ""


def _link(entry: _Entry, base: str, index: bool) -> Link | None:
    address = canonical(entry.values.get("loc", ""), base) if entry.values.get("loc") else None
    if address is None or (not index and is_media(address)):
        return None
    return Link(
        url=address,
        kind=Kind.SITEMAP if index else Kind.ARTICLE,
        title=entry.values.get("title"),
        published_at=read_date(entry.values.get("publication_date")),
        modified_at=read_date(entry.values.get("lastmod")),
        depth=1 if index else 0,
    )


def _newest(links: list[Link], most: int) -> tuple[Link, ...]:
    unique = list({link.url: link for link in reversed(links)}.values())[::-1]
    unique.sort(key=lambda link: link.published_at or link.modified_at or _EPOCH, reverse=True)
    return tuple(unique[:most])


def _plain_text(body: bytes, url: str, limits: Limits) -> Sitemap:
    """A text sitemap: one address a line."""
    text = decode(body, None).text.split("\n", _PROTOCOL_ENTRIES)[:_PROTOCOL_ENTRIES]
    lines = [line.strip() for line in text if line.strip()]
    if not lines or not all(line.startswith(("http://", "https://")) for line in lines[:5]):
        raise UnreadableError("neither XML nor a list of addresses where a sitemap was announced")
    links = [
        Link(url=address) for line in lines if (address := canonical(line, url)) and not is_media(address)
    ]
    return Sitemap(links=_newest(links, limits.sitemap_entries), is_index=False, is_news=False)


def news_first(links: Iterator[Link] | tuple[Link, ...] | list[Link]) -> list[Link]:
    """The children of an index in the order a monitor wants them; images, tags and the like left out."""
    wanted = [link for link in links if _NEWS.search(link.url) or not _OTHER.search(link.url)]
    wanted.sort(key=lambda link: link.modified_at or _EPOCH, reverse=True)
    return sorted(
        wanted, key=lambda link: 0 if _NEWS.search(link.url) else 1 if _POSTS.search(link.url) else 2
    )
