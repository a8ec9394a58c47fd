"""Sitemaps, indexes, the Google News extension, gzip, and what is broken."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from crawler.discovery import read
from crawler.discovery.errors import UnreadableError
from crawler.discovery.sitemaps import read_sitemap
from pipelines.items import Kind, Page

URL = "https://courier.example/sitemap.xml"
STORY = "https://courier.example/2026/11/24/bridge/"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
NEWS_MAP = f"""<?xml version="1.0" encoding="UTF-8"?><urlset {NS} {NEWS}><url><loc> {STORY} </loc><news:news>
<news:publication><news:name>Courier</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-11-24T09:30:00+01:00</news:publication_date><news:title>Bridge &amp; wall</news:title></news:news>
</url></urlset>""".encode()


def test_a_plain_sitemap() -> None:
    body = f"<urlset {NS}><url><loc>{STORY}</loc><lastmod>2026-11-24</lastmod></url><url><loc>/about/</loc></url></urlset>"
    found = read_sitemap(body.encode(), url=URL)
    assert not found.is_index
    assert not found.is_news
    assert {link.url for link in found.links} == {STORY, "https://courier.example/about/"}
    assert next(link for link in found.links if link.url == STORY).modified_at == datetime(
        2026, 11, 24, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "body", [NEWS_MAP, gzip.compress(NEWS_MAP), b"\n " + NEWS_MAP, b"\xef\xbb\xbf" + NEWS_MAP]
)
def test_the_news_extension_plain_and_gzipped(body: bytes) -> None:
    found = read_sitemap(body, url=URL)
    assert found.is_news
    assert found.language == "en"
    (link,) = found.links
    assert (link.url, link.title) == (STORY, "Bridge & wall")
    assert link.published_at == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def test_an_index_gives_sitemaps() -> None:
    body = f"<sitemapindex {NS}><sitemap><loc>{URL}?page=1</loc><lastmod>2026-11-24T08:00:00Z</lastmod></sitemap></sitemapindex>"
    found = read_sitemap(body.encode(), url=URL)
    assert found.is_index
    assert [(link.url, link.kind) for link in found.links] == [(f"{URL}?page=1", Kind.SITEMAP)]


def test_namespaces_may_be_missing_or_others() -> None:
    for ns in ("", 'xmlns="http://www.google.com/schemas/sitemap/0.84"'):
        assert read_sitemap(f"<urlset {ns}><url><loc>{STORY}</loc></url></urlset>".encode(), url=URL).links


def test_images_and_videos_are_no_pages() -> None:
    body = f"""<urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>{STORY}</loc>
<image:image><image:loc>https://courier.example/x.jpg</image:loc></image:image></url></urlset>"""
    assert [link.url for link in read_sitemap(body.encode(), url=URL).links] == [STORY]


def test_a_text_sitemap() -> None:
    assert [
        link.url for link in read_sitemap(f"{STORY}\nhttps://courier.example/b\n".encode(), url=URL).links
    ] == [
        STORY,
        "https://courier.example/b",
    ]


def test_a_cut_off_sitemap_gives_what_came() -> None:
    urls = "".join(f"<url><loc>{STORY}{n}</loc></url>" for n in range(100))
    found = read_sitemap(f"<urlset {NS}>{urls}".encode()[:-200], url=URL)
    assert len(found.links) > 80


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"<html><body>x</body></html>", b"\x1f\x8b\x08broken", b"<urlset"]
)
def test_what_is_no_sitemap_is_said_or_empty(body: bytes) -> None:
    try:
        assert read_sitemap(body, url=URL).links == ()
    except UnreadableError as error:
        assert str(error)


def test_a_gzip_bomb_is_refused_or_cut() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 200_000_000)
    try:
        assert read_sitemap(bomb, url=URL).links == ()
    except UnreadableError as error:
        assert str(error)


def test_entities_are_not_expanded() -> None:
    laughs = (
        '<!DOCTYPE u [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
        + f"]><urlset {NS}><url><loc>&j;</loc></url><url><loc>{STORY}</loc></url></urlset>"
    )
    try:
        links = read_sitemap(laughs.encode(), url=URL).links
    except UnreadableError:
        links = ()
    assert all(len(link.url) < 2100 for link in links)


def test_a_feed_named_as_a_sitemap_is_read_for_what_it_is() -> None:
    feed = f"<rss version='2.0'><channel><title>t</title><item><title>x</title><link>{STORY}</link></item></channel></rss>"
    page = Page(
        url=URL,
        final_url=URL,
        status=200,
        headers={},
        body=feed.encode(),
        fetched_at=datetime(2026, 11, 24, tzinfo=UTC),
    )
    assert [link.url for link in read(Kind.SITEMAP, page).links] == [STORY]


@pytest.mark.parametrize(
    ("broken", "links"),
    [
        ("<news:news><news:title>A</news:title><news:/></news:news>", 2),
        ("<new7:publication_date>2026-11-01</new7:publication_date>", 2),
        ("<x&#xD800;>", 1),
        ("<lastmod>2026-11-20T12:00:999999999999999999999999999999999999999</lastmod>", 2),
        ("<title>&#xD800;</title>", 2),
        ("<loc>https://n.example/&#xDFFF;c</loc>", 1),
    ],
)
def test_what_the_parser_recovers_of_broken_xml_costs_that_entry_at_most(broken: str, links: int) -> None:
    """Each was found by damaging sitemaps at random."""
    body = (
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>{broken}<loc>https://n.example/a</loc></url>'
        "<url><loc>https://n.example/b</loc></url></urlset>"
    )
    found = read_sitemap(body.encode(), url="https://n.example/s.xml")
    assert len(found.links) >= links
    assert "https://n.example/b" in [link.url for link in found.links]


def test_a_comment_before_an_entry_without_a_root_is_no_crash() -> None:
    body = b"<!-- made by hand --><url><loc>https://a.example/2026/11/story</loc></url>"
    with pytest.raises(UnreadableError, match="root"):
        read_sitemap(body, url="https://a.example/sitemap.xml")
