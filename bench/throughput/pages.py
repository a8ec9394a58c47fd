"""The pages of the loopback web: saved real ones where a corpus is at hand, else those of the sample site."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench.extraction.corpus import read_corpus
from crawler.demo.content import read_outlets
from crawler.demo.pages import Site

SITES = 20
_NOW = datetime(2026, 11, 24, tzinfo=UTC)
_PARAGRAPH = re.compile(rb"(<p(?:\s[^>]*)?>|<title>)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page and where it is served: `site` is 0 to SITES - 1, `path` begins with a slash."""

    site: int
    path: str
    body: bytes


def served_pages(corpora: Sequence[Path], *, count: int, seed: int = 1) -> list[ServedPage]:
    """`count` pages dealt out to the sites; where there are fewer, they come again as other articles."""
    found = list(_saved(corpora) if corpora else _sample())
    random.Random(seed).shuffle(found)
    pages = []
    for number in range(count):
        path, body = found[number % len(found)]
        edition = number // len(found)
        if edition:
            path, body = f"/edition-{edition}{path}", _PARAGRAPH.sub(rb"\1Edition %d: " % edition, body)
        pages.append(ServedPage(number % SITES, path, body))
    return pages


def _saved(corpora: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in corpora:
        for page in read_corpus(folder):
            # As on its own site, with its number: the same path may stand on two sites.
            path = re.sub(r"[^\w/.-]+", "-", urlsplit(page.url).path).strip("/") or "story"
            yield f"/{path.removesuffix('.html')}-{page.id}.html", page.body()


def _sample() -> Iterator[tuple[str, bytes]]:
    for outlet in read_outlets(_NOW):
        site = Site(outlet, "http://127.0.0.1")
        pages = site.pages()
        for story in outlet.stories:
            path = site.address(story).removeprefix("http://127.0.0.1")
            yield f"/{outlet.key}{path}", pages[path].body
