"""JSON-LD of a page, as broken as it comes -> plain nodes, and the one that is the article."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Node = Mapping[str, Any]

# schema.org's Article and what is under it, as far as publishers use it.
ARTICLE_TYPES = frozenset(
    "Article NewsArticle AnalysisNewsArticle AskPublicNewsArticle BackgroundNewsArticle OpinionNewsArticle "
    "ReportageNewsArticle ReviewNewsArticle AdvertiserContentArticle SatiricalArticle BlogPosting "
    "LiveBlogPosting SocialMediaPosting TechArticle ScholarlyArticle MedicalScholarlyArticle Report "
    "DiscussionForumPosting Recipe Review CriticReview".split()
)
_NEWS_TYPES = frozenset(name for name in ARTICLE_TYPES if name.endswith("NewsArticle")) | {
    "LiveBlogPosting",
    "BlogPosting",
}
# Larger scripts are data of an application, not a description of the page.
_MAX_SCRIPT = 2_000_000
_MAX_NODES = 500
# Lists of other pages stand under these; what is in them is not about this page.
_NESTED = ("@graph", "mainEntity", "mainEntityOfPage")

_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|"
    r"(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)
_TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.S)
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_SCALAR = re.compile(
    r'"(@type|headline|datePublished|dateModified|articleSection|isAccessibleForFree|inLanguage)"\s*:\s*'
    r'(?:"((?:\\.|[^"\\\n])*)"|(true|false))'
)


def nodes_in(scripts: Iterable[str]) -> tuple[Node, ...]:
    """Every node of these scripts, in order, those of graphs and main entities included."""
    found: list[Node] = []
    for script in scripts:
        if len(script) <= _MAX_SCRIPT:
            for value in _values(script):
                found.extend(_flatten(value))
        if len(found) > _MAX_NODES:
            break
    return tuple(found[:_MAX_NODES])


def _values(script: str) -> list[Any]:
    text = script.strip()
    for repair in (_as_is, _unwrapped, _repaired):
        try:
            text = repair(text)
            return list(_concatenated(text))
        except (ValueError, RecursionError):
            continue
    salvaged = _salvaged(text)
    return [salvaged] if salvaged else []


def _as_is(text: str) -> str:
    return text


def _unwrapped(text: str) -> str:
    previous = None
    while previous != text:
        previous, text = text, _WRAPPING.sub("", text).strip()
    return html.unescape(text) if "&quot;" in text and '"' not in text[:20] else text


def _repaired(text: str) -> str:
    kept = _TOKENS.sub(lambda match: match[0] if match[0].startswith('"') else "", text)
    return _BAD_ESCAPE.sub(r"\\\\", kept).rstrip("; \n\t")


def _concatenated(text: str) -> Iterator[Any]:
    """One value, or several one after the other; control characters in strings are let through."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        yield value
        while position < len(text) and text[position] in " \t\r\n,;":
            position += 1


def _salvaged(text: str) -> dict[str, Any]:
    """The plain fields of a script that is no JSON at all, where it is about one article."""
    fields: dict[str, Any] = {}
    for name, string, boolean in _SCALAR.findall(text):
        if name == "@type" and string not in ARTICLE_TYPES:
            continue
        fields.setdefault(name, string or boolean)
    return fields if "@type" in fields else {}


def _flatten(value: Any, depth: int = 0) -> Iterator[Node]:
    if depth > 6:
        return
    if isinstance(value, list):
        for item in value:
            yield from _flatten(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in _NESTED:
            if isinstance(value.get(key), (dict, list)):
                yield from _flatten(value[key], depth + 1)


def types_of(node: Node) -> tuple[str, ...]:
    """The node's types without their namespace."""
    kind = node.get("@type") or node.get("type")
    names = kind if isinstance(kind, list) else [kind]
    return tuple(re.split(r"[/#:]", name)[-1] for name in names if isinstance(name, str) and name)


def article_node(nodes: Iterable[Node], *, url: str, titles: Iterable[str] = ()) -> Node | None:
    """The node that describes the article on this page, or None.

    Among several, the one that names this page's address, or has the page's title, then the one that
    says most.
    """
    candidates = [node for node in nodes if not ARTICLE_TYPES.isdisjoint(types_of(node))]
    wanted = {fold(title) for title in titles if title}
    path = urlsplit(url).path.rstrip("/")

    def rank(node: Node) -> tuple[bool, bool, bool, bool]:
        return (
            bool(path) and any(urlsplit(address).path.rstrip("/") == path for address in _addresses(node)),
            fold(text_of(node.get("headline") or node.get("name"))) in wanted,
            not _NEWS_TYPES.isdisjoint(types_of(node)),
            bool(node.get("datePublished")),
        )

    return max(candidates, key=rank, default=None)


def _addresses(node: Node) -> Iterator[str]:
    for value in (node.get("url"), node.get("@id"), node.get("mainEntityOfPage")):
        address = value.get("@id") or value.get("url") if isinstance(value, dict) else value
        if isinstance(address, str) and "//" in address:
            try:
                urlsplit(address)
            except ValueError:
                continue
            yield address


_TAG = re.compile(r"<[^>]*>")


def text_of(value: Any) -> str:
    """A value as plain text: entities and tags resolved, white space folded; "" for what is no text."""
    if isinstance(value, (list, tuple)):
        value = next((item for item in value if isinstance(item, (str, dict))), "")
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name") or ""
    if not isinstance(value, str):
        return ""
    if "&" in value:
        value = html.unescape(html.unescape(value))
    if "<" in value:
        value = _TAG.sub(" ", value)
    return " ".join(value.split())


def fold(text: str | None) -> str:
    """A title for comparison: the letters and digits alone, in one case."""
    return "".join(character for character in (text or "").casefold() if character.isalnum())
