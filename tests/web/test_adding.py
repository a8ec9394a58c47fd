"""Adding a site at the desk: looked at by a real probe, shown, and written into the config on a click."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from deskserver import serving
from newsserver import local_news

CONFIG = '# ours\n[network]\nallow = ["127.0.0.0/8"]\n[defaults]\ndelay = 0.0\n'


class Reader:
    """A browser without scripts: keeps cookies, follows redirects, sends forms with their token."""

    def __init__(self, base: str) -> None:
        self._base = base
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar).open
        self.at = ""
        self.page = ""

    def go(self, path: str, form: dict[str, str] | None = None) -> str:
        data = None
        if form is not None:
            token = re.search(r'name="form_token" value="(\w+)"', self.page)
            assert token is not None
            data = urllib.parse.urlencode({**form, "form_token": token[1]}).encode()
        with self._open(urllib.parse.urljoin(self._base + self.at, path), data, 30) as answer:
            self.at = urllib.parse.urlsplit(answer.url).path
            self.page = answer.read().decode()
        return self.page


def test_a_site_is_looked_at_shown_and_written(tmp_path: Path) -> None:
    with local_news(6) as site, serving(tmp_path, config=CONFIG) as base:
        reader = Reader(base)
        reader.go("/sources/add")
        reader.go("/sources/add", {"url": f"{site.url}/"})
        deadline = time.monotonic() + 60
        while "Looking at" in reader.page and time.monotonic() < deadline:
            time.sleep(0.5)  # as the page itself does: nobody but it can be asked
            reader.go(reader.at)
        assert "Report 5" in reader.page
        assert f"{site.url}/feed/" in reader.page
        assert "[[sources]]" not in (tmp_path / "wirewatch.toml").read_text()
        reader.go(reader.at, {"name": "local", "tags": "a, b"})
        written = (tmp_path / "wirewatch.toml").read_text()
        assert written.startswith(CONFIG)
        assert 'name = "local"' in written
        assert 'tags = ["a", "b"]' in written


def test_what_is_no_address_is_said_and_a_form_of_another_page_refused(tmp_path: Path) -> None:
    with serving(tmp_path, config=CONFIG) as base:
        reader = Reader(base)
        reader.go("/sources/add")
        with pytest.raises(urllib.error.HTTPError, match="422") as refused:
            reader.go("/sources/add", {"url": "javascript:alert(1)"})
        assert "not an http" in refused.value.read().decode().lower()
        reader.page = 'name="form_token" value="0000"'
        with pytest.raises(urllib.error.HTTPError, match="403"):
            reader.go("/sources/add", {"url": "https://news.example/"})
