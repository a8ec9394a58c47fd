"""Article links told from the rest, on own home pages in the markup of many content systems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.discovery.errors import UnreadableError
from crawler.discovery.listings import read_listing
from pipelines.items import Kind
from pipelines.urls import canonical, same_site

PAGES = Path(__file__).parents[1] / "pages" / "listings"
NAMES = sorted(path.stem for path in PAGES.glob("*.json"))


def _labels(name: str) -> tuple[str, set[str], set[str]]:
    """(the page's address, its article links, its other links): canonical, of the same site."""
    truth = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    url = truth["url"]

    def addresses(hrefs: list[str]) -> set[str]:
        found = {canonical(href, url) for href in hrefs}
        return {one for one in found if one and same_site(one, url) and one != canonical(url)}

    articles = addresses(truth["articles"])
    return url, articles, addresses(truth["others"]) - articles


def test_there_are_pages_of_many_kinds() -> None:
    assert len(NAMES) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_nine_of_ten_links_are_told_right(name: str) -> None:
    url, articles, others = _labels(name)
    found = {link.url for link in read_listing((PAGES / f"{name}.html").read_bytes(), url=url).links}
    missed, wrong = articles - found, others & found
    assert 1 - (len(missed) + len(wrong)) / len(articles | others) >= 0.9, (missed, wrong)


@pytest.mark.parametrize("name", NAMES)
def test_sections_are_no_articles_and_no_service_pages(name: str) -> None:
    url, articles, _ = _labels(name)
    listing = read_listing((PAGES / f"{name}.html").read_bytes(), url=url)
    sections = {link.url for link in listing.sections}
    assert not sections & articles
    assert all(link.kind is Kind.LISTING and link.depth == 1 for link in listing.sections)
    for word in ("login", "impressum", "privacy", "contact", "newsletter"):
        assert not any(word in section for section in sections)


def test_the_next_page_is_found() -> None:
    assert read_listing(
        (PAGES / "blog-english.html").read_bytes(), url="https://harbourpost.example/"
    ).next_page
    body = '<html><body><a href="/news?page=3">3</a><a href="/news?page=2">2</a></body></html>'
    found = read_listing(body.encode(), url="https://a.example/news")
    assert found.next_page is not None
    assert found.next_page.url == "https://a.example/news?page=2"


def test_feeds_are_found_and_those_of_comments_left_out() -> None:
    body = (
        '<html><head><link rel="alternate" type="application/rss+xml" href="/feed/">'
        '<link rel="alternate" type="application/rss+xml" href="/comments/feed/">'
        '<link rel="alternate" hreflang="de" href="/de/"></head><body><a href="/sport/rss.xml">RSS</a></body></html>'
    )
    assert read_listing(body.encode(), url="https://a.example/").feeds == (
        "https://a.example/feed/",
        "https://a.example/sport/rss.xml",
    )


@pytest.mark.parametrize(
    "body", [b"", b"just text", b"\x00\x01\x02", b"<", b"<a href='http://[::1'>x</a>", b"<a href='//'>" * 100]
)
def test_what_is_no_page_is_said_or_gives_nothing(body: bytes) -> None:
    try:
        assert read_listing(body, url="https://a.example/").links == ()
    except UnreadableError as error:
        assert "HTML" in str(error)


def test_links_to_other_sites_are_no_articles_of_this_one() -> None:
    body = '<html><body><h2><a href="https://other.example/2026/11/24/a-long-headline-of-another-site">A long one</a></h2></body></html>'
    assert read_listing(body.encode(), url="https://a.example/").links == ()


def test_sections_of_bare_menus_and_of_queries_are_found() -> None:
    body = """<html><body><div class="hd"><ul><li><a href="/local/">Local</a></li><li><a href="/about-us/">About us</a></li>
    </ul></div><ul class="mainmenu"><li><a href="/list.php?cat=sport">Sport news of the day</a></li>
    <li><a href="/list.php?do=login">Login</a></li></ul><p><a href="/list.php?sort=date">By date</a></p></body></html>"""
    found = read_listing(body.encode(), url="https://a.example/")
    assert [link.url for link in found.sections] == [
        "https://a.example/local/",
        "https://a.example/list.php?cat=sport",
    ]
