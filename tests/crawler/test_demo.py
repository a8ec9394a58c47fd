"""The sample site, and `wirewatch demo` on it: the very same path as any site's."""

from __future__ import annotations

import gzip
import http.client
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from newsserver import wirewatch

from crawler.demo.content import read_outlets
from crawler.demo.designs import DESIGNS
from crawler.demo.pages import Site
from crawler.demo.server import DemoServer
from crawler.discovery import read
from pipelines.extract import read_article
from pipelines.items import Kind, Outcome, Page
from pipelines.store import Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OUTLETS = {outlet.key: outlet for outlet in read_outlets(NOW)}


@pytest.fixture(scope="module")
def site():
    with DemoServer(now=NOW) as server:
        yield server


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", f"{parts.path}{'?' + parts.query if parts.query else ''}", headers=headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def page(url: str) -> Page:
    status, headers, body = get(url)
    return Page(url=url, final_url=url, status=status, headers=headers, body=body, fetched_at=NOW)


def test_six_outlets_in_six_languages_with_over_sixty_articles() -> None:
    assert {outlet.language for outlet in OUTLETS.values()} == {"en", "de", "fr", "es", "ar", "zh"}
    assert sum(len(outlet.stories) for outlet in OUTLETS.values()) >= 60
    assert OUTLETS.keys() == DESIGNS.keys()


def test_no_line_of_a_story_is_a_leftover() -> None:
    for outlet in OUTLETS.values():
        for story in outlet.stories:
            assert not outlet.leftovers & set(story.lines)


@pytest.mark.parametrize("key", OUTLETS)
def test_every_story_is_found_by_feed_sitemap_or_section(site: DemoServer, key: str) -> None:
    home = site.urls[key]
    found = read(Kind.LISTING, page(home))
    links = {link.url for link in found.links if link.kind is Kind.ARTICLE}
    for feed in found.feeds:
        links |= {link.url for link in read(Kind.FEED, page(feed)).links}
    links |= {link.url for link in read(Kind.SITEMAP, page(f"{home}news-sitemap.xml")).links}
    for section in OUTLETS[key].sections:
        address = home.rstrip("/") + DESIGNS[key].section.format(slug=section)
        first = read(Kind.LISTING, page(address))
        links |= {link.url for link in first.links}
        for more in (link.url for link in first.links if link.kind is Kind.LISTING and link.depth):
            links |= {link.url for link in read(Kind.LISTING, page(more)).links}
    addresses = {home.rstrip("/") + DESIGNS[key].story_path(story) for story in site.stories(key)}
    assert addresses <= links


@pytest.mark.parametrize("key", OUTLETS)
def test_pages_have_etags_and_are_gzipped(site: DemoServer, key: str) -> None:
    url = site.urls[key].rstrip("/") + DESIGNS[key].story_path(site.stories(key)[0])
    status, headers, body = get(url, **{"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert (
        site.stories(key)[0].lines[0][:40].encode("utf-8")[:10] in gzip.decompress(body) or key == "le-phare"
    )
    status, _, body = get(url, **{"If-None-Match": headers["etag"]})
    assert (status, body) == (304, b"")


def test_special_pages_answer_as_they_should(site: DemoServer) -> None:
    courier = site.urls["harbour-courier"]
    status, headers, _ = get(f"{courier}2026/11/20/sea-wall-vote-delayed/")
    assert status == 301
    assert get(courier.rstrip("/") + headers["location"])[0] == 200
    assert get(f"{courier}2026/11/19/mayor-denies-everything/")[0] == 410
    assert get(f"{courier}nowhere")[0] == 404
    assert "windows-1252" in get(site.urls["le-phare"])[1]["content-type"]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory):
    """(what the command said, the articles it stored)."""
    folder = tmp_path_factory.mktemp("demo")
    done = wirewatch("demo", cwd=folder)
    assert done.returncode == 0, done.stderr
    with Store.open(f"sqlite:///{folder / 'wirewatch-demo.db'}", readonly=True) as store:
        return done, list(store.articles()), folder


def test_demo_stores_every_story_clean_and_whole(stored) -> None:
    _, articles, _ = stored
    stories = {story.title: (outlet, story) for outlet in OUTLETS.values() for story in outlet.stories}
    assert len(articles) == len(stories) >= 60
    for article in articles:
        outlet, story = stories[article.title]
        lines = article.text.split("\n\n")
        # A standfirst between headline and text is the article's, as news corpora count it.
        lines = lines[1:] if lines[0] == story.description else lines
        assert lines == list(story.lines), article.url
        assert not outlet.leftovers & set(article.text.split("\n\n"))
        assert article.authors == story.authors
        assert article.language == outlet.language
        assert article.published_at is not None


def test_demo_ends_with_a_table_an_article_and_what_to_try_next(stored) -> None:
    done, articles, folder = stored
    assert "harbour-courier" in done.stdout
    assert f"all                                   {len(articles)}".split()[-1] in done.stdout
    next_commands = [
        line.strip() for line in done.stdout.splitlines() if line.strip().startswith("wirewatch")
    ]
    assert len(next_commands) == 3
    found = wirewatch(
        "--database", "sqlite:///wirewatch-demo.db", "search", "climate OR Klima OR clima", cwd=folder
    )
    assert found.returncode == 0
    assert "Klima" in found.stdout


def test_nothing_but_articles_is_stored(stored) -> None:
    _, articles, _ = stored
    for article in articles:
        for wrong in (
            "/gallery/",
            "/video/",
            "/subscribers/",
            "/amp/",
            "/tag/",
            "/author/",
            "100999",
            "100998",
        ):
            assert wrong not in article.url_canonical


@pytest.mark.parametrize("key", OUTLETS)
def test_every_page_of_the_site_is_told_right(key: str) -> None:
    """Stories and their twins are articles; home, sections, tags, authors, galleries and walls are none."""
    site = Site(OUTLETS[key], "http://127.0.0.1:1")
    stories = {site.design.story_path(story) for story in OUTLETS[key].stories}
    for path, answer in site.pages().items():
        if not answer.type.startswith("text/html") or answer.status != 200:
            continue
        url, headers = f"http://127.0.0.1:1{path}", {"content-type": answer.type}
        one = Page(url=url, final_url=url, status=200, headers=headers, body=answer.body, fetched_at=NOW)
        outcome = read_article(one, source="demo").outcome
        assert outcome is (None if path in stories or path.startswith("/amp") else Outcome.NOT_ARTICLE), path
