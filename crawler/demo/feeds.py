"""The outlets' feeds and sitemaps, one writer a format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from crawler.demo.content import Outlet, Story

# The absolute address of a story.
Address = Callable[[Story], str]
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def rss(outlet: Outlet, stories: Iterable[Story], home: str, address: Address) -> str:
    """RSS 2.0; links carry the tracking parameters that publishers like to add."""
    items = "".join(
        f"<item><title>{escape(story.title)}</title>"
        f"<link>{escape(address(story))}?utm_source=rss&amp;utm_medium=feed</link>"
        f'<guid isPermaLink="false">{outlet.key}-{story.number}</guid>'
        f"<dc:creator><![CDATA[{', '.join(story.authors)}]]></dc:creator>"
        f"<pubDate>{format_datetime(story.published_at)}</pubDate>"
        f"<description><![CDATA[<p>{escape(story.description)}</p>]]></description></item>\n"
        for story in stories
    )
    return (
        f'{_XML}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(outlet.name)}</title><link>{home}</link>"
        f"<description>{escape(outlet.tagline)}</description><language>{outlet.language}</language>"
        f"<ttl>15</ttl>\n{items}</channel></rss>"
    )


def rdf(outlet: Outlet, stories: Sequence[Story], home: str, address: Address) -> str:
    """RSS 1.0."""
    listed = "".join(f'<rdf:li rdf:resource="{escape(address(story))}"/>' for story in stories)
    items = "".join(
        f'<item rdf:about="{escape(address(story))}"><title>{escape(story.title)}</title>'
        f"<link>{escape(address(story))}</link><dc:date>{story.published_at.isoformat()}</dc:date></item>\n"
        for story in stories
    )
    return (
        f'{_XML}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{home}"><title>{escape(outlet.name)}</title><link>{home}</link>'
        f"<description>{escape(outlet.tagline)}</description><items><rdf:Seq>{listed}</rdf:Seq></items>"
        f"</channel>\n{items}</rdf:RDF>"
    )


def atom(outlet: Outlet, stories: Sequence[Story], home: str, address: Address) -> str:
    """Atom, with relative links against an xml:base."""
    entries = "".join(
        f"<entry><title>{escape(story.title)}</title><id>tag:{outlet.key},{story.number}</id>"
        f'<link rel="alternate" href="{escape(address(story).removeprefix(home))}"/>'
        f"<published>{story.published_at.isoformat()}</published>"
        f"<updated>{story.changed_at.isoformat()}</updated>"
        f"<summary>{escape(story.description)}</summary></entry>\n"
        for story in stories
    )
    return (
        f'{_XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{home}" xml:lang="{outlet.language}">'
        f"<title>{escape(outlet.name)}</title><id>{home}</id>"
        f"<updated>{outlet.changed_at.isoformat()}</updated>\n{entries}</feed>"
    )


def json_feed(outlet: Outlet, stories: Iterable[Story], home: str, address: Address) -> str:
    """JSON Feed 1.1."""
    items = [
        {
            "id": str(story.number),
            "url": address(story),
            "title": story.title,
            "summary": story.description,
            "date_published": story.published_at.isoformat(),
            "authors": [{"name": name} for name in story.authors],
        }
        for story in stories
    ]
    version = "https://jsonfeed.org/version/1.1"
    feed = {"version": version, "title": outlet.name, "home_page_url": home, "items": items}
    return json.dumps(feed, ensure_ascii=False)


def sitemap(stories: Iterable[Story], address: Address, *, more: Iterable[str] = ()) -> str:
    """A plain sitemap of the stories, and of further addresses."""
    entries = "".join(
        f"<url><loc>{escape(address(story))}</loc><lastmod>{story.changed_at.isoformat()}</lastmod></url>\n"
        for story in stories
    )
    others = "".join(f"<url><loc>{escape(url)}</loc></url>\n" for url in more)
    return f'{_XML}<urlset xmlns="{_SITEMAP}">\n{entries}{others}</urlset>'


def news_sitemap(outlet: Outlet, stories: Iterable[Story], address: Address) -> str:
    """A sitemap with Google's News extension."""
    entries = "".join(
        f"<url><loc>{escape(address(story))}</loc><news:news><news:publication>"
        f"<news:name>{escape(outlet.name)}</news:name><news:language>{outlet.language}</news:language>"
        f"</news:publication><news:publication_date>{story.published_at.isoformat()}</news:publication_date>"
        f"<news:title>{escape(story.title)}</news:title></news:news></url>\n"
        for story in stories
    )
    return f'{_XML}<urlset xmlns="{_SITEMAP}" xmlns:news="{_NEWS}">\n{entries}</urlset>'


def sitemap_index(addresses: Iterable[str], changed: datetime) -> str:
    """An index of sitemaps."""
    entries = "".join(
        f"<sitemap><loc>{escape(url)}</loc><lastmod>{changed.isoformat()}</lastmod></sitemap>\n"
        for url in addresses
    )
    return f'{_XML}<sitemapindex xmlns="{_SITEMAP}">\n{entries}</sitemapindex>'
