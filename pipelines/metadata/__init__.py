"""What a page says of its article: JSON-LD first, then meta elements, then marked-up text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml.html import HtmlElement

from pipelines.metadata.bylines import read_authors
from pipelines.metadata.clocks import Claim, choose
from pipelines.metadata.jsonld import Node, article_node, nodes_in, text_of, types_of
from pipelines.metadata.markup import Metas, first, metas_of, related, scripts_of
from pipelines.metadata.times import read_claims, read_modified
from pipelines.metadata.titles import read_title
from pipelines.urls import canonical, host_of

__all__ = ["Metadata", "read_metadata"]

_MAX_TAGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What was found; None or () where the page does not say. Times in UTC, addresses absolute.

    `claims` are the dates it might have been published at, `published_*` the one chosen of these alone.
    `article_body` is the text by JSON-LD; `types` are those of every JSON-LD node; `og_type` is
    OpenGraph's; `site_name` the site's own name; `metas` all meta elements. The rest as in
    `pipelines.items.Article`.
    """

    title: str | None
    description: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    published_precision: str | None
    published_source: str | None
    claims: tuple[Claim, ...]
    modified_at: datetime | None
    language: str | None
    section: str | None
    tags: tuple[str, ...]
    image_url: str | None
    is_accessible_for_free: bool | None
    license: str | None
    canonical_url: str | None
    site_name: str | None
    types: tuple[str, ...]
    og_type: str | None
    article_body: str | None
    metas: Metas


def read_metadata(tree: HtmlElement, *, url: str, now: datetime) -> Metadata:
    """The metadata of a parsed page read from `url`; a date after `now` is none."""
    metas = metas_of(tree)
    nodes = nodes_in(scripts_of(tree))
    og_title = first(metas, "og:title", "twitter:title")
    article = article_node(nodes, url=url, titles=[og_title] if og_title else []) or {}
    site_names = _site_names(metas, nodes, article, url)
    declared = [title for title in (text_of(article.get("headline")), og_title) if title]
    title = read_title(tree, declared=declared, site_names=site_names)
    claims = read_claims(tree, metas, article, url=url, now=now, nodes=nodes, title=title)
    published = choose(claims, now=now)
    return Metadata(
        title=title,
        description=text_of(article.get("description")) or first(metas, "og:description", "description"),
        authors=read_authors(tree, metas, article, site_names=site_names, nodes=nodes, title=title),
        published_at=published.at,
        published_precision=published.precision,
        published_source=published.source,
        claims=claims,
        modified_at=read_modified(metas, article, now=now),
        language=_language(tree, metas, article),
        section=_section(metas, article),
        tags=_tags(metas, article),
        image_url=_image(metas, article, url),
        is_accessible_for_free=_free(metas, article),
        license=_license(tree, article, url),
        canonical_url=_canonical(tree, metas, url),
        site_name=site_names[0] if site_names else None,
        types=tuple(dict.fromkeys(name for node in nodes for name in types_of(node))),
        og_type=first(metas, "og:type"),
        article_body=text_of(article.get("articleBody")) or None,
        metas=metas,
    )


def _site_names(metas: Metas, nodes: Iterable[Node], article: Node, url: str) -> list[str]:
    names = [first(metas, "og:site_name", "application-name"), text_of(article.get("publisher"))]
    names += [text_of(node) for node in nodes if "WebSite" in types_of(node)]
    names.append(host_of(url).removeprefix("www."))
    return list(dict.fromkeys(name for name in names if name))


def _language(tree: HtmlElement, metas: Metas, article: Node) -> str | None:
    """ISO 639-1, as declared."""
    root = tree.getroottree().getroot()
    for text in (
        text_of(article.get("inLanguage")),
        root.get("lang") or root.get("xml:lang"),
        first(metas, "og:locale", "content-language", "language", "dc.language"),
    ):
        found = re.match(r"([A-Za-z]{2})(?:$|[-_;, ])", (text or "").strip())
        if found:
            return found[1].lower()
    return None


def _section(metas: Metas, article: Node) -> str | None:
    return text_of(article.get("articleSection")) or first(
        metas, "article:section", "section", "parsely-section"
    )


def _tags(metas: Metas, article: Node) -> tuple[str, ...]:
    raw = _strings(article.get("keywords")) or metas.get("article:tag", ())
    raw = raw or metas.get("news_keywords", ()) or metas.get("keywords", ())
    kept: dict[str, str] = {}
    for tag in (part.strip() for text in raw for part in re.split(r"[,;،、，]", text)):
        if tag:
            kept.setdefault(tag.casefold(), tag)
    return tuple(kept.values())[:_MAX_TAGS]


def _strings(value: Any) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    return [text for one in values if (text := text_of(one))]


def _image(metas: Metas, article: Node, url: str) -> str | None:
    image = article.get("image")
    one = image[0] if isinstance(image, list) and image else image
    declared = text_of(one.get("url") or one.get("@id")) if isinstance(one, dict) else text_of(one)
    for text in (first(metas, "og:image:secure_url", "og:image", "og:image:url", "twitter:image"), declared):
        address = canonical(text, url) if text else None
        if address:
            return address
    return None


def _free(metas: Metas, article: Node) -> bool | None:
    """What the publisher declares, nothing guessed: by JSON-LD, or by OpenGraph's content tier."""
    parts = article.get("hasPart") or ()
    for part in (article, *(parts if isinstance(parts, list) else [parts])):
        value = part.get("isAccessibleForFree") if isinstance(part, dict) else None
        if value is not None:
            known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
            declared = known.get(str(value).strip().lower().rsplit("/", 1)[-1])
            if declared is not None:
                return declared
    tier = first(metas, "article:content_tier")
    return {"free": True, "locked": False, "metered": False}.get((tier or "").lower())


def _license(tree: HtmlElement, article: Node, url: str) -> str | None:
    named = article.get("license")
    text = text_of(named.get("url") or named.get("@id")) if isinstance(named, dict) else text_of(named)
    linked = related(tree, "license", tags=("link", "a"))
    return text or (canonical(linked, url) if linked else None)


def _canonical(tree: HtmlElement, metas: Metas, url: str) -> str | None:
    declared = related(tree, "canonical") or first(metas, "og:url")
    return canonical(declared, url) if declared else None
