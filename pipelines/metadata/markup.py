"""The page's own machine-readable parts: meta elements, link relations, JSON-LD scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml.html import HtmlElement

# name -> contents, in document order; names in lower case.
Metas = Mapping[str, Sequence[str]]

_NAMES = ("property", "name", "itemprop", "http-equiv")


def metas_of(tree: HtmlElement) -> Metas:
    """Every meta element by its property, name, itemprop or http-equiv."""
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        content = squeezed(meta.get("content"))
        for name in {(meta.get(attribute) or "").strip().lower() for attribute in _NAMES}:
            if name and content:
                found.setdefault(_usual(name), []).append(content)
    return found


def _usual(name: str) -> str:
    """article:published:time, as some content systems write it, is article:published_time."""
    head, colon, rest = name.partition(":")
    return f"{head}:{rest.replace(':', '_')}" if colon and name.startswith("article:") else name


def first(metas: Metas, *names: str) -> str | None:
    """The first content under the first of these names that has one."""
    return next((metas[name][0] for name in names if name in metas), None)


def related(tree: HtmlElement, relation: str, *, tags: Sequence[str] = ("link",)) -> str | None:
    """The address of the first link with this relation."""
    for element in tree.iter(*tags):
        if relation in (element.get("rel") or "").lower().split() and element.get("href"):
            return str(element.get("href")).strip()
    return None


def scripts_of(tree: HtmlElement) -> list[str]:
    """The texts of the JSON-LD scripts."""
    return [
        script.text_content()
        for script in tree.iter("script")
        if (script.get("type") or "").split(";")[0].strip().lower() == "application/ld+json"
    ]


def squeezed(text: str | None) -> str:
    """The text with each run of white space as one space."""
    return " ".join((text or "").split())
