"""The canonical form of addresses, whose they are, and what their shape tells."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.urls import (
    article_key,
    canonical,
    host_of,
    is_media,
    is_variant,
    looks_like_article,
    same_site,
    site_of,
)


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("HTTP://News.Example:80/a", "http://news.example/a"),
        ("https://news.example:443", "https://news.example/"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("https://news.example/a#comments", "https://news.example/a"),
        ("https://news.example/a?utm_source=rss&utm_medium=x&id=5&fbclid=abc", "https://news.example/a?id=5"),
        ("https://news.example/a/../b/./c", "https://news.example/b/c"),
        ("https://news.example/%7Ea/%c3%bc", "https://news.example/~a/%C3%BC"),
        ("https://news.example/ü", "https://news.example/%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://news.example./a", "https://news.example/a"),
        ("https://news.example/a;jsessionid=ABCDEF0123456789", "https://news.example/a"),
        (" https://news.example/a\n", "https://news.example/a"),
        ("https://news.example/a?", "https://news.example/a"),
        ("https://news.example/a b", "https://news.example/a%20b"),
        ("https://news.example/a;jsession%69d=0;id=5", "https://news.example/a;id=5"),
        ("https://news.example/a?s=%30123456789abcdef", "https://news.example/a"),
        ("https://news.example/%%34%31", "https://news.example/%2541"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://☕.example/", "https://xn--53h.example/"),
        ("https://news.example/story?ref=home&mod=top", "https://news.example/story"),
        ("https://news.example/story.php?ref=12&mod=view", "https://news.example/story.php?ref=12&mod=view"),
    ],
)
def test_one_form_for_every_spelling(url: str, form: str) -> None:
    assert canonical(url) == form


@pytest.mark.parametrize(
    "url",
    ["", "mailto:a@b.example", "javascript:alert(1)", "ftp://a.example/", "file:///etc/passwd", "https://", "http://[::1",
     "https://user:secret@a.example/", "https://a.example:99999/", "data:text/html,x", "https://a.example/" + "x" * 3000],
)  # fmt: skip
def test_what_is_no_web_page_has_none(url: str) -> None:
    assert canonical(url) is None


def test_relative_addresses_resolve_against_the_base() -> None:
    assert canonical("../b?x=1#y", "https://a.example/c/d/") == "https://a.example/c/b?x=1"
    assert canonical("//cdn.example/x", "https://a.example/") == "https://cdn.example/x"
    assert canonical("x", None) is None


# What a careless template, a mail program or an attacker makes of an address.
PIECES = st.lists(
    st.text(max_size=3)
    | st.sampled_from(
        "a A ü ß ﬃ İ / // . .. %2e %2F %c3%bc %C3 %zz % %% %25 %%34%31 %00 %0a + ; : @ [ ] = & ? # \\".split()
    )
    | st.sampled_from(["\t", "\n", "\x00", "\x7f", "\u200b", "\u202e", "\ud800", " ", "\u3000"])
    | st.sampled_from([";jsessionid=0123456789abcdef", ";sid=x", ";jsession%69d=1", ";phpsessid=1;id=2"])
    | st.sampled_from(
        [
            "utm_source=x",
            "&utm_x",
            "%75tm_x=1",
            "%%37%35tm_x=1",
            "&s=%30123456789abcdef",
            "&sid=0123456789abcdef",
            "ref=1",
        ]
    ),
    max_size=6,
).map("".join)
HOSTS = st.sampled_from(
    ["a.example", "WWW.A.Example.", "127.0.0.1", "[::1]", "[fe80::1%25e]", "[v1.x]", "bücher.example", "straße.example",
     "xn--bcher-kva.example", "xn--.example", "例え.テスト", "a。example", "☕.example", "a..example", "-a.example", "%61.example"]
)  # fmt: skip
URLS = st.builds(
    "{}://{}{}{}/{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["", "", "", "user@", "user:secret@", "@"]),
    HOSTS | PIECES,
    st.sampled_from(["", "", ":80", ":443", ":8080", ":", ":0", ":65536", ":-1", ":08", ":٣"]),
    PIECES | st.sampled_from(["story.php", "a/b/../c", "2026/11/24/a-story"]),
    st.just("") | PIECES.map("?{}".format),
    st.just("") | PIECES.map("#{}".format),
)


@settings(max_examples=500)
@given(URLS | PIECES | st.text(max_size=60), st.none() | URLS)
def test_any_text_has_one_form_or_none(text: str, base: str | None) -> None:
    form = canonical(text, base)
    assert form is None or (form.isascii() and canonical(form) == form == canonical(form, base))
    key = article_key(base or text, text)
    assert canonical(key) in (key, None)


def test_hosts_and_sites() -> None:
    assert host_of("https://WWW.A.Example:8443/x") == "www.a.example:8443"
    assert site_of("www.bbc.co.uk") == "bbc.co.uk"
    assert site_of("news.courier.example") == "courier.example"
    assert site_of("127.0.0.1:8000") == "127.0.0.1:8000"
    assert site_of("localhost") == "localhost"
    assert same_site("https://www.a.co.uk/x", "http://amp.a.co.uk/y")
    assert not same_site("https://a.co.uk/", "https://b.co.uk/")
    assert not same_site("http://127.0.0.1:1/", "http://127.0.0.1:2/")


STORY = "https://www.courier.example/2026/11/24/bridge-to-be-repaired/"


@pytest.mark.parametrize(
    "page",
    [
        "https://courier.example/2026/11/24/bridge-to-be-repaired/",
        "http://www.courier.example/2026/11/24/bridge-to-be-repaired/",
        "https://amp.courier.example/2026/11/24/bridge-to-be-repaired/",
        "https://www.courier.example/2026/11/24/bridge-to-be-repaired/amp/",
        "https://www.courier.example/2026/11/24/bridge-to-be-repaired/?print=1",
        "https://m.courier.example/2026/11/24/bridge-to-be-repaired/",
        "https://www.courier.example/?p=12345",
    ],
)
def test_variants_are_one_article_where_the_canonical_says_so(page: str) -> None:
    assert is_variant(page, STORY)
    assert article_key(page, STORY) == STORY
    assert article_key(page, None) == canonical(page)


@pytest.mark.parametrize(
    "lie",
    [
        "https://www.courier.example/",
        "https://www.courier.example/politics/",
        "https://www.courier.example/tag/bridge/",
        "https://other.example/2026/11/24/bridge-to-be-repaired/",
        "javascript:void(0)",
    ],
)
def test_lying_canonicals_are_not_believed(lie: str) -> None:
    assert article_key(STORY, lie) == STORY


@pytest.mark.parametrize(
    "url",
    [
        STORY,
        "https://a.example/politik/ein-langer-titel-der-geschichte-2310037.html",
        "https://a.example/news/article12345678.ece",
        "https://a.example/content/202611/24/c123456.html",
        "https://a.example/?p=12345",
        "https://a.example/article/2026/11/24/slug_66550000_324.html",
    ],
)
def test_articles_look_like_articles(url: str) -> None:
    assert looks_like_article(url) >= 0.55


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/",
        "https://a.example/politics/",
        "https://a.example/tag/elections-2026/",
        "https://a.example/author/ann-lee/",
        "https://a.example/page/12/",
        "https://a.example/search?q=bridge",
        "https://a.example/impressum",
        "https://a.example/GB/1013/index.html",
        "https://a.example/files/report-2026.pdf",
    ],
)
def test_other_pages_do_not(url: str) -> None:
    assert looks_like_article(url) < 0.35


def test_media_are_told_by_their_ending() -> None:
    assert is_media("https://a.example/x.JPG?w=100")
    assert not is_media("https://a.example/x.html")
