"""Challenge pages: answers that ask for a browser or a person instead of showing what was asked for. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from importlib.resources import files

from pipelines.items import Page

# Such pages are small; an ordinary one that names the guard's script in passing is mostly larger.
_LARGEST = 64 * 1024
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.I | re.S)


def challenger(page: Page) -> str | None:
    """Who asks: "Cloudflare", "DataDome", "a captcha", ...; None for any other answer."""
    for who, what in _rules()["header"]:
        name, _, value = what.partition(": ")
        if value in page.headers.get(name, "").lower():
            return who
    if len(page.body) > _LARGEST or "html" not in page.headers.get("content-type", "html").lower():
        return None
    text = page.body.decode("utf-8", "replace").lower()
    found = _TITLE.search(text)
    title = " ".join(found[1].split()) if found else ""
    for who, what in _rules()["title"]:
        if title == what:
            return who
    return next((who for who, what in _rules()["body"] if what in text), None)


@lru_cache(maxsize=1)
def _rules() -> dict[str, list[tuple[str, str]]]:
    """where -> (who, what in lower case), from the data file."""
    rules: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in (files("pipelines") / "challenges.tsv").read_text(encoding="utf-8").splitlines():
        if row and not row.startswith("#"):
            who, where, what = row.split("\t")
            rules[where].append((who, what.lower()))
    return rules
