"""Feeds of every format, and what calls itself one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crawler.discovery import read
from crawler.discovery.errors import UnreadableError
from crawler.discovery.feeds import is_feed, read_feed
from pipelines.items import Kind, Page

URL = "https://courier.example/feed/"
STORY = "https://courier.example/2026/11/24/bridge/"
WHEN = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def rss(items: str, version: str = "2.0", head: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="{version}"><channel><title>Courier</title>{head}{items}</channel></rss>'.encode()


ITEM = f"<item><title>Bridge &amp; wall</title><link>{STORY}</link><pubDate>Tue, 24 Nov 2026 08:30:00 GMT</pubDate></item>"
FEEDS = {
    "RSS 0.91": rss(ITEM, "0.91"),
    "RSS 0.92": rss(ITEM, "0.92"),
    "RSS 2.0": rss(ITEM),
    "RSS 2.0 with a permanent guid": rss(
        f"<item><title>Bridge &amp; wall</title><guid isPermaLink='true'>{STORY}</guid><pubDate>Tue, 24 Nov 2026 09:30:00 +0100</pubDate></item>"
    ),
    "RSS 2.0 with CDATA": rss(
        f"<item><title><![CDATA[Bridge & wall]]></title><link><![CDATA[ {STORY} ]]></link><pubDate>Tue, 24 Nov 2026 08:30:00 Z</pubDate></item>"
    ),
    "RSS 2.0 after blank lines": b"\n\n  " + rss(ITEM),
    "RSS 2.0 with a byte order mark": b"\xef\xbb\xbf" + rss(ITEM),
    "RSS 1.0": f"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://courier.example/"><title>Courier</title></channel>
<item rdf:about="{STORY}"><title>Bridge &amp; wall</title><link>{STORY}</link><dc:date>2026-11-24T08:30:00Z</dc:date></item></rdf:RDF>""".encode(),
    "Atom": f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Courier</title>
<entry><title type="html">Bridge &amp;amp; wall</title><link rel="self" href="{URL}1"/><link rel="alternate" href="{STORY}"/>
<published>2026-11-24T09:30:00+01:00</published><updated>2026-11-24T10:00:00Z</updated></entry></feed>""".encode(),
    "Atom with relative links": b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://courier.example/"><title>Courier</title>
<entry><title>Bridge &amp; wall</title><link href="2026/11/24/bridge/"/><published>2026-11-24T08:30:00Z</published></entry></feed>""",
    "JSON Feed": json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "Courier",
         "items": [{"id": "1", "url": STORY, "title": "Bridge & wall", "date_published": "2026-11-24T08:30:00Z"}]}
    ).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", FEEDS)
def test_every_format_gives_the_same_link(name: str) -> None:
    assert is_feed(FEEDS[name])
    feed = read_feed(FEEDS[name], url=URL)
    assert feed.title == "Courier"
    (link,) = feed.links
    assert (link.url, link.title, link.published_at, link.kind) == (
        STORY,
        "Bridge & wall",
        WHEN,
        Kind.ARTICLE,
    )


def test_relative_links_tracking_and_doubles() -> None:
    items = "".join(f"<item><title>x</title><link>/a?utm_source={n}</link></item>" for n in range(5))
    assert [link.url for link in read_feed(rss(items), url=URL).links] == ["https://courier.example/a"]


def test_other_charsets_are_read() -> None:
    text = rss(ITEM.replace("Bridge", "Brücke")).decode().replace("utf-8", "windows-1252")
    assert read_feed(text.encode("cp1252"), url=URL).links[0].title == "Brücke & wall"


@pytest.mark.parametrize(
    "date", ["Sat, 01 Jan 0000 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "gestern", "", "-1"]
)
def test_impossible_dates_cost_the_date_alone(date: str) -> None:
    items = f"<item><title>x</title><link>{STORY}</link><pubDate>{date}</pubDate></item>"
    (link,) = read_feed(rss(items), url=URL).links
    assert link.url == STORY
    assert (
        link.published_at is None
        or link.published_at.year in range(1990, 2100)
        or link.published_at.year == 9999
    )


def test_broken_feeds_give_what_can_be_read() -> None:
    broken = rss(ITEM + "<item><title>Half")[:-30]
    try:
        links = read_feed(broken, url=URL).links
    except UnreadableError:
        links = ()
    assert links == () or links[0].url == STORY
    unescaped = rss(ITEM.replace("&amp;", "&"))
    try:
        assert read_feed(unescaped, url=URL).links[0].url == STORY
    except UnreadableError as error:
        assert str(error)


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"\x00\x01", b"{}", b"[]", b"<html><body>no feed</body></html>", b"<rss"]
)
def test_what_is_no_feed_is_said(body: bytes) -> None:
    assert not is_feed(body) or body == b"<rss"
    page = Page(url=URL, final_url=URL, status=200, headers={}, body=body, fetched_at=WHEN)
    try:
        assert read(Kind.FEED, page).links == ()
    except UnreadableError as error:
        assert str(error)


def test_entities_are_not_expanded_and_no_file_is_read(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOP-SECRET")
    outside = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>'
    laughs = (
        '<!DOCTYPE rss [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
        + "]>"
    )
    for doctype, name in ((outside, "x"), (laughs, "j")):
        body = f"{doctype}<rss version='2.0'><channel><title>t</title><item><title>&{name};</title><link>{STORY}</link></item></channel></rss>"
        try:
            titles = [link.title or "" for link in read_feed(body.encode(), url=URL).links]
        except UnreadableError:
            titles = []
        assert all("TOP-SECRET" not in title and len(title) < 1000 for title in titles)
