"""Discovery: pure functions from bytes to links. `read` is the one way in."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.discovery.errors import UnreadableError
from crawler.discovery.feeds import is_feed, read_feed
from crawler.discovery.listings import read_listing
from crawler.discovery.sitemaps import news_first, read_sitemap
from pipelines.items import Kind, Link, Page, PollWish
from pipelines.limits import LIMITS, Limits

__all__ = ["Found", "UnreadableError", "news_first", "read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a page gave. `kind` is what it turned out to be, whatever it was announced as.

    `links` holds article links and further listings or sitemaps; `feeds` those a listing page names.
    """

    kind: Kind
    links: tuple[Link, ...]
    title: str | None = None
    language: str | None = None
    feeds: tuple[str, ...] = ()
    is_news: bool = False
    is_index: bool = False
    wish: PollWish | None = None


def read(kind: Kind, page: Page, limits: Limits = LIMITS) -> Found:
    """A fetched page of this kind, read into links; what is really a feed or sitemap is read as one.

    Raises UnreadableError when it is not what was announced.
    """
    charset = page.headers.get("content-type")
    if is_feed(page.body):
        return _feed(page, charset, limits)
    if kind is Kind.SITEMAP or _is_sitemap(page.body):
        return _sitemap(page, limits)
    if kind is Kind.FEED:
        head = page.body[:1000].lower()
        is_html = b"<html" in head or b"<!doctype html" in head
        raise UnreadableError(
            "HTML where a feed was announced" if is_html else "no feed where one was announced"
        )
    return _listing(page, charset, limits)


def _is_sitemap(body: bytes) -> bool:
    head = body[:1024]
    return b"<urlset" in head or b"<sitemapindex" in head


def _feed(page: Page, charset: str | None, limits: Limits) -> Found:
    feed = read_feed(page.body, url=page.final_url, charset=charset, limits=limits)
    return Found(kind=Kind.FEED, links=feed.links, title=feed.title, language=feed.language, wish=feed.wish)


def _sitemap(page: Page, limits: Limits) -> Found:
    sitemap = read_sitemap(page.body, url=page.final_url, limits=limits)
    links = sitemap.links
    if sitemap.is_index:
        links = tuple(news_first(links)[: limits.sitemaps_per_index])
    return Found(
        kind=Kind.SITEMAP,
        links=links,
        language=sitemap.language,
        is_news=sitemap.is_news,
        is_index=sitemap.is_index,
    )


def _listing(page: Page, charset: str | None, limits: Limits) -> Found:
    listing = read_listing(page.body, url=page.final_url, charset=charset, limits=limits)
    further = (*listing.sections, *([listing.next_page] if listing.next_page else []))
    return Found(
        kind=Kind.LISTING,
        links=(*listing.links, *further),
        title=listing.title,
        language=listing.language,
        feeds=listing.feeds,
    )
