"""The article in a page's scripts: what single-page applications embed to draw the page from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml.html import HtmlElement

from pipelines.parsing import parse_html

# Where frameworks keep it: a script of JSON, or one that assigns an object to a variable.
_ASSIGNED = re.compile(r"^\s*(?:window|self|globalThis)?\.?\s*[\w.$\[\]\"']+\s*=\s*(?=[\[{])")
_BODY = re.compile(
    r"^(?:article_?)?(?:body|content|text|html|story|main)(?:_?(?:html|text|body))?$", re.IGNORECASE
)
_TAG = re.compile(r"<[a-zA-Z/][^>]*>")
# Shorter scripts hold no article; longer texts are data.
MIN_SCRIPT = 500
MAX_TEXT = 200_000
_MAX_DEPTH = 40


def scripts_in(tree: HtmlElement) -> list[str]:
    """The texts of the scripts that are long enough to hold an article, JSON-LD left out."""
    return [
        script.text
        for script in tree.iter("script")
        if script.text and len(script.text) >= MIN_SCRIPT and "ld+json" not in (script.get("type") or "")
    ]


def article_in(scripts: Sequence[str]) -> list[str]:
    """The paragraphs of the longest text under a key that names an article's body; [] when there is none."""
    best: list[str] = []
    for script in scripts:
        for text in _bodies(_state(script), 0):
            lines = _lines(text)
            if sum(map(len, lines)) > sum(map(len, best)):
                best = lines
    return best


def _state(script: str) -> Any:
    start = _ASSIGNED.match(script)
    text = script[start.end() :] if start else script.lstrip()
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _bodies(value: Any, depth: int) -> Iterator[str]:
    """Every text under such a key; a list of texts under one counts as one text."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for one in value:
            yield from _bodies(one, depth + 1)
    elif isinstance(value, dict):
        for key, one in value.items():
            if _BODY.match(str(key)):
                yield from _texts(one)
            yield from _bodies(one, depth + 1)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        parts = [
            one if isinstance(one, str) else one.get("text") for one in value if isinstance(one, str | dict)
        ]
        value = "\n".join(part for part in parts if isinstance(part, str))
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        yield value


def _lines(text: str) -> list[str]:
    if _TAG.search(text):
        tree = parse_html(f"<div>{text}</div>")
        paragraphs = [] if tree is None else [one.text_content() for one in tree.iter("p", "h2", "h3", "li")]
        text = "\n".join(" ".join(one.split()) for one in paragraphs)
    return [line for part in text.splitlines() if (line := " ".join(part.split()))]
