"""The desk's pages in a real browser: wide and narrow, light and dark, with and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import NARROW, WIDE, Visitor, overflow, screenshots, violations
from deskserver import copied, serving, sources_config
from playwright.sync_api import Browser, expect

from pipelines.items import Article
from pipelines.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a-password-for-tests"


def _article(**wanted: Any) -> Callable[[Store], str]:
    def path(store: Store) -> str:
        return f"/articles/{next(one.id for one in store.articles() if _fits(one, wanted))}"

    return path


def _fits(article: Article, wanted: dict[str, Any]) -> bool:
    return all(
        bool(getattr(article, name)) is value if isinstance(value, bool) else getattr(article, name) == value
        for name, value in wanted.items()
    )


def _story(store: Store) -> str:
    return f"/stories/{next(one.cluster_id for one in store.articles() if one.cluster_id)}"


def _at(path: str) -> Callable[[Store], str]:
    return lambda store: path


PAGES: dict[str, Callable[[Store], str]] = {
    "today": _at("/"),
    "today-by-outlet": _at("/?group=sources"),
    "search": _at("/search?q=ferry"),
    "search-filters": _at("/search?language=de&source=talbote&order=newest"),
    "search-nothing": _at("/search?q=nothingsaysthis"),
    "search-wrong": _at("/search?q=ferry&since=whenever"),
    "article-edited": _article(language="en", revision=2, cluster_id=True),
    "article-arabic": _article(language="ar"),
    "article-chinese": _article(language="zh", revision=2),
    "article-withdrawn": _article(withdrawn_at=True),
    "stories": _at("/stories"),
    "story": _story,
    "changes": _at("/changes"),
    "sources": _at("/sources"),
    "source": _at("/sources/harbour-courier"),
    "source-failing": _at("/sources/diario-del-valle"),
    "source-add": _at("/sources/add"),
    "watches": _at("/watches"),
    "watches-new": _at("/watches/new?q=ferry"),
    "watch": _at("/watches/climate"),
    "watch-edit": _at("/watches/climate/edit"),
    "system": _at("/system"),
    "api": _at("/api"),
    "error-no-page": _at("/nowhere"),
}
# What else than 200 a page is answered with; a browser writes that into its console.
STATUS = {"search-wrong": 422, "error-no-page": 404}


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    with Visitor(browser) as one:
        yield one


def looked_at(visitor: Visitor, name: str) -> None:
    """No trouble at any size in any scheme; leaves four pictures."""
    page, folder = visitor.page, screenshots()
    for size, viewport, schemes in (("1280", WIDE, ("light", "dark")), ("390", NARROW, ("dark", "light"))):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=True)
            # Light where it is wide and dark where it is narrow: every layout and every colour once.
            if scheme == schemes[0]:
                assert overflow(page) == []
                assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_can_be_read_by_all_and_asks_nobody_else(
    visitor: Visitor, desk: Any, store: Store, name: str
) -> None:
    answer = visitor.page.goto(desk.url + PAGES[name](store))
    assert answer is not None
    assert answer.status == STATUS.get(name, 200)
    looked_at(visitor, name)
    assert visitor.record.hosts() == {desk.url.removeprefix("http://")}
    expected = f"the server responded with a status of {answer.status} "
    assert [line for line in visitor.record.troubles() if expected not in line] == []


@pytest.mark.parametrize("path", ["/", "/search", "/stories", "/changes", "/sources", "/watches", "/system"])
def test_an_empty_store_says_what_to_do(visitor: Visitor, empty: str, path: str) -> None:
    answer = visitor.page.goto(empty + path)
    assert answer is not None
    assert answer.status == 200
    looked_at(visitor, f"empty-{path.strip('/') or 'today'}")
    assert visitor.record.troubles() == []
    # A reader is led on: by a command, a link or a form in what the page says.
    assert visitor.page.locator("main").locator("code, a, form").count() > 0


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("empty")
    Store.open(f"sqlite:///{folder / 'wirewatch.db'}").close()
    with serving(folder) as url:
        yield url


# --- by keys, and without JavaScript -----------------------------------------------------------------------


def test_keys_walk_the_list_open_and_search(visitor: Visitor, desk: Any) -> None:
    page = visitor.page
    page.goto(f"{desk.url}/?hours=72")
    titles = page.locator("[data-item] a:first-child").all_inner_texts()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".here")).to_have_count(1)
    focused = "document.activeElement.textContent"
    second = page.evaluate(focused)
    assert second in titles[1:]
    page.keyboard.press("k")
    assert page.evaluate(focused) == titles[0]
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text(second)
    page.go_back()
    page.keyboard.press("/")
    page.keyboard.type("jok")  # letters are letters in a field
    assert page.locator("header input[name=q]").input_value() == "jok"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    assert visitor.record.troubles() == []


def test_the_first_tab_stop_skips_to_the_content(visitor: Visitor, desk: Any) -> None:
    page = visitor.page
    page.goto(desk.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_all_works_without_javascript(browser: Browser, desk: Any, store: Store) -> None:
    with Visitor(browser, java_script_enabled=False) as visitor:
        page = visitor.page
        for name in ("today", "stories", "changes", "sources", "system", "article-edited"):
            answer = page.goto(desk.url + PAGES[name](store))
            assert answer is not None
            assert answer.status == 200
            assert page.locator("h1").inner_text()
        assert page.locator("ins").count() > 0
        page.goto(desk.url)
        page.locator("header input[name=q]").fill("ferry")
        page.locator("header input[name=q]").press("Enter")
        assert "/search?q=ferry" in page.url
        assert page.locator("mark").count() > 0
        page.locator("[data-item] a").first.click()
        assert "ferry" in page.locator("main").inner_text().lower()


def test_times_are_shown_in_the_readers_own_zone(browser: Browser, desk: Any) -> None:
    shown = {}
    for zone in ("UTC", "Asia/Tokyo"):
        with Visitor(browser, timezone_id=zone) as visitor:
            visitor.page.goto(f"{desk.url}/changes")
            time = visitor.page.locator("time").first
            shown[zone] = time.inner_text(), time.get_attribute("datetime")
    assert shown["UTC"][1] == shown["Asia/Tokyo"][1]
    assert shown["UTC"][0] != shown["Asia/Tokyo"][0]


# --- what changes something --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, desk: Any) -> Iterator[tuple[str, Path]]:
    """A desk with a password, of the tests here alone: they change its config."""
    folder = tmp_path_factory.mktemp("locked")
    database = copied(desk.folder / "wirewatch.db", folder)
    with serving(folder, config=sources_config(database), WIREWATCH_PASSWORD=PASSWORD) as url:
        yield url, folder / "wirewatch.toml"


def logged_in(visitor: Visitor, url: str, path: str) -> None:
    visitor.page.goto(url + path)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Log in").click()
    assert visitor.page.url == url + path


def test_login_leads_on_to_the_page_that_was_asked_for(visitor: Visitor, locked: tuple[str, Path]) -> None:
    url, _ = locked
    page = visitor.page
    page.goto(f"{url}/changes?kind=headline")
    assert page.url.startswith(f"{url}/login?next=")
    looked_at(visitor, "login")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("not the password")).to_be_visible()
    looked_at(visitor, "login-refused")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.url == f"{url}/changes?kind=headline"
    cookie = next(one for one in visitor.context.cookies() if "session" in one["name"])
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{url}/changes")
    assert "/login" in page.url


def test_a_source_is_paused_and_resumed_by_its_forms(visitor: Visitor, locked: tuple[str, Path]) -> None:
    url, config = locked
    logged_in(visitor, url, "/sources/al-mina")
    page = visitor.page
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert re.search(r'name = "al-mina".*?\nenabled = false', config.read_text(), re.S)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert "enabled = false" not in config.read_text()


def test_a_form_without_its_token_changes_nothing(visitor: Visitor, locked: tuple[str, Path]) -> None:
    url, config = locked
    logged_in(visitor, url, "/sources/talbote")
    before = config.read_text()
    visitor.page.evaluate("document.querySelector('main input[name=form_token]').value = 'guessed'")
    with visitor.page.expect_navigation() as answer:
        visitor.page.evaluate("document.querySelector('main form[method=post]').submit()")
    assert answer.value is not None
    assert answer.value.status == 403
    assert config.read_text() == before
