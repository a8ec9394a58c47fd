"""`wirewatch serve` and `run --serve`, as a person starts them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from newsserver import clean_environment, local_news, wirewatch

CONFIG = """
[network]
allow = ["127.0.0.0/8"]
[defaults]
delay = 0.0
min_interval = "1s"
max_interval = "2s"
[crawl]
tick = 0.1
[[sources]]
name = "local"
url = "{url}/"
feeds = ["{url}/feed/"]
"""
PROXYLESS = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(url: str) -> str:
    with PROXYLESS.open(url, timeout=20) as answer:
        return answer.read().decode()


@contextmanager
def started(*arguments: str, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and where it says that the desk is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler", *arguments],
        cwd=cwd, env=clean_environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        for line in process.stderr:
            found = re.search(r"the desk is at (http://\S+/)", line)
            if found:
                yield process, found[1]
                break
        else:
            pytest.fail("it never said where the desk is")
    finally:
        process.kill()
        process.stderr.close()
        process.wait()


def test_a_store_that_is_not_there_yet_is_made_and_shown_empty(tmp_path: Path) -> None:
    with started("serve", "--listen", "127.0.0.1:0", cwd=tmp_path) as (process, url):
        assert "Nothing stored yet" in fetch(url)
        assert fetch(f"{url}healthz") == '{"status":"ok"}'
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, -signal.SIGTERM)


def test_the_desk_beside_the_service_shows_what_it_stores_and_ends_with_it(tmp_path: Path) -> None:
    with local_news(4) as site:
        (tmp_path / "wirewatch.toml").write_text(CONFIG.format(url=site.url))
        with started("run", "--serve", "127.0.0.1:0", cwd=tmp_path) as (process, url):
            assert process.stderr is not None
            assert any("stored" in line for line in process.stderr)
            assert '"source":"local"' in fetch(f"{url}api/v1/sources").replace('"name"', '"source"')
            desk = children(process.pid, "serve")
            assert len(desk) == 1
            # It is started again when it dies: the socket is the service's, so nobody is turned away.
            os.kill(desk[0], signal.SIGKILL)
            assert "ok" in fetch(f"{url}healthz")
            assert children(process.pid, "serve") not in ([], desk)
            process.kill()
            process.wait()
            with pytest.raises(OSError):  # noqa: PT012 - until the pipe has told it
                for _ in range(1000):
                    fetch(f"{url}healthz")


def children(parent: int, word: str) -> list[int]:
    """The child processes that were started with this word."""
    lists = Path(f"/proc/{parent}/task").glob("*/children")
    listed = " ".join(one.read_text() for one in lists).split()
    return [
        int(child)
        for child in listed
        if word.encode() in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
    ]


def test_what_is_not_safe_or_not_free_is_refused_in_one_line(tmp_path: Path) -> None:
    open_to_all = wirewatch("serve", "--listen", "0.0.0.0:0", cwd=tmp_path)
    assert open_to_all.returncode == 2
    assert "set a password first" in open_to_all.stderr
    assert len(open_to_all.stderr.splitlines()) == 1
    with started("serve", "--listen", "127.0.0.1:0", cwd=tmp_path) as (_, url):
        taken = wirewatch("serve", "--listen", url.split("/")[2], cwd=tmp_path)
        assert taken.returncode == 2
        assert "cannot listen" in taken.stderr


def test_a_new_token_opens_the_desk_that_asks_for_one(tmp_path: Path) -> None:
    made = wirewatch("serve", "--new-token", cwd=tmp_path)
    assert made.returncode == 0
    token = made.stderr.split()[-1]
    assert token not in made.stdout
    (tmp_path / "wirewatch.toml").write_text(made.stdout)
    with started("serve", "--listen", "127.0.0.1:0", cwd=tmp_path) as (_, url):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            fetch(f"{url}api/v1/sources")
        request = urllib.request.Request(f"{url}api/v1/sources", headers={"Authorization": f"Bearer {token}"})
        with PROXYLESS.open(request, timeout=20) as answer:
            assert answer.status == 200
