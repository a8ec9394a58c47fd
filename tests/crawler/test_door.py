"""The one door to the network: what is behind an address is judged when it is connected to.

The spy of `door.look` stands at the connect call, and lets nothing but loopback through: not even a broken guard
would send anything to somebody else. Each test has a control with the guard taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from certificates import server_context
from door import Look, look
from newsserver import Answer, NewsServer, wirewatch

PUBLIC = "93.184.216.34"
ALLOW = '[network]\nallow = ["127.0.0.0/8"]\n'
# The same machine, as it can be written.
LOOPBACK = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001", "017700000001", "0177.0.0.1",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "inside.example",
)  # fmt: skip
INSIDE = (
    "[::1]", "[::]", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]", "[2002:7f00:1::]", "[::127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]",
)  # fmt: skip
NAMES = {"inside.example": ["127.0.0.1"], "outside.example": [PUBLIC]}


@pytest.fixture
def site() -> Iterator[NewsServer]:
    with NewsServer({"/": "<p>inside</p>"}) as server:
        yield server


def test_no_spelling_of_an_inner_address_is_connected_to(site: NewsServer) -> None:
    urls = [f"http://{host}:{site.port}/" for host in (*LOOPBACK, *INSIDE)]
    seen = look(*urls, names=NAMES)
    assert seen.connected == []
    assert not site.asked
    assert all(why.startswith("refused: ") and "no public address" in why for why in seen.said.values())


def test_control_without_the_guard_they_are(site: NewsServer) -> None:
    urls = [f"http://{host}:{site.port}/" for host in (*LOOPBACK, *INSIDE)]
    seen = look(*urls, names=NAMES, guarded=False)
    fetched = [url for url in urls if seen.said[url].startswith("fetched")]
    assert fetched == urls[: len(LOOPBACK)]
    assert len({host for host, _ in seen.connected}) > 15


def rebound(site: NewsServer, **options: Any) -> tuple[str, Look]:
    """DNS rebinding: a name that is public when it is looked up first and loopback the second time.

    On two ports, for a host that did not answer is left alone.
    """
    urls = ["http://rebind.example:8080/", f"http://rebind.example:{site.port}/"]
    ports = f"[network]\nports = [8080, {site.port}]\n"
    names = {"rebind.example": [PUBLIC, "127.0.0.1"]}
    robots = {"WIREWATCH_OBEY_ROBOTS": False}
    return urls[1], look(*urls, names=names, config=ports, settings=robots, **options)


def test_a_name_that_changes_its_address_is_judged_again(site: NewsServer) -> None:
    url, seen = rebound(site)
    assert seen.connected == [(PUBLIC, 8080)]
    assert not site.asked
    assert "127.0.0.1 is no public address" in seen.said[url]


def test_control_without_the_guard_the_second_look_up_leads_inside(site: NewsServer) -> None:
    url, seen = rebound(site, guarded=False)
    assert seen.connected == [(PUBLIC, 8080), ("127.0.0.1", site.port)]
    assert seen.said[url].startswith("fetched")


def test_redirects_are_judged_like_any_other_address(site: NewsServer) -> None:
    places = [f"http://{host}:{site.port}/" for host in INSIDE] + [
        "http://169.254.169.254/latest/meta-data/", "http://inside.example/", "//10.0.0.1/", "http://[::1]/",
    ]  # fmt: skip
    for number, place in enumerate(places):
        site.pages[f"/{number}"] = Answer(status=302, headers={"Location": place})
    urls = [f"{site.url}/{number}" for number in range(len(places))]
    seen = look(*urls, names={"inside.example": ["10.1.2.3"]}, config=ALLOW)
    assert {host for host, _ in seen.connected} == {"127.0.0.1"}
    assert all("no public address" in why for why in seen.said.values()), seen.said
    without = look(*urls, names={"inside.example": ["10.1.2.3"]}, config=ALLOW, guarded=False)
    assert {"169.254.169.254", "10.1.2.3", "10.0.0.1"} <= {host for host, _ in without.connected}


def test_robots_txt_may_not_lead_inside_either(site: NewsServer) -> None:
    site.pages["/robots.txt"] = Answer(status=301, headers={"Location": "http://10.9.8.7/robots.txt"})
    seen = look(f"{site.url}/", config=ALLOW)
    assert {host for host, _ in seen.connected} == {"127.0.0.1"}
    assert [asked.path for asked in site.asked] == ["/robots.txt"]
    without = look(f"{site.url}/", config=ALLOW, guarded=False)
    assert ("10.9.8.7", 80) in without.connected


@pytest.mark.parametrize("scheme", ["file", "ftp", "data", "javascript", "s3", "gopher"])
def test_only_http_and_https_are_followed(site: NewsServer, scheme: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("what only this machine should know")
    there = {"file": secret.as_uri(), "data": "data:text/html,hello", "javascript": "javascript:alert(1)"}
    place = there.get(scheme, f"{scheme}://127.0.0.1:{site.port}/")
    site.pages["/"] = Answer(status=302, headers={"Location": place})
    seen = look(place, f"{site.url}/", config=ALLOW)
    assert not seen.said[f"{site.url}/"].startswith("fetched")
    assert not seen.said[place].startswith("fetched")
    assert {asked.path for asked in site.asked} == {"/", "/robots.txt"}


def test_control_scrapy_reads_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("what only this machine should know")
    handlers = {"file": "scrapy.core.downloader.handlers.file.FileDownloadHandler"}
    settings = {"DOWNLOAD_HANDLERS": handlers, "WIREWATCH_OBEY_ROBOTS": False}
    seen = look(secret.as_uri(), guarded=False, settings=settings)
    assert seen.said[secret.as_uri()].startswith("fetched 34 bytes")
    assert "not an http(s) address" in look(secret.as_uri(), settings=settings).said[secret.as_uri()]


def test_ports_are_those_of_the_setting(site: NewsServer) -> None:
    usual, other = "http://outside.example:8443/", "http://outside.example:6379/"
    seen = look(usual, other, names=NAMES)
    assert set(seen.connected) == {(PUBLIC, 8443)}
    assert seen.said[other] == "refused: port 6379 is none of [network] ports"
    seen = look(usual, other, names=NAMES, config="[network]\nports = [6379]\n")
    assert set(seen.connected) == {(PUBLIC, 6379)}
    # What is allowed by name is open on every port.
    assert look(f"{site.url}/", config=ALLOW).said[f"{site.url}/"].startswith("fetched")


def test_a_proxy_of_the_environment_is_not_used(site: NewsServer) -> None:
    url = "http://outside.example/"
    seen = look(url, names=NAMES, http_proxy=site.url, HTTP_PROXY=site.url)
    assert not site.asked
    assert set(seen.connected) == {(PUBLIC, 80)}
    through = {"HTTPPROXY_ENABLED": True, "WIREWATCH_OBEY_ROBOTS": False}
    without = look(url, names=NAMES, guarded=False, settings=through, http_proxy=site.url)
    assert "http://outside.example/" in [asked.path for asked in site.asked], without.output[-2000:]


def test_loopback_is_open_only_when_it_is_named(site: NewsServer, tmp_path: Path) -> None:
    """Typing an address opens nothing; the option does, and one that is no range is said to be none."""
    url = f"{site.url}/"
    (tmp_path / "wirewatch.toml").write_text("[defaults]\ndelay = 0.0\n")
    typed = wirewatch("crawl", url, cwd=tmp_path, WIREWATCH_ALLOW_NETWORK="")
    assert f"{url}: refused: 127.0.0.1 is no public address (--allow-network opens it)" in typed.stderr
    assert "left alone" not in typed.stderr
    assert not site.asked
    wrong = wirewatch("--allow-network", "localhost", "crawl", url, cwd=tmp_path, WIREWATCH_ALLOW_NETWORK="")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    wirewatch("--allow-network", "127.0.0.1", "crawl", url, cwd=tmp_path, WIREWATCH_ALLOW_NETWORK="")
    assert site.count("/") >= 1


# --- whom we trust, and what we tell whom -------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["unknown issuer", "expired", "another name"])
def test_certificates_are_verified(tmp_path: Path, fault: str) -> None:
    days = -0.5 if fault == "expired" else 30
    context = server_context(tmp_path, ends_at=datetime.now(UTC) + timedelta(days=days))
    with NewsServer({"/": "<p>hello</p>"}, tls=context) as site:
        url = f"{site.url}/" if fault != "another name" else f"https://other.example:{site.port}/"
        trust = {} if fault == "unknown issuer" else {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
        names = {"other.example": ["127.0.0.1"]}
        assert not look(url, names=names, config=ALLOW, **trust).said[url].startswith("fetched")
        assert not site.asked
        careless = look(url, names=names, config=ALLOW + "verify = false\n", **trust)
        assert careless.said[url].startswith("fetched")


def test_a_good_certificate_is_believed(tmp_path: Path) -> None:
    context = server_context(tmp_path, ends_at=datetime.now(UTC) + timedelta(days=30))
    with NewsServer({"/": "<p>hello</p>"}, tls=context) as site:
        seen = look(f"{site.url}/", config=ALLOW, SSL_CERT_FILE=str(tmp_path / "ca.pem"))
        assert seen.said[f"{site.url}/"].startswith("fetched")


def test_neither_cookies_nor_credentials_reach_another_host(site: NewsServer) -> None:
    with NewsServer({"/": "<p>elsewhere</p>"}) as other:
        there = f"http://elsewhere.example:{other.port}/"
        headers = {"Location": there, "Set-Cookie": "session=secret; Path=/"}
        site.pages["/"] = Answer(status=302, headers=headers)
        names = {"elsewhere.example": ["127.0.0.1"]}
        ours = {"Authorization": "Bearer hush", "Cookie": "own=hush"}
        robots = {"WIREWATCH_OBEY_ROBOTS": False}
        seen = look(f"{site.url}/", f"{site.url}/", names=names, config=ALLOW, headers=ours, settings=robots)
        assert seen.said[f"{site.url}/"].startswith("fetched"), seen.said
        assert len(other.asked) == 2
        # Scrapy sets default headers for every host: what must not travel is what the redirect carries.
        assert not any("session" in (asked.cookie or "") for asked in (*site.asked, *other.asked))
        kept = look(f"{site.url}/", f"{site.url}/", names=names, config=ALLOW,
                    settings=robots | {"COOKIES_ENABLED": True})  # fmt: skip
        assert kept.said[f"{site.url}/"].startswith("fetched")
        assert any("session" in (asked.cookie or "") for asked in site.asked)
