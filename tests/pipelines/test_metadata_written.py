"""Dates that only the page's readers are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipelines.metadata import Metadata, read_metadata
from pipelines.metadata.written import day_in
from pipelines.parsing import parse_html

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = datetime(2026, 5, 3, tzinfo=UTC)


def read(body: str, *, head: str = "", language: str = "en") -> Metadata:
    tree = parse_html(f"<html lang='{language}'><head>{head}</head><body>{body}</body></html>")
    assert tree is not None
    return read_metadata(tree, url="https://courier.example/bridge", now=NOW)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("May 3, 2026", "en"),
        ("Published Sunday, 3rd May 2026 at 10:15", "en"),
        ("Veröffentlicht am 3. Mai 2026 um 15:44", "de"),
        ("3 de mayo de 2026", "es"),
        ("le 3 mai 2026", "fr-FR"),
        ("3 мая 2026, 12:00", "ru"),
        ("3 Mayıs 2026", "tr"),
        ("3. května 2026", "cs"),
        ("3. mai 2026", "no"),
        ("03.05.2026", "de"),
        ("03/05/2026", "en-GB"),
        ("05/03/2026", "en-US"),
        ("2026年5月3日", "ja"),
        ("2026. 5. 3. 14:20", "ko"),
        ("입력 : 2026-05-03 02:37:08", "ko"),
    ],
)
def test_days_in_words_and_digits(text: str, language: str) -> None:
    found = day_in(text, language=language)
    assert found is not None
    assert (found.at, found.precision) == (DAY, "day")


@pytest.mark.parametrize(
    "text", ["03/05/2026", "3 bridges 2026", "Room 12, 2026", "version 10.12.3.2026", "40 May 2026"]
)
def test_what_is_no_day_or_may_be_another(text: str) -> None:
    assert day_in(text, language="en") is None


def test_the_day_below_the_headline_counts() -> None:
    body = (
        "<div>2 May 2026</div><h1>Bridge</h1><p>Council decides</p><span>By Ann Lee</span><b>3 May 2026</b>"
    )
    found = read(body)
    assert (found.published_at, found.published_precision, found.published_source) == (DAY, "day", "text")


def test_or_else_the_last_above_it() -> None:
    assert read("<p>1 May 2026</p><p>3 May 2026</p><h1>Bridge</h1><p>x</p>").published_at == DAY


def test_the_day_of_a_change_counts_only_where_there_is_no_other() -> None:
    both = "<h1>Bridge</h1><p>Updated: 5 May 2026</p><p>3 May 2026</p>"
    assert read(both).published_at == DAY
    assert read("<h1>Bridge</h1><p>Last updated</p><p>3 May 2026</p>").published_at == DAY


def test_days_within_the_text_or_beside_it_do_not_count() -> None:
    text = "The bridge was closed on 3 May 2026 after a lorry had driven into one of its pillars, and it has been since then. "
    assert read(f"<h1>Bridge</h1><p>{text}</p>").published_at is None
    assert read("<h1>Bridge</h1><aside>3 May 2026</aside>").published_at is None
    assert read("<p>3 May 2026</p>").published_at is None  # no headline to stand near


def test_an_element_that_is_named_for_its_date_counts_without_a_headline() -> None:
    assert read("<span class='hero__date'>3 May 2026</span>").published_at == DAY
    assert read("<a href='/x'><span class='hero__date'>3 May 2026</span></a>").published_at is None


def test_a_declared_date_is_not_looked_for_in_the_text() -> None:
    head = "<meta name='article:published:time' content='2026-05-04T08:00:00Z'>"
    found = read("<h1>Bridge</h1><p>3 May 2026</p>", head=head)
    assert (found.published_at, found.published_source) == (datetime(2026, 5, 4, 8, tzinfo=UTC), "meta")


@pytest.mark.parametrize("kind", ["WebPage", "ClaimReview"])
def test_a_page_without_an_article_node_is_dated_by_the_node_of_the_page(kind: str) -> None:
    node = json.dumps({"@type": kind, "datePublished": "2026-05-03"})
    found = read("<p>x</p>", head=f'<script type="application/ld+json">{node}</script>')
    assert (found.published_at, found.published_source) == (DAY, "json-ld")


def test_days_stand_in_pages_that_nest_without_end() -> None:
    deep = "<div class='author'>" * 2000
    assert read(f"<h1>Bridge</h1>{deep}3 May 2026").published_at == DAY
    assert read(f"{deep}3 May 2026<h1>Bridge</h1>x").published_at == DAY


def test_comments_and_scripts_hide_no_text_behind_them() -> None:
    assert (
        read("<h1>Bridge</h1><p><!-- 2 May 2026 --><script>1 May 2026</script>3 May 2026</p>").published_at
        == DAY
    )
