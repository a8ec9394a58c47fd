"""Lists of articles for programs: read in processes of their own, which may die and end with the desk."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from deskserver import running
from keeping import NOW, kept

from crawler.config import read_config
from crawler.web.app import create_app
from crawler.web.lists import page_of
from pipelines.errors import StoreError, WorkerTimeoutError
from pipelines.items import LIST_FIELDS, article_record
from pipelines.store import Store

PROXYLESS = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/wirewatch.db") as opened:
        for number in range(7):
            at = NOW - timedelta(hours=7 - number, microseconds=number)
            kept(
                opened, f"Bridge number {number}", at=at, published_at=at, authors=("Ann Lind", "ß"), tags=()
            )
        yield opened


@pytest.mark.parametrize("query", ["", "council", "title:bridge", "qqq"])
@pytest.mark.parametrize("order", ["newest", "relevance"])
def test_records_say_what_the_articles_say(store: Store, query: str, order: str) -> None:
    hits = store.search(query, order=order, limit=5)  # type: ignore[arg-type]
    found = store.desk.found(query, order=order, limit=5)  # type: ignore[arg-type]
    assert len(found) == (0 if query == "qqq" else 5)
    for hit, one in zip(hits, found, strict=True):
        assert {**one.record, **{name: list(one.record[name]) for name in LIST_FIELDS}} == article_record(
            hit.article
        )
        for name in ("title", "snippet", "score", "place", "copies"):
            assert getattr(hit, name) == getattr(one, name)


def test_pages_follow_each_other_to_the_end(store: Store) -> None:
    asked = {"query": "", "order": "newest"}
    seen: list[str] = []
    before: int | None = None
    while True:
        hits, before = page_of(store.search, {**asked, "before": before}, limit=3)
        seen += [hit.article.title for hit in hits]
        if before is None:
            break
    assert seen == [f"Bridge number {number}" for number in reversed(range(7))]
    assert page_of(store.search, {"query": "bridge", "order": "relevance"}, limit=3)[1] is None


def test_a_time_that_is_none_is_an_error_of_the_store(store: Store, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "wirewatch.db") as connection:
        connection.execute("UPDATE articles SET first_seen_at = 'long ago'")
    connection.close()
    with pytest.raises(StoreError, match="long ago"):
        store.desk.found("", order="newest", limit=5)


async def test_a_list_that_nobody_lives_to_read_is_said(store: Store) -> None:
    class Slow:
        async def listed(self, *args: object, **kwargs: object) -> bytes:
            raise WorkerTimeoutError("reading took longer than 20 s")

        def close(self) -> None: ...

    config = read_config("", name="wirewatch.toml", env={})
    app = create_app(store=store, config=lambda: config)
    app.state.desk.readers.close()
    app.state.desk = replace(app.state.desk, readers=Slow())
    asgi = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=asgi, base_url="http://127.0.0.1") as client:
        answer = await client.get("/api/v1/articles")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert answer.json()["detail"] == "the list cannot be read: reading took longer than 20 s"


def test_readers_that_are_killed_are_replaced_and_end_with_the_desk(store: Store, tmp_path: Path) -> None:
    with running(tmp_path) as (process, base):
        expected = [f"Bridge number {number}" for number in reversed(range(7))]
        readers: list[int] = []
        # What they are forked from, what keeps account of it, and one of them.
        while len(readers) < 3:
            assert titles(base) == expected
            readers = descendants(process.pid)
        for pid in readers:
            os.kill(pid, signal.SIGKILL)
        left: set[int] = set()
        while not left:
            assert titles(base) == expected
            left = set(descendants(process.pid)) - set(readers)
        process.kill()
        process.wait(20)
        until = time.monotonic() + 20
        while any(is_alive(pid) for pid in left):
            assert time.monotonic() < until, "a reader outlives the desk"


def titles(base: str) -> list[str]:
    with PROXYLESS.open(f"{base}/api/v1/articles", timeout=60) as answer:
        return [item["title"] for item in json.loads(answer.read())["items"]]


def descendants(pid: int) -> list[int]:
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [int(child) for child in " ".join(lists).split()]
    return [*children, *(one for child in children for one in descendants(child))]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
