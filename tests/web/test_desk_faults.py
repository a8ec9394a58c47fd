"""The desk when its store or config is no good: one line that says so, in the asker's form, and no trace."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from pathlib import Path

from deskserver import serving

PROXYLESS = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url: str) -> tuple[int, str]:
    try:
        with PROXYLESS.open(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_table_that_is_gone_is_said_and_the_desk_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as base:
        assert ask(f"{base}/stories")[0] == 200
        with sqlite3.connect(tmp_path / "wirewatch.db") as connection:
            connection.execute("ALTER TABLE articles RENAME TO elsewhere")
        connection.close()
        status, page = ask(f"{base}/stories")
        assert (status, "no such table" in page, "wirewatch db check" in page) == (503, True, True)
        status, answer = ask(f"{base}/api/v1/clusters")
        assert status == 503
        assert json.loads(answer)["status"] == 503
        assert "Traceback" not in page + answer
        with sqlite3.connect(tmp_path / "wirewatch.db") as connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO articles")
        connection.close()
        assert ask(f"{base}/stories")[0] == 200


def test_a_config_that_is_no_good_is_said_with_its_line_until_it_is_mended(tmp_path: Path) -> None:
    with serving(tmp_path) as base:
        config = tmp_path / "wirewatch.toml"
        config.write_text('[serve]\nlisten = "127.0.0.1:8080"\nimges = true\n')
        status, page = ask(f"{base}/watches")
        assert (status, "wirewatch.toml:3" in page, "images" in page) == (503, True, True)
        assert ask(f"{base}/")[0] == 200
        config.write_text("")
        assert ask(f"{base}/watches")[0] == 200
