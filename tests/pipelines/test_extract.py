"""Page -> Article: broken content, structure, identity, words and language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.changes import ChangeKind, changes_between
from pipelines.extract import Reading, read_article
from pipelines.items import Outcome, Page
from pipelines.words import count_words

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://www.news.example/2026/11/24/bridge-to-be-repaired.html"
LINES = [
    f"Sentence number {number} of the story about the bridge, which the council has been debating since the floods."
    for number in ("one", "two", "three", "four", "five")
]


def read(body: bytes | str, url: str = URL, content_type: str | None = None, **hints: object) -> Reading:
    data = body if isinstance(body, bytes) else body.encode()
    headers = {} if content_type is None else {"content-type": content_type}
    page = Page(url=url, final_url=url, status=200, headers=headers, body=data, fetched_at=NOW)
    return read_article(page, source="news", **hints)  # type: ignore[arg-type]


def document(text: str = "", *, head: str = "", title: str = "Bridge to be repaired") -> str:
    paragraphs = text or "".join(f"<p>{line}</p>" for line in LINES)
    return (
        f'<html lang="en"><head><title>{title} - News</title>{head}</head>'
        f"<body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )


def article_of(*arguments: object, **hints: object):
    reading = read(*arguments, **hints)  # type: ignore[arg-type]
    assert reading.article is not None, reading
    return reading.article


def test_the_fields_of_a_plain_page() -> None:
    article = article_of(document())
    assert article.title == "Bridge to be repaired"
    assert article.text == "\n\n".join(LINES)
    assert article.source == "news"
    assert article.domain == "news.example"
    assert article.language == "en"
    assert article.word_count == count_words(article.text)
    assert article.first_seen_at == article.last_seen_at == NOW
    assert article.extractor == "trafilatura"
    assert len(article.id) == 16
    assert len(article.content_hash) == 32


@pytest.mark.parametrize(
    "bad", ["&#1;", "&#xFFFF;", "&#x0;", "&#55296;", "&#1114112;", "\x00", "\x0b", "\x1f", "\ufffe"]
)
def test_characters_that_would_drop_the_article_are_cleaned_before(bad: str) -> None:
    text = "".join(f"<p>{line}{bad}</p>" for line in LINES)
    assert article_of(document(text)).text == "\n\n".join(LINES)


def test_windows_references_become_what_was_meant() -> None:
    assert (
        "“two”"
        in article_of(
            document("".join(f"<p>{line.replace('two', '&#147;two&#148;')}</p>" for line in LINES))
        ).text
    )


def test_pages_nested_deeper_than_the_parsers_default_are_read_to_the_end() -> None:
    text = "<div>" * 400 + "".join(f"<p>{line}</p>" for line in LINES) + "</div>" * 400
    assert LINES[-1] in article_of(document(text)).text


def test_a_mislabelled_charset_is_read_right() -> None:
    line = "Überflutete Brücken: Die Größe der Schäden, sagte der Bürgermeister, könne niemand abschätzen, der nicht da war."
    body = document("".join(f"<p>{line} {n}</p>" for n in range(5)), title="Brücke")
    assert line in article_of(body.encode("utf-8"), URL, "text/html; charset=iso-8859-1").text
    assert line in article_of(body.encode("cp1252"), URL, "text/html; charset=iso-8859-1").text


@pytest.mark.parametrize("body", [b"", b"   \n", b"<!-- nothing -->", b"\x00\x00"])
def test_an_empty_body_is_a_parse_error(body: bytes) -> None:
    reading = read(body)
    assert reading.outcome in (Outcome.PARSE_ERROR, Outcome.NOT_ARTICLE)
    assert reading.reason


def test_structure_is_kept_in_order() -> None:
    text = (
        f"<p>{LINES[0]}</p><h2>What happens next</h2><p>{LINES[1]}</p><ul><li>a wall of 4.7 metres</li>"
        f"<li>a gate</li></ul><blockquote><p>{LINES[2]}</p></blockquote><p>{LINES[3]}<br>{LINES[4]}</p>"
    )
    assert article_of(document(text)).text.split("\n\n") == [
        LINES[0], "What happens next", LINES[1], "a wall of 4.7 metres", "a gate", *LINES[2:],
    ]  # fmt: skip


def test_the_canonical_address_names_the_article_where_it_may_be_believed() -> None:
    def key(canonical: str, url: str = URL) -> str:
        return article_of(document(head=f'<link rel="canonical" href="{canonical}">'), url).url_canonical

    assert key("https://news.example/2026/11/24/bridge-to-be-repaired.html") == (
        "https://news.example/2026/11/24/bridge-to-be-repaired.html"
    )
    assert key(URL, "https://www.news.example/amp/2026/11/24/bridge-to-be-repaired.html") == URL
    for lie in ("https://www.news.example/", "https://other.example/2026/11/24/bridge-to-be-repaired.html"):
        assert key(lie) == URL
    twins = {
        article_of(document(head=f'<link rel="canonical" href="{URL}">'), f"{URL}?utm_source={n}").id
        for n in "ab"
    }
    assert len(twins) == 1


def test_the_feeds_time_is_taken_where_the_page_has_none_or_only_the_day() -> None:
    url = "https://www.news.example/story/bridge-to-be-repaired-12345"
    hint = NOW - timedelta(hours=3)
    article = article_of(document(), url, hint_published_at=hint)
    assert (article.published_at, article.published_source) == (hint, "feed")
    day = document(head='<meta name="date" content="2026-11-24">')
    assert article_of(day, url, hint_published_at=hint).published_at == hint
    other_day = document(head='<meta name="date" content="2026-11-20">')
    article = article_of(other_day, url, hint_published_at=hint)
    assert (article.published_precision, article.published_source) == ("day", "meta")


def test_the_title_of_the_feed_is_the_last_resort() -> None:
    body = "<html><body><article>" + "".join(f"<p>{line}</p>" for line in LINES) + "</article></body></html>"
    assert article_of(body, hint_title="From the feed").title == "From the feed"


def test_a_wrong_language_declaration_does_not_count_against_the_text() -> None:
    german = "Der Stadtrat hat am Dienstagabend nach drei Stunden beschlossen, die alte Brücke vor dem Winter zu reparieren."
    body = document("".join(f"<p>{german} {n}.</p>" for n in range(5)))
    assert article_of(body).language == "de"
    plain = (
        "<html><body><article><h1>Brücke</h1>"
        + "".join(f"<p>{german} {n}.</p>" for n in range(5))
        + "</article></body></html>"
    )
    assert article_of(plain, language="en").language == "de"


def test_words_are_counted_in_any_script() -> None:
    assert count_words("The mayor's well-known bridge cost 3.5 million.") == 7
    assert count_words("滨江新闻，每日更新") == 8
    assert count_words("أقر المجلس البلدي") == 3
    assert count_words("") == 0


@pytest.mark.parametrize(
    "notice",
    [
        "<p><em>Correction: An earlier version of this article misnamed the engineer. She is Ann Lind.</em></p>",
        "<div class='correction'><strong>Correction</strong> An earlier version of this article misnamed her.</div>",
        "<aside class='note'><p>Correction, Nov. 24: The engineer was misnamed in this article.</p></aside>",
        "<p class='footnote'>• This article was amended on 24 November 2026 to correct a name.</p>",
        "<p><i>Korrektur: In einer früheren Version hieß es, die Brücke sei neu.</i></p>",
        "<div class='box'><h3>Correction</h3><p>The engineer is called Ann Lind, not Linde.</p></div>",
    ],
)
@pytest.mark.parametrize("top", [True, False])
def test_a_notice_of_correction_belongs_to_the_article_wherever_it_stands(notice: str, top: bool) -> None:
    text = "".join(f"<p>{line}</p>" for line in LINES)
    found = article_of(document(notice + text if top else text + notice))
    (change,) = changes_between(article_of(document()), found)
    assert change.kind is ChangeKind.CORRECTION


def test_a_link_to_the_corrections_is_no_notice() -> None:
    text = "".join(f"<p>{line}</p>" for line in LINES)
    menu = "<div class='more'><p><a href='/corrections'>Corrections</a></p><p><a href='/a'>About us</a></p></div>"
    assert "Corrections" not in article_of(document(text + menu)).text


def test_lists_in_lists_by_the_hundred_are_no_crash() -> None:
    """trafilatura follows them by recursion; what stands in the page's JSON-LD is still found."""
    deep = "<ul><li>" * 600
    assert read(document(deep)).outcome is Outcome.NOT_ARTICLE
    body = " ".join(LINES * 2)
    declared = (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{body}"}}</script>'
    )
    assert LINES[0] in article_of(document(deep, head=declared)).text
