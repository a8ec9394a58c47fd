"""A survey: what a site offers to a monitor; for `probe`, `sources add` and a crawl of an unknown site."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urljoin, urlsplit

from crawler.discovery import Found, news_first
from crawler.fetch import Verdict, Web
from pipelines.errors import FetchError, WirewatchError
from pipelines.items import Article, Kind, Link, Page
from pipelines.urls import canonical, looks_like_article

logger = logging.getLogger("wirewatch")

# Where content systems put their feed: WordPress and Ghost, Drupal, Jekyll and Hugo, Blogger, Joomla.
USUAL_FEEDS = (
    "/feed/",
    "/rss.xml",
    "/rss",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/feed.json",
    "/?format=feed",
)
USUAL_SITEMAPS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_index.xml", "/sitemap.xml")
MAX_FEEDS = 10
MAX_SITEMAPS = 8
MAX_LISTINGS = 25
SAMPLES = 3

Shape = Literal["site", "feed", "sitemap", "article"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What stands at `url`. Addresses are canonical; `samples` are articles, only when asked for.

    `shape` says what the URL itself is; for an article, feeds and the rest are empty.
    """

    url: str
    shape: Shape = "site"
    title: str | None = None
    language: str | None = None
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    robots: Verdict = field(default_factory=lambda: Verdict(allowed=True))
    links: tuple[Link, ...] = ()
    samples: tuple[Article, ...] = ()

    @property
    def roots(self) -> tuple[Link, ...]:
        """Feeds, sitemaps and listings as links, each with its kind."""
        kinds = ((Kind.FEED, self.feeds), (Kind.SITEMAP, self.sitemaps), (Kind.LISTING, self.listings))
        return tuple(Link(url=url, kind=kind) for kind, urls in kinds for url in urls)


async def survey(url: str, web: Web, *, samples: int = 0) -> Survey:
    """Look at the site of `url`. Raises FetchError when the page itself cannot be had or is forbidden."""
    address = canonical(url)
    if address is None:
        raise FetchError(f"{url}: not an http(s) address")
    verdict = await web.robots(address)
    page = await web.fetch(address)
    found = await web.links(Kind.LISTING, page)
    here = canonical(page.final_url) or address
    if found.kind in (Kind.FEED, Kind.SITEMAP):
        result = _of_document(here, found, verdict)
    elif await _is_article(page, here, web):
        result = Survey(url=here, shape="article", title=found.title, language=found.language, robots=verdict)
    else:
        result = await _of_site(here, found, verdict, web)
    if samples:
        result = replace(result, samples=await _samples(result, page, web, samples))
    return result


def _of_document(url: str, found: Found, verdict: Verdict) -> Survey:
    about = Survey(url=url, title=found.title, language=found.language, robots=verdict, links=found.links)
    if found.kind is Kind.FEED:
        return replace(about, shape="feed", feeds=(url,))
    return replace(about, shape="sitemap", sitemaps=(url,))


async def _is_article(page: Page, url: str, web: Web) -> bool:
    """By what the page is; the shape of a URL only spares a look at what can be no article."""
    if urlsplit(url).path in ("", "/") or looks_like_article(url) < 0.2:
        return False
    return await _article(page, web) is not None


async def _article(page: Page, web: Web) -> Article | None:
    from pipelines.extract import read_article

    try:
        reading = await web.read(read_article, page, source=urlsplit(page.final_url).netloc)
    except WirewatchError as error:
        logger.debug("%s: %s", page.url, error)
        return None
    return reading.article if reading.outcome is None else None


async def _of_site(url: str, found: Found, verdict: Verdict, web: Web) -> Survey:
    feeds, sitemaps = await asyncio.gather(_feeds(url, found, web), _sitemaps(url, verdict, web))
    sections = [link.url for link in found.links if link.kind is Kind.LISTING]
    first = feeds[0][1] if feeds else None
    articles = [link for _, feed in feeds for link in feed.links] or list(found.links)
    return Survey(
        url=url,
        title=found.title,
        language=found.language or (first.language if first else None),
        feeds=tuple(address for address, _ in feeds),
        sitemaps=sitemaps,
        listings=_unique([url, *sections])[:MAX_LISTINGS],
        robots=verdict,
        links=tuple(link for link in articles if link.kind is Kind.ARTICLE),
    )


async def _try(url: str, kind: Kind, web: Web) -> Found | None:
    try:
        page = await web.fetch(url)
        return await web.links(kind, page)
    except WirewatchError as error:
        logger.debug("survey: %s", error)
        return None


async def _feeds(url: str, found: Found, web: Web) -> list[tuple[str, Found]]:
    """The feeds the page names, tried; where it names none, the first of the usual addresses that is one."""
    read_feeds: list[tuple[str, Found]] = []
    for address in found.feeds[:MAX_FEEDS]:
        feed = await _try(address, Kind.FEED, web)
        if feed is not None:
            read_feeds.append((address, feed))
    if read_feeds:
        return _without_repeats(read_feeds)
    for path in USUAL_FEEDS:
        address = canonical(urljoin(url, path)) or url
        feed = await _try(address, Kind.FEED, web)
        if feed is not None and feed.links:
            return [(address, feed)]
    return []


def _without_repeats(feeds: list[tuple[str, Found]]) -> list[tuple[str, Found]]:
    """One of several feeds with the same entries (RSS and Atom of one thing); empty ones only if all are."""
    kept: dict[frozenset[str], tuple[str, Found]] = {}
    for address, feed in feeds:
        kept.setdefault(frozenset(link.url for link in feed.links), (address, feed))
    full = [pair for entries, pair in kept.items() if entries]
    return full or list(kept.values())


async def _sitemaps(url: str, verdict: Verdict, web: Web) -> tuple[str, ...]:
    """News sitemaps if there are any, else the general ones: a monitor wants what is new."""
    named = [address for entry in verdict.sitemaps if (address := canonical(entry, url))]
    usual = [address for path in USUAL_SITEMAPS if (address := canonical(urljoin(url, path)))]
    news: list[str] = []
    general: list[str] = []
    for address in (named or usual)[:MAX_SITEMAPS]:
        sitemap = await _try(address, Kind.SITEMAP, web)
        if sitemap is None:
            continue
        if sitemap.is_news:
            news.append(address)
        else:
            general.append(address)
            news.extend(await _news_children(sitemap, web))
        if not named:
            break
    return _unique(news or general)


async def _news_children(index: Found, web: Web) -> list[str]:
    children = [link for link in index.links if link.kind is Kind.SITEMAP]
    if not children:
        return []
    news: list[str] = []
    for link in news_first(children)[:3]:
        child = await _try(link.url, Kind.SITEMAP, web)
        if child is not None and child.is_news:
            news.append(link.url)
    return news


async def _samples(result: Survey, page: Page, web: Web, count: int) -> tuple[Article, ...]:
    samples: list[Article] = []
    if result.shape == "article":
        article = await _article(page, web)
        return (article,) if article else ()
    for link in result.links[: 3 * count]:
        if len(samples) == count:
            break
        try:
            article = await _article(await web.fetch(link.url), web)
        except FetchError as error:
            logger.debug("survey: %s", error)
            continue
        if article is not None:
            samples.append(article)
    return tuple(samples)


def _unique(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(urls))
