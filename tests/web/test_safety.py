"""What keeps the desk safe: who may reach it, from where, how often, and what an answer tells."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from deskserver import copied, serving, sources_config
from newsserver import wirewatch

from crawler.web.access import TRIES, Right, hash_password, new_token

PASSWORD = "a-password-for-tests"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def keys() -> tuple[str, str, str]:
    """A token that may read, one that may write, and the config that knows both and the password."""
    reads, read_line = new_token(Right.READ)
    writes, write_line = new_token(Right.WRITE)
    config = f'[serve]\npassword = "{hash_password(PASSWORD)}"\ntokens = ["{read_line}", "{write_line}"]\n'
    return reads, writes, config


@pytest.fixture(scope="module")
def locked(
    tmp_path_factory: pytest.TempPathFactory, desk: Any, keys: tuple[str, str, str]
) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("locked")
    database = copied(desk.folder / "wirewatch.db", folder)
    with (
        serving(folder, config=keys[2] + sources_config(database)) as url,
        httpx.Client(base_url=url) as client,
    ):
        yield client


@pytest.fixture
def client(desk: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.url) as one:
        yield one


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# --- who reaches it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_nothing_wider_than_loopback_is_served_without_a_password_or_token(tmp_path: Path, host: str) -> None:
    at = f"[{host}]:0" if ":" in host else f"{host}:0"
    done = wirewatch("serve", "--listen", at, cwd=tmp_path, timeout=30)
    assert done.returncode == 2
    assert "set a password" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "a b",
        "[",
        "localhost, evil.example",
    ],
)
def test_a_name_that_is_not_ours_is_refused(client: httpx.Client, host: str) -> None:
    for path in ("/", "/api/v1/articles", "/healthz", "/static/style.css"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code in (400, 421), (host, path)
        assert "harbour-courier" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:8080", "LOCALHOST"])
def test_our_own_names_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


# --- who asks ----------------------------------------------------------------------------------------------

PATHS = ["/", "/search?q=ferry", "/stories", "/changes", "/sources", "/watches", "/system", "/sources/add"]
PROGRAMS = [
    "/api/v1/articles", "/api/v1/openapi.json", "/api/v1/watches", "/feeds/search.rss", "/feeds/sources.opml", "/metrics",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_is_led_to_the_login(locked: httpx.Client, path: str) -> None:
    answer = locked.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=")
    assert "harbour-courier" not in answer.text


@pytest.mark.parametrize("path", PROGRAMS)
def test_a_program_without_a_token_is_refused(
    locked: httpx.Client, keys: tuple[str, str, str], path: str
) -> None:
    for headers in ({}, bearer("guessed"), bearer("wwt_"), {"Authorization": "Basic !!!"}):
        assert locked.get(path, headers=headers).status_code == 401
    assert locked.get(path, headers=bearer(keys[0])).status_code == 200


def test_health_and_the_login_page_are_open_and_tell_nothing(locked: httpx.Client) -> None:
    assert locked.get("/healthz").status_code == 200
    for path in ("/healthz", "/login", "/nowhere"):
        assert "harbour-courier" not in locked.get(path).text


def test_a_token_that_reads_changes_nothing_and_one_that_writes_does(
    locked: httpx.Client, keys: tuple[str, str, str]
) -> None:
    reads, writes, _ = keys
    at, body = "/api/v1/watches/ferries", {"query": "ferry"}
    for send in (lambda h: locked.put(at, json=body, headers=h), lambda h: locked.delete(at, headers=h)):
        assert send({}).status_code == 401
        assert send(bearer(reads)).status_code == 403
    assert locked.get(at, headers=bearer(reads)).status_code == 404
    assert locked.put(at, json=body, headers=bearer(writes)).status_code == 201
    assert locked.get(at, headers=bearer(reads)).json()["query"] == "ferry"
    assert locked.delete(at, headers=bearer(writes)).status_code == 204
    for path in ("/sources/al-mina/pause", "/watches/new", "/sources/add"):
        assert locked.post(path, data={"url": "x"}, headers=bearer(reads)).status_code == 403


def test_a_session_of_a_reading_token_changes_nothing(
    locked: httpx.Client, keys: tuple[str, str, str]
) -> None:
    with httpx.Client(base_url=locked.base_url) as browser:
        assert log_in(browser, keys[0]).status_code == 303
        page = browser.get("/sources/al-mina")
        assert page.status_code == 200
        assert "Pause" not in page.text
        token = form_token(browser.get("/").text)
        assert browser.post("/sources/al-mina/pause", data={"form_token": token}).status_code == 403


# --- login -------------------------------------------------------------------------------------------------


def form_token(html: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def log_in(client: httpx.Client, password: str, **more: str) -> httpx.Response:
    token = form_token(client.get("/login").text)
    return client.post("/login", data={"form_token": token, "password": password, **more})


def test_the_session_cookie_is_for_the_desk_alone(locked: httpx.Client) -> None:
    with httpx.Client(base_url=locked.base_url) as browser:
        answer = log_in(browser, PASSWORD)
        assert answer.status_code == 303
        flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)
        assert browser.get("/").status_code == 200
        browser.cookies.set("wirewatch_session", browser.cookies["wirewatch_session"][:-2] + "xx")
    stolen = locked.get("/", headers={"Cookie": "wirewatch_session=WyJhIiwyXQ.x.y"})
    assert stolen.status_code == 303


def test_a_new_session_begins_at_the_login(locked: httpx.Client) -> None:
    """A session that a stranger has planted is worth nothing after the login."""
    with httpx.Client(base_url=locked.base_url) as browser:
        browser.get("/login")
        planted = browser.cookies["wirewatch_session"]
        log_in(browser, PASSWORD)
        assert browser.cookies["wirewatch_session"] != planted
        assert locked.get("/", headers={"Cookie": f"wirewatch_session={planted}"}).status_code == 303


@pytest.mark.parametrize(
    "onward",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y"],
)
def test_the_login_leads_to_no_other_site(locked: httpx.Client, onward: str) -> None:
    with httpx.Client(base_url=locked.base_url) as browser:
        answer = log_in(browser, PASSWORD, next=onward)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"


def test_who_guesses_must_wait(tmp_path: Path, keys: tuple[str, str, str]) -> None:
    with serving(tmp_path, config=keys[2]) as url, httpx.Client(base_url=url) as browser:
        statuses = [log_in(browser, f"guess {number}").status_code for number in range(TRIES + 2)]
        assert statuses == [403] * TRIES + [429, 429]
        # Not even the right one is looked at now, and how long is said.
        answer = log_in(browser, PASSWORD)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 300


def test_a_wrong_password_takes_as_long_whatever_it_is(tmp_path: Path, keys: tuple[str, str, str]) -> None:
    with serving(tmp_path, config=keys[2]) as url, httpx.Client(base_url=url) as browser:
        assert log_in(browser, "x" * 100_000).status_code == 403
        assert log_in(browser, "\x00").status_code == 403


# --- from where --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_sites_page_changes_nothing(desk: Any, headers: dict[str, str]) -> None:
    config = (desk.folder / "wirewatch.toml").read_text()
    with httpx.Client(base_url=desk.url) as browser:
        token = form_token(browser.get("/sources/talbote").text)
        sent = browser.post("/sources/talbote/pause", data={"form_token": token}, headers=headers)
        assert sent.status_code == 403
        assert browser.put("/api/v1/watches/x", json={"query": "x"}, headers=headers).status_code == 403
        assert browser.post("/login", data={"password": "x"}, headers=headers).status_code == 403
    assert (desk.folder / "wirewatch.toml").read_text() == config


def test_a_form_needs_the_token_of_its_own_session(desk: Any) -> None:
    with httpx.Client(base_url=desk.url) as one, httpx.Client(base_url=desk.url) as other:
        others = form_token(other.get("/sources/talbote").text)
        one.get("/sources/talbote")
        for data in ({}, {"form_token": ""}, {"form_token": others}):
            assert one.post("/sources/talbote/pause", data=data).status_code == 403


def test_no_other_origin_may_read_answers(client: httpx.Client) -> None:
    asked = {"Origin": "https://evil.example"}
    for path in ("/api/v1/articles", "/feeds/search.json", "/"):
        answer = client.get(path, headers=asked)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    preflight = client.options("/api/v1/watches/x", headers={**asked, "Access-Control-Request-Method": "PUT"})
    assert "access-control-allow-origin" not in preflight.headers


def test_control_an_origin_that_the_config_names_may(tmp_path: Path) -> None:
    with serving(tmp_path, config='[serve]\ncors = ["https://ours.example"]\n') as url:
        answer = httpx.get(f"{url}/api/v1/articles", headers={"Origin": "https://ours.example"})
        assert answer.headers["access-control-allow-origin"] == "https://ours.example"
        other = httpx.get(f"{url}/api/v1/articles", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


# --- what is answered --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?q=x",
        "/nowhere",
        "/api/v1/articles",
        "/api/v1/articles/zz",
        "/feeds/search.rss",
        "/static/desk.js",
        "/metrics",
        "/login",
    ],
)
def test_every_answer_carries_a_strict_policy(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert (
        policy["script-src"] == policy["style-src"] == policy["img-src"] == policy["form-action"] == "'self'"
    )
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert not re.search(r"unsafe|\*|data:|https?:", headers["content-security-policy"])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_our_own_pages_need_no_exception_from_it(client: httpx.Client) -> None:
    for path in PATHS:
        html = client.get(path).text
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:", html), path


def test_a_broken_store_shows_no_trace(tmp_path: Path, desk: Any) -> None:
    copied(desk.folder / "wirewatch.db", tmp_path)
    with serving(tmp_path) as url:
        assert httpx.get(f"{url}/search?q=ferry").status_code == 200
        with closing(sqlite3.connect(tmp_path / "wirewatch.db")) as connection:
            connection.execute("ALTER TABLE articles RENAME TO gone")
            connection.commit()
        for path in ("/", "/search?q=ferry", "/api/v1/articles", "/feeds/search.rss", "/sources/talbote"):
            answer = httpx.get(url + path)
            assert answer.status_code in (500, 503), path
            assert not re.search(r"Traceback|\.py|sqlite|SELECT|/tmp", answer.text), path
            assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/articles/..%2f..%2f",
        "/%00",
        "/sources/%ff",
    ],
)
def test_no_path_leads_out(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 405, 422)
    assert "import " not in answer.text


def test_too_much_is_refused_soon(client: httpx.Client) -> None:
    assert client.get("/search", params={"q": "x " * 3000}).status_code == 422
    began = time.monotonic()
    token = form_token(client.get("/sources/talbote").text)
    sent = client.post("/sources/add", data={"form_token": token, "url": "x" * 600_000})
    assert sent.status_code in (400, 413)
    assert time.monotonic() - began < 10
