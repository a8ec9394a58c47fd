"""What is no article is not stored as one, whatever its kind and language; articles pass."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.extract import read_article
from pipelines.gate import read_signals
from pipelines.items import Outcome, Page
from pipelines.metadata import read_metadata
from pipelines.parsing import parse_html

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
TEXT = (
    "The council of the small town on the river met on Tuesday evening and decided, after three hours of debate, to "
    "repair the old bridge before the winter comes, although the money for it has not been found yet."
)


def verdict(html: str, url: str = "https://news.example/2026/11/24/some-longer-story-1234.html"):
    page = Page(url=url, final_url=url, status=200, headers={}, body=html.encode(), fetched_at=NOW)
    reading = read_article(page, source="test")
    return reading.outcome, reading.reason


def document(body: str, *, title: str = "Town news", head: str = "", body_class: str = "") -> str:
    menu = "".join(f'<li><a href="/s{n}/">Section {n}</a></li>' for n in range(8))
    return (
        f'<html lang="en"><head><title>{title} | Town News</title>{head}</head><body class="{body_class}">'
        f"<header><nav><ul>{menu}</ul></nav></header><main>{body}</main><footer>© Town News</footer></body></html>"
    )


TEASERS = "".join(
    f'<article><h2><a href="/2026/11/2{n}/a-longer-headline-number-{n}.html">A longer headline number {n} about the '
    f"river</a></h2><p>{TEXT[: 100 + 5 * n]}</p></article>"
    for n in range(9)
)
LINES = "".join(
    f'<li><a href="/2026/11/2{n}/x-{n}.html">A longer headline number {n} about it</a></li>'
    for n in range(20)
)
PARAGRAPHS = "".join(
    f"<p>In its {count} sitting {TEXT[0].lower()}{TEXT[1:]}</p>"
    for count in ("first", "second", "third", "fourth", "fifth")
)
ARTICLE = f"<article><h1>Bridge to be repaired</h1>{PARAGRAPHS}</article>"
NOT_ARTICLES = {
    "home page": (document(TEASERS), "https://news.example/"),
    "home page with an index name": (document(TEASERS), "https://news.example/index.html"),
    "home page of a language": (document(TEASERS), "https://news.example/en/"),
    "section of teasers": (document(f"<h1>Politics</h1>{TEASERS}"), "https://news.example/politics/"),
    "section of lines": (document(f"<h1>Politics</h1><ul>{LINES}</ul>"), "https://news.example/politics/"),
    "tag page": (document(f"<h1>River</h1>{TEASERS}"), "https://news.example/tag/river/"),
    "tag page by class": (document(f"<h1>River</h1>{TEASERS}", body_class="archive tag tag-river"), "https://news.example/x/river-news/"),
    "author page": (
        document(f"<h1>Ann Lee</h1><p>Ann Lee has been writing about towns, rivers and bridges since 2009.</p>{TEASERS}"),
        "https://news.example/author/ann-lee/",
    ),
    "author page by declaration": (
        document(
            f"<h1>Ann Lee</h1><p>{TEXT}</p>{TEASERS}",
            head='<script type="application/ld+json">{"@type":"ProfilePage","mainEntity":{"@type":"Person"}}</script>',
        ),
        "https://news.example/people/ann-lee",
    ),
    "search page": (document(f"<h1>Search results</h1>{TEASERS}"), "https://news.example/search?q=bridge"),
    "search page of a blog": (document(f"<h1>Results</h1>{TEASERS}"), "https://news.example/?s=bridge"),
    "gallery": (
        document(
            "<h1>In pictures: the flood</h1>"
            + "".join(f'<figure><img src="/{n}.jpg"><figcaption>The bridge, view {n}</figcaption></figure>' for n in range(12))
        ),
        "https://news.example/gallery/the-flood-12345/",
    ),
    "gallery without a telling address": (
        document(
            "<h1>The flood</h1>"
            + "".join(f'<figure><img src="/{n}.jpg"><figcaption>The bridge from side {n}</figcaption></figure>' for n in range(9))
        ),
        "https://news.example/2026/11/24/the-flood-12345.html",
    ),
    "video": (
        document("<h1>Watch the bridge fall</h1><video src='/v.mp4'></video><p>A minute of film from Tuesday's storm.</p>"),
        "https://news.example/video/bridge-falls-4711/",
    ),
    "video by declaration": (
        document(
            "<h1>Watch the bridge fall</h1><iframe src='https://player.example/embed/1'></iframe><p>A minute of film, "
            "taken by a passer-by who was on the way to work when the storm broke on Tuesday morning.</p>",
            head='<meta property="og:type" content="video.other">',
        ),
        "https://news.example/2026/11/24/bridge-falls.html",
    ),
    "consent wall": (
        document(
            "<h1>We value your privacy</h1><p>We and our 214 partners store cookies and process personal data for "
            "personalised advertising. With your consent you read on for free. You can withdraw your consent at any "
            "time in the privacy settings.</p><button>Accept</button>"
        ),
        "https://news.example/2026/11/24/some-story-1234.html",
    ),
    "German consent wall": (
        document(
            "<h1>Mit Werbung weiterlesen</h1><p>Besuchen Sie uns wie gewohnt mit Werbung und Tracking. Ihre Zustimmung "
            "zu Cookies können Sie jederzeit in den Datenschutzeinstellungen widerrufen.</p>"
            "<p>Oder lesen Sie ohne Tracking mit dem Pur-Abo. Cookies werden dann nur eingesetzt, wo sie nötig sind.</p>"
        ),
        "https://news.example/2026/11/24/some-story-1234.html",
    ),
    "login wall": (
        document(
            "<h1>Log in to continue</h1><p>This page is for subscribers. Please log in or create an account.</p>"
            "<form><input name='u'><input type='password' name='p'></form>"
        ),
        "https://news.example/2026/11/24/some-story-1234.html",
    ),
    "soft 404": (
        document("<h1>Page not found</h1><p>The page you are looking for does not exist or has been moved.</p>", title="404"),
        "https://news.example/2026/11/24/some-story-1234.html",
    ),
    "soft 404 with suggestions": (
        document(f"<h1>Seite nicht gefunden</h1><p>Vielleicht interessiert Sie das:</p>{TEASERS}"),
        "https://news.example/2026/11/24/some-story-1234.html",
    ),
    "soft 404 in Chinese": (
        document("<h1>抱歉，您访问的页面不存在</h1><p>页面可能已被删除。</p>"),
        "https://news.example/content/202611/24/c1.html",
    ),
    "soft 404 by class": (document(f"<h1>Hoppla</h1>{TEASERS}", body_class="error404"), "https://news.example/x-1234.html"),
    "empty page": (document(""), "https://news.example/2026/11/24/some-story-1234.html"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ARTICLES)
def test_what_is_no_article_is_told_with_a_reason(name: str) -> None:
    outcome, reason = verdict(*NOT_ARTICLES[name])
    assert outcome is Outcome.NOT_ARTICLE
    assert reason


@pytest.mark.parametrize(
    ("html", "url"),
    [
        (document(ARTICLE), "https://news.example/2026/11/24/bridge-to-be-repaired.html"),
        (document(ARTICLE), "https://news.example/?p=12345"),
        (document(ARTICLE + TEASERS), "https://news.example/politics/bridge-to-be-repaired"),
        (
            document(ARTICLE + "<div><h3>Log in</h3><input type='password'></div>"),
            "https://news.example/a/bridge-1.html",
        ),
        (
            document(ARTICLE.replace("<p>", "<p><img src='x'>", 1)),
            "https://news.example/gallery/opening-of-a-gallery",
        ),
        (
            document(ARTICLE + "<iframe src='https://player.example/'></iframe>"),
            "https://news.example/video/a-story-12345",
        ),
        (
            document(
                ARTICLE.replace("Bridge to be repaired", "404: the lost pages of the town archive"),
                title="404: the lost pages of the town archive",
            ),
            "https://news.example/2026/11/24/lost-pages.html",
        ),
        (
            document(ARTICLE.replace("The council", "The cookie consent council")),
            "https://news.example/2026/11/24/a.html",
        ),
    ],
)
def test_articles_pass(html: str, url: str) -> None:
    assert verdict(html, url) == (None, None)


def test_a_short_article_passes_and_a_stub_is_too_short() -> None:
    head = '<meta property="og:type" content="article">'
    assert verdict(document(f"<article><h1>Bridge</h1><p>{TEXT}</p></article>", head=head)) == (None, None)
    outcome, reason = verdict(
        document("<article><h1>Bridge</h1><p>More follows shortly here.</p></article>", head=head)
    )
    assert outcome is Outcome.TOO_SHORT
    assert reason in ("4 words", "5 words")  # with the headline or without


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real pages is not there")
@pytest.mark.parametrize("folder", ["publishers", "outlets"])
def test_real_articles_pass(folder: str) -> None:
    """At most one in a hundred real articles is refused."""
    rows = [json.loads(line) for line in (CORPUS / folder / "index.jsonl").read_text().splitlines()]
    refused = []
    for row in rows[::4]:
        body = gzip.decompress((CORPUS / folder / row["html"]).read_bytes())
        page = Page(url=row["url"], final_url=row["url"], status=200, headers={}, body=body, fetched_at=NOW)
        if read_article(page, source="test").article is None:
            refused.append(row["url"])
    assert len(refused) <= len(rows) / 400


def test_a_paragraph_that_begins_with_a_link_counts_as_text() -> None:
    text = "".join(f"<p><a href='/p/{n}'>Ann Lee</a> said in part {n} that {TEXT}</p>" for n in range(5))
    url = "https://news.example/2026/11/24/some-longer-story-1234.html"
    tree = parse_html(document(f"<article><h1>Bridge</h1>{text}</article>"))
    assert tree is not None
    meta = read_metadata(tree, url=url, now=NOW)
    assert read_signals(tree, url=url, meta=meta).largest_body > 5 * len(TEXT)
