"""The output feeds: valid by their formats, read by two other readers, and true to the store; OPML goes round."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser
import httpx
import pytest
from deskserver import copied, serving, sources_config
from lxml import etree
from newsserver import wirewatch

from crawler.config import load
from crawler.source_lists import read_list
from crawler.web.access import Right, new_token
from pipelines.items import Article
from pipelines.store import Store

ATOM = etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))
FEEDS = [
    "search.{}",
    "search.{}?q=ferry",
    "search.{}?language=ar",
    "sources/talbote.{}",
    "search.{}?q=nothingsaysthis",
]


@pytest.fixture(scope="module")
def feeds(desk: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{desk.url}/feeds/") as client:
        yield client


def expected(store: Store, name: str) -> list[Article]:
    """What must be in the feed, in its order."""
    if "nothing" in name:
        return []
    if "q=ferry" in name:
        hits = store.search("ferry", order="newest", limit=50)
    elif "language" in name:
        hits = store.search("", language="ar", order="newest", limit=50)
    elif name.startswith("sources"):
        hits = store.search("", source="talbote", order="newest", limit=50)
    else:
        hits = store.search("", order="newest", limit=50)
    return [hit.article for hit in hits]


def published(article: Article) -> datetime:
    return (article.published_at or article.first_seen_at).replace(microsecond=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", FEEDS)
def test_atom_is_valid_by_rfc_4287_and_says_what_is_stored(
    feeds: httpx.Client, store: Store, name: str
) -> None:
    answer = feeds.get(name.format("atom"))
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = etree.fromstring(answer.content)
    assert ATOM.validate(root), ATOM.error_log
    assert_read(answer.content, expected(store, name))


@pytest.mark.slow
@pytest.mark.parametrize("name", FEEDS)
def test_rss_is_valid_by_its_specification_and_says_what_is_stored(
    feeds: httpx.Client, store: Store, name: str
) -> None:
    answer = feeds.get(name.format("rss"))
    assert answer.headers["content-type"].startswith("application/rss+xml")
    root = etree.fromstring(answer.content)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    for wanted in ("title", "link", "description"):
        assert channel.findtext(wanted)
    parsedate_to_datetime(channel.findtext("lastBuildDate"))
    once = ("title", "link", "description", "guid", "pubDate", "comments", "enclosure", "source")
    for item in channel.iter("item"):
        tags = [child.tag for child in item]
        assert not [tag for tag in once if tags.count(tag) > 1]
        assert item.findtext("title") or item.findtext("description")
        parsedate_to_datetime(item.findtext("pubDate"))
        guid = item.find("guid")
        assert guid.get("isPermaLink") == "false"
    own = channel.find("{http://www.w3.org/2005/Atom}link[@rel='self']")
    assert own.get("href") == str(answer.url)
    assert_read(answer.content, expected(store, name))


@pytest.mark.slow
@pytest.mark.parametrize("name", FEEDS)
def test_json_feed_is_valid_by_version_1_1_and_says_what_is_stored(
    feeds: httpx.Client, store: Store, name: str
) -> None:
    answer = feeds.get(name.format("json"))
    assert answer.headers["content-type"].startswith("application/feed+json")
    feed = json.loads(answer.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str)
    assert feed["feed_url"] == str(answer.url)
    articles = expected(store, name)
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"]) == len(articles)
    for item, article in zip(feed["items"], articles, strict=True):
        assert item["id"].endswith(article.id)
        assert (item["url"], item["title"]) == (article.url_canonical, article.title)
        assert datetime.fromisoformat(item["date_published"]) == published(article)
        assert "content_html" in item or "content_text" in item
        assert [author["name"] for author in item.get("authors", ())] == list(article.authors)
        assert item.get("tags", []) == list(article.tags)
    assert_fast(answer.content, articles)


def assert_read(body: bytes, articles: list[Article]) -> None:
    """Two readers find every article with its id, address, title and date."""
    read = feedparser.parse(body)
    assert not read.bozo, read.get("bozo_exception")
    assert len(read.entries) == len(articles)
    for entry, article in zip(read.entries, articles, strict=True):
        assert entry.id.endswith(article.id)
        assert (entry.link, entry.title) == (article.url_canonical, article.title)
        assert datetime(*entry.published_parsed[:6], tzinfo=UTC) == published(article)
        words = article.text.split("\n\n")[0][:40]
        assert words in entry.content[0].value.replace("&amp;", "&")
    assert_fast(body, articles)


def assert_fast(body: bytes, articles: list[Article]) -> None:
    if not articles:
        return  # it takes an empty feed for none at all
    found = fastfeedparser.parse(body).entries
    assert [(one.link, one.title) for one in found] == [(one.url_canonical, one.title) for one in articles]
    for one, article in zip(found, articles, strict=True):
        assert datetime.fromisoformat(one.published).replace(tzinfo=UTC) == published(article)


@pytest.mark.slow
def test_control_the_schema_refuses_what_is_no_atom(feeds: httpx.Client) -> None:
    root = etree.fromstring(feeds.get("search.atom").content)
    entry = root.find("{http://www.w3.org/2005/Atom}entry")
    entry.remove(entry.find("{http://www.w3.org/2005/Atom}id"))
    assert not ATOM.validate(root)


@pytest.mark.slow
def test_a_feed_that_is_known_is_not_sent_again(feeds: httpx.Client) -> None:
    for form in ("rss", "atom", "json"):
        first = feeds.get(f"search.{form}")
        again = feeds.get(f"search.{form}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.slow
def test_opml_goes_round_through_our_own_import(feeds: httpx.Client, desk: Any, tmp_path: Path) -> None:
    body = feeds.get("sources.opml").content
    names = {one.name: one.url for one in read_list(body).entries}
    listed = load(desk.folder / "wirewatch.toml", env={}).sources
    assert names == {source.name: source.url for source in listed}
    (tmp_path / "desk.opml").write_bytes(body)
    done = wirewatch("sources", "import", "desk.opml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = load(tmp_path / "wirewatch.toml", env={}).sources
    assert [(one.name, one.url, one.feeds) for one in again] == [
        (one.name, one.url, one.feeds) for one in listed
    ]


@pytest.mark.slow
def test_a_reader_may_send_its_token_in_three_ways_and_is_told_none(desk: Any, tmp_path: Path) -> None:
    database = copied(desk.folder / "wirewatch.db", tmp_path)
    token, line = new_token(Right.READ)
    config = f'[serve]\ntokens = ["{line}"]\n{sources_config(database)}'
    with serving(tmp_path, config=config) as url:
        address = f"{url}/feeds/search.atom"
        refused = httpx.get(address)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic")
        assert httpx.get(address, params={"token": "guessed"}).status_code == 401
        answers = [
            httpx.get(address, headers={"Authorization": f"Bearer {token}"}),
            httpx.get(address, auth=("reader", token)),
            httpx.get(address, params={"token": token}),
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all(token not in answer.text for answer in answers)
