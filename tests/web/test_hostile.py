"""Hostile articles, in the store and crawled: nothing of them runs in a reader's browser, page, feed or answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import fastfeedparser
import feedparser
import pytest
from browsing import Record, Visitor
from deskserver import copied, serving
from hostile import ADDRESSES, CANARY, NOW, SOURCE, VECTORS, WORD, Vector, fill, hostile_site, vulnerable
from lxml import etree
from newsserver import Answer, NewsServer, wirewatch
from once import once
from playwright.sync_api import Browser, Error, Page

from crawler.watch_words import read_watch
from pipelines.items import Kind
from pipelines.store import Store

pytestmark = pytest.mark.slow
CRAWLED = "crawled"
WATCH = "<img src=x onerror=\"window.__pwned='watch'\">"
CONFIG = """
[network]
allow = ["127.0.0.0/8"]
[defaults]
delay = 0.0
[[sources]]
name = "{name}"
url = "{url}/"
feeds = ["{url}/feed/"]
"""
# Every "on..." attribute, and every address in an attribute, that is not what ours are.
SUSPICIOUS = """
() => [...document.querySelectorAll("*")].flatMap(one => [...one.attributes].filter(attribute =>
    /^on/i.test(attribute.name) || attribute.name == "srcdoc" || attribute.name == "style"
    || (["href", "src", "action", "formaction", "data", "poster", "srcset", "background"].includes(attribute.name)
        && !["http:", "https:"].includes(new URL(attribute.value, document.baseURI).protocol))
).map(attribute => one.tagName + " " + attribute.name + "=" + attribute.value))
"""
ATOM = etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))
FOREIGN = (
    "iframe, object, embed, base, math, foreignObject, audio, video, script:not([src^='/static/']), style"
)


def _crawl(folder: Path) -> None:
    with hostile_site() as site:
        (folder / "wirewatch.toml").write_text(CONFIG.format(name=CRAWLED, url=site.url))
        done = wirewatch("crawl", "--limit", "45", cwd=folder, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
    with Store.open(f"sqlite:///{folder / 'wirewatch.db'}") as store:
        store.put_watch(read_watch(WATCH, WORD), now=NOW)
        fill(store)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    """A desk, and its store: hostile articles that were crawled, and those that another writer put in."""
    made = once(tmp_path_factory, "hostile", _crawl)
    folder = tmp_path_factory.mktemp("hostile-desk")
    database = copied(made / "wirewatch.db", folder)
    config = (made / "wirewatch.toml").read_text()
    with (
        Store.open(f"sqlite:///{database}", readonly=True) as store,
        serving(folder, config=config) as url,
    ):
        yield url, store


def paths(store: Store) -> list[str]:
    """Every page that shows something of these articles."""
    listings = [
        "/", "/?hours=168&group=sources", "/?hours=168&group=languages", "/stories", "/changes", "/sources",
        f"/sources/{SOURCE}", f"/sources/{CRAWLED}", "/system", f"/search?q={WORD}", f"/search?source={SOURCE}",
        f"/search?q={WORD}&order=relevance&unique=1", f"/search?before=60&source={SOURCE}",
        f"/search?before=30&source={SOURCE}", f"/search?source={CRAWLED}",
    ]  # fmt: skip
    typed = [
        f"/search?q={quote(str(vector.fields['title']))}&source={quote(str(vector.fields['title'])[:100])}"
        for vector in VECTORS[::8]
    ]
    watch = f"/watches/{quote(WATCH, safe='')}"
    watches = ["/watches", watch, f"{watch}/edit", f"/watches/new?q={quote(WATCH)}"]
    crawled = [article.id for article in store.articles() if article.source == CRAWLED]
    put_in = [article.id for article in store.articles() if article.source == SOURCE]
    return [*listings, *typed, *watches, *(f"/articles/{one}" for one in [*put_in, *crawled[::8]])]


def feeds() -> list[str]:
    names = (
        f"search.{{form}}?q={WORD}",
        f"search.{{form}}?source={SOURCE}",
        f"sources/{SOURCE}.{{form}}",
        f"sources/{CRAWLED}.{{form}}",
        f"watches/{quote(WATCH, safe='')}.{{form}}",
        f"search.{{form}}?q={quote('<script>alert(1)</script>')}",
    )
    return [f"/feeds/{name.format(form=form)}" for name in names for form in ("rss", "atom", "json")]


def assert_nothing_ran(visitor: Visitor, where: str) -> None:
    record = visitor.record
    assert visitor.page.evaluate("window.__pwned") is None, where
    assert record.dialogs == [], where
    assert record.popups == [], where
    assert record.refused == [], where
    assert CANARY not in record.hosts(), where
    # The policy would say so if something had tried; no answer of ours gives it reason to.
    assert record.troubles() == [], where


@pytest.mark.browser
@pytest.mark.parametrize("part", range(4))
def test_nothing_runs_on_any_page(browser: Browser, hostile: tuple[str, Store], part: int) -> None:
    url, store = hostile
    with Visitor(browser) as visitor:
        for path in paths(store)[part::4]:
            answer = visitor.page.goto(url + path)
            assert answer is not None
            assert answer.status in (200, 422), path
            assert_nothing_ran(visitor, path)
            assert visitor.page.evaluate(SUSPICIOUS) == [], path
            assert visitor.page.locator(FOREIGN).count() == 0, path
            assert visitor.record.hosts() == {url.removeprefix("http://")}, path
            visitor.record.forget()


@pytest.mark.browser
def test_nothing_runs_in_feeds_and_answers_opened_in_the_browser(
    browser: Browser, hostile: tuple[str, Store]
) -> None:
    url, store = hostile
    ids = [article.id for article in store.articles()][::30]
    answers = [
        f"/api/v1/articles?source={SOURCE}&limit=200&text=true",
        "/api/v1/sources",
        "/api/v1/changes",
        "/metrics",
        "/api/v1/watches",
        "/feeds/sources.opml",
        *(f"/api/v1/articles/{one}" for one in ids),
    ]
    with Visitor(browser) as visitor:
        for path in [*feeds(), *answers]:
            try:
                visitor.page.goto(url + path)
            except Error as error:
                assert "Download is starting" in str(error), path
            assert_nothing_ran(visitor, path)


def test_feeds_are_well_formed_and_read_by_others_without_anything_that_runs(
    hostile: tuple[str, Store],
) -> None:
    import httpx

    url, _ = hostile
    for path in feeds():
        answer = httpx.get(url + path)
        assert answer.status_code == 200
        assert "\r\n" not in answer.text
        if ".json" in path:
            items = json.loads(answer.content)["items"]
            texts = [item.get("content_html", "") for item in items]
            links = [item.get("url") for item in items]
        else:
            root = etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False, no_network=True))
            assert ".atom" not in path or ATOM.validate(root), (path, ATOM.error_log)
            read = feedparser.parse(answer.content, sanitize_html=False, resolve_relative_uris=False)
            assert not read.bozo, (path, read.bozo_exception)
            texts = [part.value for entry in read.entries for part in entry.get("content", ())]
            links = [entry.get("link") for entry in read.entries]
            if read.entries:
                assert len(fastfeedparser.parse(answer.content).entries) == len(read.entries)
        for text in texts:
            assert set(re.findall(r"<\s*(/?[a-z!?]\w*)", text, re.I)) <= {"p", "/p", "br"}, (path, text[:200])
        assert all(link is None or link.startswith(("http://", "https://")) for link in links), path


def test_no_answer_is_split_by_what_an_article_says(hostile: tuple[str, Store]) -> None:
    import httpx

    url, _ = hostile
    breaker = "x\r\nSet-Cookie: pwned=1\r\n\r\n<script>"
    for name in ("/search?q=", "/feeds/search.rss?q=", "/login?next=", "/api/v1/articles?q="):
        path = name + quote(breaker)
        answer = httpx.get(url + path)
        assert "pwned" not in answer.headers.get("set-cookie", "")
        assert (
            answer.headers.get("content-type") != "text/html; charset=utf-8" or "<script>" not in answer.text
        )
        assert "pwned=1" not in answer.headers.get("location", "")


def test_addresses_that_run_or_lead_nowhere_never_become_targets(hostile: tuple[str, Store]) -> None:
    _, store = hostile
    crawled = [article for article in store.articles() if article.source == CRAWLED]
    assert len(crawled) > len(VECTORS) / 2
    for article in crawled:
        for address in (article.url, article.url_canonical, article.image_url, article.tdm_policy):
            assert address is None or address.startswith(("http://", "https://")), article.id
    named = [link for link in ADDRESSES.values() if not link.startswith(("http:", "//"))]
    assert all(store.target(address) is None for address in named)
    assert all(root.kind is Kind.FEED for root in store.roots(CRAWLED))


# --- controls ----------------------------------------------------------------------------------------------

RUNNING = [vector for vector in VECTORS if vector.runs]


def tripped(page: Page, record: Record) -> bool:
    try:
        mark = page.evaluate("window.__pwned ?? null")
    except Error:  # the page was led away just now
        mark = None
    return bool(mark or record.dialogs or CANARY in record.hosts())


def run_in(browser: Browser, vectors: list[Vector], *, patience: int, **headers: str) -> set[str]:
    """The names of those that ran on a page that writes everything out as it stands, within milliseconds."""
    found = set()
    with NewsServer() as site, Visitor(browser) as visitor:
        for vector in vectors:
            html = vulnerable(vector).encode("utf-8", "replace")
            site.pages[f"/{vector.name}"] = Answer(html, headers=headers)
        for vector in vectors:
            visitor.record.forget()
            page = visitor.context.new_page()
            with suppress(Error):  # led away while it loads
                page.goto(f"{site.url}/{vector.name}")
            for _ in range(patience // 20):
                if tripped(page, visitor.record):
                    found.add(vector.name)
                    break
                page.wait_for_timeout(20)
            page.close()
    return found


@pytest.mark.browser
def test_control_every_one_of_them_runs_on_a_careless_page(browser: Browser) -> None:
    assert run_in(browser, RUNNING, patience=3000) == {vector.name for vector in RUNNING}


@pytest.mark.browser
def test_control_even_on_a_careless_page_the_policy_stops_the_scripts(
    browser: Browser, hostile: tuple[str, Store]
) -> None:
    """What the desk's headers alone stop; a refresh that leads the page away is none of a policy's matters."""
    import httpx

    policy = httpx.get(hostile[0]).headers["content-security-policy"]
    ran = run_in(browser, RUNNING[::3], patience=200, **{"Content-Security-Policy": policy})
    assert ran <= {"meta-refresh"}
