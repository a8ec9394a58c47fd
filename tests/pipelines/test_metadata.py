"""Title, authors, dates and the rest, from what pages declare."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.metadata import Metadata, read_metadata
from pipelines.metadata.dates import parse_date
from pipelines.metadata.names import clean_authors
from pipelines.parsing import parse_html

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://www.courier.example/politics/bridge-to-be-repaired-12345"


def meta(head: str = "", body: str = "", *, url: str = URL, html: str = '<html lang="en">') -> Metadata:
    tree = parse_html(f"{html}<head>{head}</head><body>{body or '<p>x</p>'}</body></html>")
    assert tree is not None
    return read_metadata(tree, url=url, now=NOW)


def ld(**fields: object) -> str:
    node = {"@context": "https://schema.org", "@type": "NewsArticle", **fields}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def test_json_ld_says_it_all() -> None:
    found = meta(
        ld(
            headline="Bridge to be repaired",
            author=[{"@type": "Person", "name": "Ann Lee"}, {"@type": "Person", "name": "Bo Ek"}],
            datePublished="2026-11-24T08:30:15+01:00",
            dateModified="2026-11-24T09:00:00+01:00",
            articleSection="Politics",
            keywords=["bridge", "council"],
            inLanguage="en-GB",
            isAccessibleForFree=False,
            license="https://creativecommons.org/licenses/by/4.0/",
            image=[{"@type": "ImageObject", "url": "https://www.courier.example/bridge.jpg"}],
        )
    )
    assert found.title == "Bridge to be repaired"
    assert found.authors == ("Ann Lee", "Bo Ek")
    assert found.published_at == datetime(2026, 11, 24, 7, 30, 15, tzinfo=UTC)
    assert (found.published_precision, found.published_source) == ("second", "json-ld")
    assert found.modified_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert (found.section, found.tags, found.language) == ("Politics", ("bridge", "council"), "en")
    assert found.is_accessible_for_free is False
    assert found.license == "https://creativecommons.org/licenses/by/4.0/"
    assert found.image_url == "https://www.courier.example/bridge.jpg"


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Bridge to be repaired | The Courier</title><meta property='og:site_name' content='The Courier'>", "Bridge to be repaired"),
        ("<title>The Courier - Bridge to be repaired</title><meta property='og:site_name' content='The Courier'>", "Bridge to be repaired"),
        ("<meta property='og:title' content='Bridge: to be repaired &amp; repainted'>", "Bridge: to be repaired & repainted"),
        ("<title>Plan 9 - from outer space</title>", "Plan 9 - from outer space"),
    ],
)  # fmt: skip
def test_titles_lose_the_sites_name(head: str, title: str) -> None:
    assert meta(head).title == title


def test_the_heading_wins_over_what_was_cut_for_search_engines() -> None:
    head = "<meta property='og:title' content='Bridge to be repaired before the winter, council'>"
    body = "<h1>The Courier</h1><h1>Bridge to be repaired before the winter, council decides</h1>"
    assert meta(head, body).title == "Bridge to be repaired before the winter, council decides"


@pytest.mark.parametrize(
    ("text", "when", "precision"),
    [
        ("2026-11-24T08:30:15+01:00", datetime(2026, 11, 24, 7, 30, 15, tzinfo=UTC), "second"),
        ("2026-11-24T08:30Z", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "minute"),
        ("2026-11-24 08:30:15", datetime(2026, 11, 24, 8, 30, 15, tzinfo=UTC), "second"),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC), "day"),
        ("2026-11-24T00:00:00", datetime(2026, 11, 24, tzinfo=UTC), "day"),
        ("Tue, 24 Nov 2026 08:30:00 GMT", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "second"),
        ("24.11.2026, 08:30 Uhr", datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "minute"),
        ("03.04.2026", datetime(2026, 4, 3, tzinfo=UTC), "day"),
        ("November 24, 2026", datetime(2026, 11, 24, tzinfo=UTC), "day"),
        ("1795508115", datetime(2026, 11, 24, 5, 35, 15, tzinfo=UTC) - timedelta(days=100, hours=0), None),
        ("20261124", datetime(2026, 11, 24, tzinfo=UTC), "day"),
    ],
)
def test_dates_as_publishers_write_them(text: str, when: datetime, precision: str | None) -> None:
    dated = parse_date(text)
    assert dated is not None
    if precision is not None:
        assert (dated.at, dated.precision) == (when, precision)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "12:30", "November", "99999999999999", "0000-00-00", "x" * 500, None, True]
)
def test_what_is_no_date(text: object) -> None:
    assert parse_date(text) is None


def test_dates_of_the_future_and_before_the_web_are_none() -> None:
    for text in ("2027-06-01T10:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31", "0001-01-01"):
        assert meta(ld(datePublished=text)).published_at is None


def test_a_more_exact_time_of_the_same_day_wins_and_one_of_another_day_does_not() -> None:
    same = (
        ld(datePublished="2026-11-20")
        + "<meta property='article:published_time' content='2026-11-20T09:00:00+01:00'>"
    )
    assert meta(same).published_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert meta(same).published_source == "meta"
    other = (
        ld(datePublished="2026-11-20")
        + "<meta property='article:published_time' content='2026-11-02T09:00:00Z'>"
    )
    assert meta(other).published_at == datetime(2026, 11, 20, tzinfo=UTC)


def test_where_a_date_stood_is_told() -> None:
    assert (
        meta("", "<article><time datetime='2026-11-20T09:00:00Z'></time></article>").published_source
        == "time"
    )
    assert meta("", "<p class='date'>20 November 2026</p>").published_source == "text"
    assert meta(url="https://courier.example/2026/11/20/bridge/").published_source == "url"


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (["By Ann Lee and Bo Ek"], ("Ann Lee", "Bo Ek")),
        (["Von Jürgen Groß, Berlin"], ("Jürgen Groß",)),
        (["ANN LEE"], ("Ann Lee",)),
        (["Ann Lee, Senior Reporter"], ("Ann Lee",)),
        (["Ann Lee; Bo Ek; Cy Fox"], ("Ann Lee", "Bo Ek", "Cy Fox")),
        (["Lee, Ann"], ("Ann Lee",)),
        (["admin"], ()),
        (["ann.lee@courier.example"], ()),
        (["https://facebook.com/courier"], ()),
        (["The Courier"], ()),
        (["Reuters"], ("Reuters",)),
        (["沈知远"], ("沈知远",)),
        (["Par Solène Kervadec et Basile Amiot"], ("Solène Kervadec", "Basile Amiot")),
    ],
)
def test_bylines_become_names(raw: list[str], names: tuple[str, ...]) -> None:
    assert clean_authors(raw, site_names=["The Courier"]) == names


def test_authors_come_from_the_first_place_that_names_any() -> None:
    assert meta(ld(author={"@type": "Organization", "name": "Coastwire"})).authors == ("Coastwire",)
    assert meta("<meta name='author' content='Ann Lee'>").authors == ("Ann Lee",)
    assert meta("", "<p class='byline'>By <a rel='author' href='/a'>Ann Lee</a></p>").authors == ("Ann Lee",)
    assert meta("<meta property='article:author' content='https://facebook.com/x'>").authors == ()


@pytest.mark.parametrize(
    ("head", "free"),
    [
        (ld(isAccessibleForFree="False"), False),
        (ld(isAccessibleForFree=True), True),
        (ld(hasPart={"@type": "WebPageElement", "isAccessibleForFree": False}), False),
        ("<meta property='article:content_tier' content='metered'>", False),
        ("<meta property='article:content_tier' content='free'>", True),
        (ld(headline="x"), None),
    ],
)
def test_free_or_paywalled_as_the_publisher_declares(head: str, free: bool | None) -> None:
    assert meta(head).is_accessible_for_free is free


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "headline": "Bridge", "datePublished": "2026-11-20T09:00:00Z",}',
        '<!-- {"@type": "NewsArticle", "headline": "Bridge", "datePublished": "2026-11-20T09:00:00Z"} -->',
        '{"@type": "NewsArticle", "headline": "Bri\ndge", "datePublished": "2026-11-20T09:00:00Z"}',
        '{"@type": "NewsArticle", "headline": "Bridge", "text": "a "quoted" word", "datePublished": "2026-11-20T09:00:00Z"}',
        '[{"@type": "WebSite"}, {"@graph": [{"@type": ["NewsArticle"], "datePublished": "2026-11-20T09:00:00Z"}]}]',
        '{"@type": "http://schema.org/NewsArticle", "datePublished": "2026-11-20T09:00:00Z"}',
    ],
)
def test_broken_json_ld_is_read_all_the_same(script: str) -> None:
    found = meta(f'<script type="application/ld+json">{script}</script>')
    assert found.published_at == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_among_several_articles_the_one_of_this_page_counts() -> None:
    others = ld(headline="Another", url="https://www.courier.example/other-1", author="Wrong One")
    mine = ld(headline="Bridge", url=URL, author="Ann Lee")
    assert meta(others + mine).authors == ("Ann Lee",)


def test_hostile_json_ld_costs_nothing() -> None:
    for script in ("[" * 100_000, '{"a":' * 5_000, "{" + '"x":1,' * 200_000):
        assert meta(f'<script type="application/ld+json">{script}</script>').title is None


@pytest.mark.parametrize(
    ("declared", "heading", "title"),
    [
        ("Bridge to be repaired before winter", "Opinion Bridge to be repaired before winter", "Bridge to be repaired before winter"),
        ("Bridge to be repaired before winter", "Politics | Bridge to be repaired before winter", "Bridge to be repaired before winter"),
        ("Bridge to be repaired", "Council decides after long debate on Monday: Bridge to be repaired", "Council decides after long debate on Monday: Bridge to be repaired"),
        ("What the council wants with the river", "The bridge that nobody wanted", "The bridge that nobody wanted"),
        ("What the council wants with the river", "News and views", "What the council wants with the river"),
    ],
)  # fmt: skip
def test_a_heading_loses_its_kicker_and_a_label_is_none(declared: str, heading: str, title: str) -> None:
    assert meta(f"<meta property='og:title' content='{declared}'>", f"<h1>{heading}</h1>").title == title


def test_a_heading_beside_the_article_is_not_its_headline() -> None:
    head = "<meta property='og:title' content='What the council wants with the river'>"
    body = "<aside><h1>Subscribe to our daily letter now</h1></aside>"
    assert meta(head, body).title == "What the council wants with the river"
