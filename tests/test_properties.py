"""Whatever is read from outside, no reader raises anything but its own error: by documents made of their own words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.config import Config, read_config
from crawler.discovery import Found, UnreadableError, read
from crawler.robots import read_robots
from crawler.source_lists import read_list
from pipelines.errors import ConfigError, WirewatchError
from pipelines.extract import Reading, read_article
from pipelines.items import Kind, Page
from pipelines.store import Store
from pipelines.urls import article_key, canonical, host_of, looks_like_article, site_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
URL = "https://n.example/feed"
SOME = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])

addresses = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda scheme, host, path: f"{scheme}://{host}/{path}",
        st.sampled_from(["http", "https", "HTTPS", "ftp", "javascript", ""]),
        st.sampled_from(
            [
                "n.example",
                "[::1]",
                "[",
                "a..b",
                "xn--",
                "ü.example:99999",
                "u:p@n.example",
                "%00",
                "1.2.3",
                "",
            ]
        ),
        st.text(alphabet="ab/%.?#&=;:@[]\\ \t\nü\ud800\x00…", max_size=40),
    ),
)
dates = st.one_of(
    st.text(alphabet="0123456789-:TZ+ .,", max_size=45),
    st.sampled_from(
        [
            "now",
            "0000-00-00",
            "9999-12-31T23:59:59-12:00",
            "Mon, 99 Foo 2026",
            "1" * 300,
            "-1",
            "1e400",
            "NaN",
        ]
    ),
    st.datetimes().map(str),
)
words = st.one_of(
    st.text(max_size=30), addresses, dates, st.just("]]>"), st.just("<![CDATA["), st.just("&#xD800;")
)
tags = st.sampled_from(
    "rss channel item title link guid pubDate description feed entry id updated published urlset url loc lastmod "
    "sitemapindex sitemap news:news news:title news:publication_date rdf:RDF dc:date content:encoded sy:updatePeriod ttl "
    "skipHours hour skipDays day atom:link html body a div ul li".split()
)  # fmt: skip
names = st.sampled_from(
    ["href", "rel", "type", "xmlns", "xmlns:news", "xml:lang", "isPermaLink", "class", "id"]
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 4) -> str:
    """An element of the words of feeds, sitemaps and pages, most of them closed, most of their text escaped."""
    tag = draw(tags)
    attributes = "".join(
        f' {name}="{escape(value, {chr(34): "&quot;"})}"'
        for name, value in draw(st.lists(st.tuples(names, words), max_size=2))
    )
    text = draw(words)
    inner = text if draw(st.integers(0, 5)) == 0 else escape(text)
    if depth:
        inner += "".join(draw(st.lists(elements(depth=depth - 1), max_size=3)))
    return f"<{tag}{attributes}>{inner}" + (f"</{tag}>" if draw(st.integers(0, 9)) else "")


documents = st.builds(
    lambda head, body: (head + body).encode("utf-8", "surrogatepass"),
    st.sampled_from(
        [
            "",
            '<?xml version="1.0"?>',
            '<?xml version="1.0" encoding="utf-16"?>',
            "<!doctype html>",
            "\ufeff",
            "[{",
            "\n",
        ]
    ),
    elements(),
)


def page(body: bytes, content_type: str = "text/xml") -> Page:
    headers = {"content-type": content_type}
    return Page(url=URL, final_url=URL, status=200, headers=headers, body=body, fetched_at=NOW)


@SOME
@given(documents, st.sampled_from(Kind))
def test_feeds_sitemaps_and_listings_are_read_or_refused(body: bytes, kind: Kind) -> None:
    try:
        found = read(kind, page(body))
    except UnreadableError as error:
        assert str(error)
        return
    assert isinstance(found, Found)
    assert all(canonical(link.url) is not None for link in found.links)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["version", "items", "url", "id", "title", "date_published", "external_url", "authors", "hubs"]),
            inner, max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@SOME
@given(json_values)
def test_json_feeds_of_any_shape(value: object) -> None:
    import json

    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": value}
    for body in (json.dumps(feed), json.dumps(value)):
        try:
            assert isinstance(read(Kind.FEED, page(body.encode(), "application/feed+json")), Found)
        except UnreadableError:
            continue


@SOME
@given(documents)
def test_lists_of_sources_in_a_file(body: bytes) -> None:
    try:
        assert read_list(body) is not None
    except WirewatchError as error:
        assert str(error)


@settings(SOME, max_examples=40)
@given(documents)
def test_pages_of_any_shape(body: bytes) -> None:
    assert isinstance(read_article(page(body, "text/html"), source="n"), Reading)


@settings(SOME, max_examples=40)
@given(json_values)
def test_json_ld_of_any_shape(value: object) -> None:
    import json

    text = json.dumps(
        {"@type": "NewsArticle", "author": value, "datePublished": value, "headline": value, "@graph": value}
    )
    body = f'<html><head><script type="application/ld+json">{text}</script></head><body><p>Text.</p></body></html>'
    assert isinstance(read_article(page(body.encode(), "text/html"), source="n"), Reading)


@settings(SOME, max_examples=400)
@given(addresses, st.one_of(st.none(), addresses))
def test_addresses_of_any_shape(url: str, base: str | None) -> None:
    found = canonical(url, base)
    if found is None:
        return
    assert canonical(found) == found
    assert site_of(host_of(found)) is not None
    assert 0 <= looks_like_article(found) <= 1
    assert article_key(found, base)


rules = st.lists(
    st.builds(
        lambda key, value: f"{key}:{value}",
        st.sampled_from(["User-agent", "Disallow", "Allow", "Crawl-delay", "Sitemap", "disallow ", "\ufeffUser-agent", "", "#"]),
        st.one_of(
            st.sampled_from(["*", "wirewatch", "/", "/*", "/a*b$", "*" * 50 + "$", "/%", "/%zz", "nan", "inf", "-1", "1e400", "", "$"]),
            st.text(max_size=20),
        ),
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@SOME
@given(rules, addresses)
def test_robots_files_of_any_shape(text: str, url: str) -> None:
    found = read_robots(text, agent="wirewatch")
    assert found.allow(canonical(url) or URL) in (True, False)
    assert found.crawl_delay is None or 0 <= found.crawl_delay < float("inf")


toml_values = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=20),
    st.datetimes(),
    st.lists(st.one_of(st.text(max_size=8), st.integers(-9, 9)), max_size=3),
    st.sampled_from(
        [
            "5m",
            "1h",
            "-5m",
            "1e9d",
            "9" * 30 + "d",
            "https://n.example/",
            "127.0.0.0/8",
            "[",
            "(",
            "(a+)+$",
            "::1/999",
        ]
    ),
)
toml_keys = st.sampled_from(
    "user_agent contact allow timeout max_body obey_tags min_interval max_interval delay workers recycle jitter tick learn "
    "drain reread max_requests_per_hour database keep_visits durable name url feeds sitemaps listings include exclude language "
    "tags enabled discover drop_lines keep_lines".split()
)  # fmt: skip
sections = st.dictionaries(toml_keys, toml_values, max_size=3)


@SOME
@given(
    st.dictionaries(
        st.sampled_from(["network", "defaults", "extraction", "crawl", "store"]), sections, max_size=3
    ),
    st.lists(sections, max_size=3),
    st.dictionaries(
        st.sampled_from(["WIREWATCH_DATABASE", "WIREWATCH_ALLOW_NETWORK"]), st.text(max_size=20), max_size=2
    ),
)
def test_config_files_of_any_values(tables: dict[str, dict], blocks: list[dict], env: dict[str, str]) -> None:
    text = tomlkit.dumps({**tables, "sources": blocks} if blocks else tables)
    assert_config(text, env)


@SOME
@given(st.text(alphabet="[]{}=\"'\n#.,\\ abcsourcenamurl019-_\x00\ud800é", max_size=120))
def test_config_files_of_any_text(text: str) -> None:
    assert_config(text, {})


def assert_config(text: str, env: dict[str, str]) -> None:
    try:
        assert isinstance(read_config(text, name="wirewatch.toml", env=env), Config)
    except ConfigError as error:
        assert str(error).startswith(("wirewatch.toml", "$WIREWATCH"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("search") / "news.db"
    with Store.open(f"sqlite:///{path}") as store:
        yield store


queries = st.lists(
    st.one_of(
        st.sampled_from(['"', "-", "OR", "AND", "NOT", "NEAR", "(", ")", "*", "title:", "text:", "^", "+", ":", "{", "}", "'", "\x00", "\ud800"]),
        st.text(max_size=8),
    ),
    max_size=10,
).map(" ".join)  # fmt: skip


@SOME
@given(queries, st.booleans())
def test_search_queries_of_any_shape(store: Store, query: str, unique: bool) -> None:
    assert store.search(query, unique=unique) == []
    assert store.search(query.replace(" ", ""), unique=unique) == []
