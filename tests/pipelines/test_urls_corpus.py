"""No two articles of the saved corpora fall together, however their addresses are decorated."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.identity import content_hash
from pipelines.items import Page
from pipelines.metadata import read_metadata
from pipelines.parsing import parse_page
from pipelines.urls import article_key, canonical

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
SETS = ("outlets", "publishers", "segments")
NOW = datetime(2026, 11, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the saved pages (../shared/corpus) are not there"
)


@cache
def pages() -> list[dict[str, Any]]:
    """The saved pages that have an address, each with its `file`; two of them were saved twice at most."""
    found = []
    for name in SETS:
        for line in (CORPUS / name / "index.jsonl").read_text(encoding="utf-8").splitlines():
            page = json.loads(line)
            if canonical(page["url"]) is not None:
                found.append({**page, "file": CORPUS / name / page["html"]})
    assert len(found) > 1000
    return found


def joined(of: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], Hashable]) -> list[set[str]]:
    """The addresses that one key stands for, where they are several."""
    groups = defaultdict(set)
    for page in of:
        groups[key(page)].add(page["url"])
    return [urls for urls in groups.values() if len(urls) > 1]


def declared_key(page: dict[str, Any]) -> str:
    body = gzip.decompress(page["file"].read_bytes())
    saved = Page(url=page["url"], final_url=page["url"], status=200, headers={}, body=body, fetched_at=NOW)
    tree = parse_page(saved)
    declared = None if tree is None else read_metadata(tree, url=page["url"], now=NOW).canonical_url
    return article_key(page["url"], declared)


def test_the_canonical_form_joins_no_two() -> None:
    assert joined(pages(), lambda page: canonical(page["url"])) == []


def test_the_words_join_no_two() -> None:
    known = [page for page in pages() if page.get("text")]
    assert joined(known, lambda page: content_hash(page["title"] or "", page["text"])) == []


@pytest.mark.slow
def test_what_pages_declare_joins_no_two() -> None:
    assert joined(pages(), declared_key) == []


def marks() -> st.SearchStrategy[str]:
    """Parameters that say where a reader came from or who they are."""
    text = (files("pipelines") / "tracking-parameters.txt").read_text(encoding="utf-8")
    names = [line for line in text.splitlines() if line and not line.startswith("#")]
    name = st.sampled_from(names).map(lambda name: name.replace("*", "x"))
    spelled = name | name.map(str.upper) | name.map(lambda name: f"%{ord(name[0]):02x}{name[1:]}")
    value = st.sampled_from(["", "=", "=1", "=rss", "=%C3%BC+%26"]) | st.text(max_size=5).map(
        lambda text: f"={quote(text)}"
    )
    session = st.sampled_from(
        ["sid=0123456789abcdef", "SESSION=0123456789ABCDEF0123", "s=%30123456789abcdef"]
    )
    return st.builds("{}{}".format, spelled, value) | session


@cache
def addresses() -> list[str]:
    return sorted({str(canonical(page["url"])) for page in pages()})


@settings(max_examples=300)
@given(st.data())
def test_decorations_never_count(data: st.DataObject) -> None:
    own = data.draw(st.sampled_from(addresses()))
    path, _, query = own.partition("?")
    pairs = query.split("&") if query else []
    script = path.endswith((".php", ".asp", ".aspx", ".jsp", ".do", ".pl", ".cgi", ".cfm"))
    for mark in data.draw(st.lists(marks(), min_size=1, max_size=4)):
        if not script or unquote(mark.partition("=")[0]).lower() not in ("ref", "mod", "cmp", "partner"):
            pairs.insert(data.draw(st.integers(0, len(pairs))), mark)
    scheme, _, rest = path.partition("://")
    host, slash, tail = rest.partition("/")
    session = data.draw(st.sampled_from(["", ";jsessionid=0123ABC!node1", ";PHPSESSID=x"]))
    fragment = data.draw(st.sampled_from(["", "#", "#comments", "#a?b=c"]))
    assert (
        canonical(f"{scheme.upper()}://{host.upper()}{slash}{tail}{session}?{'&'.join(pairs)}{fragment}")
        == own
    )
