"""Ours and the peers, each a function from a page to what it found. Peers are imported when they are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`published` begins with an ISO day; "" and () mean nothing was found."""

    text: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    language: str = ""


Extractor = Callable[[bytes, str], Found]
_NOW = datetime(2026, 11, 24, tzinfo=UTC)


def ours(body: bytes, url: str) -> Found:
    """The whole pipeline of the product, but that a refused page counts as empty."""
    from pipelines.extract import read_article
    from pipelines.items import Page

    page = Page(url=url, final_url=url, status=200, headers={}, body=body, fetched_at=_NOW)
    article = read_article(page, source="bench").article
    if article is None:
        return Found()
    return Found(
        text=article.text,
        title=article.title,
        authors=article.authors,
        published=article.published_at.isoformat() if article.published_at else "",
        language=article.language or "",
    )


def _trafilatura(**options: Any) -> Extractor:
    def extract(body: bytes, url: str) -> Found:
        import trafilatura

        found = trafilatura.bare_extraction(
            body, url=url, with_metadata=True, include_comments=False, **options
        )
        if found is None or isinstance(found, dict):
            return Found()
        return Found(
            text=found.text or "",
            title=found.title or "",
            authors=tuple(name.strip() for name in (found.author or "").split(";") if name.strip()),
            published=found.date or "",
            language=found.language or "",
        )

    return extract


def newspaper4k(body: bytes, url: str) -> Found:
    import newspaper

    article = newspaper.Article(url)
    article.download(input_html=body.decode("utf-8", "replace"))
    article.parse()
    published = article.publish_date.isoformat() if article.publish_date else ""
    return Found(
        text=article.text or "",
        title=article.title or "",
        authors=tuple(article.authors),
        published=published,
        language=article.meta_lang or "",
    )


def news_please(body: bytes, url: str) -> Found:
    from newsplease import NewsPlease

    article = NewsPlease.from_html(body.decode("utf-8", "replace"), url=url)
    return Found(
        text=article.maintext or "",
        title=article.title or "",
        authors=tuple(article.authors or ()),
        published=article.date_publish.isoformat() if article.date_publish else "",
        language=article.language or "",
    )


def readability(body: bytes, url: str) -> Found:
    from lxml import html
    from readability import Document

    document = Document(body.decode("utf-8", "replace"), url=url)
    tree = html.fromstring(document.summary())
    return Found(text="\n".join(tree.itertext()), title=document.short_title() or "")


def resiliparse(body: bytes, url: str) -> Found:
    from resiliparse.extract.html2text import extract_plain_text

    return Found(text=extract_plain_text(body.decode("utf-8", "replace"), main_content=True))


def justext(body: bytes, url: str) -> Found:
    import justext as library

    paragraphs = library.justext(body, library.get_stoplist("English"))
    return Found(text="\n".join(one.text for one in paragraphs if not one.is_boilerplate))


EXTRACTORS: Mapping[str, Extractor] = {
    "ours": ours,
    "trafilatura": _trafilatura(),
    "trafilatura_precision": _trafilatura(favor_precision=True),
    "trafilatura_recall": _trafilatura(favor_recall=True),
    "trafilatura_fast": _trafilatura(fast=True),
    "newspaper4k": newspaper4k,
    "news_please": news_please,
    "readability": readability,
    "resiliparse": resiliparse,
    "justext": justext,
}
