"""Authors as pages name them, declared and to be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipelines.metadata import read_metadata
from pipelines.metadata.names import clean_authors, is_lead, looks_like_name
from pipelines.parsing import parse_html

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SITE = "<meta property='og:site_name' content='The Courier'>"


def authors(body: str = "<p>x</p>", *, head: str = "") -> tuple[str, ...]:
    tree = parse_html(f"<html lang='en'><head>{head}</head><body>{body}</body></html>")
    assert tree is not None
    return read_metadata(tree, url="https://courier.example/bridge", now=NOW).authors


def ld(*nodes: dict[str, object]) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@graph": nodes})}</script>'


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("View all posts by Ann Lee", ("Ann Lee",)),
        ("Ann Lee | The Jersey Journal", ("Ann Lee",)),
        ("Ann Lee and Bo Ek, Financial Times", ("Ann Lee", "Bo Ek")),
        ("Ann Lee, Emily Post", ("Ann Lee", "Emily Post")),
        ("Ann Lee The Associated Press", ("Ann Lee",)),
        ("The Associated Press", ("The Associated Press",)),
        ("Ann Groß und Bo Ek, dpa", ("Ann Groß", "Bo Ek", "dpa")),
        ("Ann Groß, Berlin", ("Ann Groß",)),
        ("Ann Lee for MailOnline", ("Ann Lee",)),
        ("Ann Lee published 3 May", ("Ann Lee",)),
        ("Ann Lee, Sponsored Content", ("Ann Lee",)),
        ("Ann Lee, Executive Editor", ("Ann Lee",)),
        ("Executive Editor", ()),
    ],
)
def test_names_without_what_stands_beside_them(raw: str, names: tuple[str, ...]) -> None:
    assert clean_authors([raw]) == names


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ann van der Lee", True), ("李小龍", True), ("University of Tokyo", True), ("Follow author", False),
     ("Small Medium Large", False), ("of the article", False), ("Dec 22", False), ("Social Links for", False)],
)  # fmt: skip
def test_what_has_the_shape_of_a_name(name: str, expected: bool) -> None:
    assert looks_like_name(name) is expected


def test_the_beginning_of_a_byline_alone() -> None:
    assert [is_lead(line) for line in ("By", "Von:", "par", "Bridge", "By Ann Lee")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_the_site_or_its_staff_signs_only_where_nobody_else_does() -> None:
    own = ld({"@type": "NewsArticle", "author": {"@type": "Organization", "name": "The Courier"}})
    assert authors(head=SITE + own) == ("The Courier",)
    assert authors(head=SITE + own + "<meta name='author' content='Ann Lee'>") == ("Ann Lee",)
    assert authors("<h1>Bridge</h1><p>By <b>Ann Lee</b></p><p>x</p>", head=SITE + own) == ("Ann Lee",)
    assert authors(head="<meta name='author' content='Courier Staff'>") == ("Courier Staff",)
    assert authors(head="<meta name='author' content='admin'>") == ()


def test_an_author_that_is_only_pointed_at_is_looked_up() -> None:
    person = {"@type": "Person", "@id": "#ann", "name": "Ann Lee"}
    assert authors(head=ld({"@type": "NewsArticle", "author": {"@id": "#ann"}}, person)) == ("Ann Lee",)


def test_the_card_for_social_networks_may_name_the_author() -> None:
    card = "<meta name='twitter:label{0}' content='{1}'><meta name='twitter:data{0}' content='{2}'>"
    reading, by = card.format(1, "Est. reading time", "3 minutes"), card.format(2, "Written by", "Ann Lee")
    assert authors(head=reading + by) == ("Ann Lee",)
    assert authors(head=reading) == ()


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("<h1>Bridge</h1><div>By</div><a href='/a'>Ann Lee</a><p>x</p>", ("Ann Lee",)),
        ("<h1>Bridge</h1><h5>Von Ann Lee, Berlin</h5><p>x</p>", ("Ann Lee",)),
        ("<h1>Bridge</h1><div>By</div><p>3 May</p>", ()),
        ("<div class='article-byline'><i>Ann Lee</i><i>Bo Ek</i></div>", ("Ann Lee", "Bo Ek")),
        ("<div class='article-byline'>Politics <i>by</i> <b>Ann Lee</b> <i>3 May</i></div>", ("Ann Lee",)),
        ("<div class='author-2'>Ann Lee</div>", ("Ann Lee",)),
        ("<div class='author-2'>Follow author</div>", ()),
        ("<div class='teaser'><div class='teaser-author'>Ann Lee</div></div>", ()),
        ("<div class='comment'><div class='comment-author'>Ann Lee</div></div>", ()),
    ],
)
def test_bylines_that_are_only_to_be_read(body: str, names: tuple[str, ...]) -> None:
    assert authors(body) == names
