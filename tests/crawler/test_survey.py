"""What a survey finds on a site, with a web that is a dict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from newsserver import article, listing, path_of, rss

from crawler.discovery import Found, read
from crawler.fetch import Verdict
from crawler.survey import survey
from pipelines.errors import FetchError
from pipelines.items import Kind, Page

BASE = "https://local.example"
NEWS_SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{base}{path}</loc><news:news>'
    "<news:publication_date>2026-11-01</news:publication_date><news:title>T</news:title></news:news></url></urlset>"
)
INDEX = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{base}/sitemap-pages.xml</loc>'
    "</sitemap><sitemap><loc>{base}/sitemap-news.xml</loc></sitemap></sitemapindex>"
)


class DictWeb:
    """Pages by path; everything else is 404; reading happens right here."""

    def __init__(self, pages: dict[str, str], *, sitemaps: tuple[str, ...] = ()) -> None:
        self.pages = pages
        self.sitemaps = sitemaps
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> Page:
        path = url.removeprefix(BASE)
        self.fetched.append(path)
        if path not in self.pages:
            raise FetchError(f"{url}: status 404")
        body = self.pages[path].encode()
        now = datetime(2026, 12, 1, tzinfo=UTC)
        return Page(url=url, final_url=url, status=200, headers={}, body=body, fetched_at=now)

    async def robots(self, url: str) -> Verdict:
        return Verdict(allowed=True, sitemaps=self.sitemaps)

    async def links(self, kind: Kind, page: Page) -> Found:
        return read(kind, page)

    async def read(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


def home(head: str = "") -> str:
    return listing(range(8), head=head)


async def test_announced_feed_news_sitemap_in_an_index_and_sections() -> None:
    pages = {
        "/": home('<link rel="alternate" type="application/rss+xml" href="/feed/">'),
        "/feed/": str(rss(BASE, range(4)).body),
        "/sitemap.xml": INDEX.format(base=BASE),
        "/sitemap-news.xml": NEWS_SITEMAP.format(base=BASE, path=path_of(1)),
    }
    found = await survey(f"{BASE}/", DictWeb(pages, sitemaps=(f"{BASE}/sitemap.xml",)))
    assert found.shape == "site"
    assert found.feeds == (f"{BASE}/feed/",)
    assert found.sitemaps == (f"{BASE}/sitemap-news.xml",)
    assert found.listings == (f"{BASE}/", f"{BASE}/town/")
    assert found.language == "en"
    assert {root.kind for root in found.roots} == {Kind.FEED, Kind.SITEMAP, Kind.LISTING}


async def test_a_feed_nobody_announces_is_found_at_the_usual_address() -> None:
    web = DictWeb({"/": home(), "/rss.xml": str(rss(BASE, range(4)).body)})
    found = await survey(f"{BASE}/", web)
    assert found.feeds == (f"{BASE}/rss.xml",)


async def test_an_address_that_answers_html_is_no_feed() -> None:
    found = await survey(f"{BASE}/", DictWeb({"/": home(), "/feed/": home(), "/rss.xml": home()}))
    assert found.feeds == ()


async def test_a_feed_address_is_a_feed() -> None:
    found = await survey(f"{BASE}/feed/", DictWeb({"/feed/": str(rss(BASE, range(4)).body)}))
    assert found.shape == "feed"
    assert found.feeds == (f"{BASE}/feed/",)
    assert len(found.links) == 4


async def test_samples_are_articles() -> None:
    pages = {"/": home(), **{path_of(number): article(number) for number in range(8)}}
    found = await survey(f"{BASE}/", DictWeb(pages), samples=3)
    assert len(found.samples) == 3


async def test_an_article_address_is_an_article() -> None:
    found = await survey(f"{BASE}{path_of(3)}", DictWeb({path_of(3): article(3)}))
    assert found.shape == "article"
    assert found.roots == ()


@pytest.mark.parametrize("url", ["ftp://local.example/", "not an address", f"{BASE}/missing"])
async def test_what_cannot_be_read_says_so(url: str) -> None:
    with pytest.raises(FetchError):
        await survey(url, DictWeb({}))
