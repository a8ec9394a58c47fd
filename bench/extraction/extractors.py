"""Ours and the peers, each a function from a page to what it found. Peers are imported when they are run.

All of them work on the page alone: whatever would ask the network is switched off by the peer's own option. The
peers get the page decoded as ours is, with the options that score best here where its default is for another task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pipelines.charset import decode
from pipelines.judge.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`published` begins with an ISO day; "" and () mean nothing was found."""

    text: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    language: str = ""


Read = Callable[[bytes, str], Found]


@dataclass(frozen=True, slots=True)
class Extractor:
    """`fields` are those of Found it can fill beside the text; it is measured by no others."""

    read: Read
    fields: frozenset[str] = frozenset()


_NOW = datetime(2026, 11, 24, tzinfo=UTC)


def ours(body: bytes, url: str, *, model: Model | None = None) -> Found:
    """The whole pipeline of the product, but that a refused page counts as empty."""
    from pipelines.extract import read_article
    from pipelines.items import Page

    page = Page(url=url, final_url=url, status=200, headers={}, body=body, fetched_at=_NOW)
    article = read_article(page, source="bench", model=model).article
    if article is None:
        return Found()
    return Found(
        text=article.text,
        title=article.title,
        authors=article.authors,
        published=article.published_at.isoformat() if article.published_at else "",
        language=article.language or "",
    )


def _text(body: bytes) -> str:
    return decode(body, None).text


def _trafilatura(**options: Any) -> Read:
    def extract(body: bytes, url: str) -> Found:
        import trafilatura

        found = trafilatura.bare_extraction(
            _text(body), url=url, with_metadata=True, include_comments=False, **options
        )
        if found is None or isinstance(found, dict):
            return Found()
        return Found(
            text=found.text or "",
            title=found.title or "",
            authors=tuple(name.strip() for name in (found.author or "").split(";") if name.strip()),
            published=found.date or "",
        )

    return extract


def newspaper4k(body: bytes, url: str) -> Found:
    import newspaper

    # By default it downloads every image of a page to find the largest; the text does not depend on it.
    article = newspaper.Article(url, fetch_images=False)
    article.download(input_html=_text(body))
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

    article = NewsPlease.from_html(_text(body), url=url, fetch_images=False)
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

    document = Document(_text(body), url=url)
    tree = html.fromstring(document.summary())
    for block in tree.iter(*_BLOCKS):  # lines end where blocks do, and nowhere inside a word
        block.tail = "\n" + (block.tail or "")
    return Found(text=tree.text_content(), title=document.short_title() or "")


_BLOCKS = (
    "p",
    "div",
    "br",
    "li",
    "td",
    "th",
    "tr",
    "blockquote",
    "figcaption",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
)


def resiliparse(body: bytes, url: str) -> Found:
    from resiliparse.extract.html2text import extract_plain_text

    text = extract_plain_text(_text(body), main_content=True, alt_texts=False)
    return Found(text=text)


def justext(body: bytes, url: str) -> Found:
    import justext as library

    text = _text(body)
    stop_words = _stop_words(_language(text))
    # With no stop words at all it has a mode for any language, in which no paragraph needs a share of them.
    options = {} if stop_words else {"stopwords_low": 0, "stopwords_high": 0}
    paragraphs = library.justext(text, stop_words, **options)
    return Found(text="\n".join(one.text for one in paragraphs if not one.is_boilerplate))


# The language a page declares for itself; English where it declares none.
_LANGUAGE = re.compile(r"""<html\b[^>]*?\blang\s*=\s*["']?\s*([a-z]{2,3})\b""", re.IGNORECASE)
_LOCALE = re.compile(
    r"""<meta\b[^>]*?["']?(?:og:locale|content-language)["']?\s+content\s*=\s*["']?([a-z]{2,3})\b""",
    re.IGNORECASE,
)


def _language(text: str) -> str:
    found = _LANGUAGE.search(text) or _LOCALE.search(text)
    return found[1].lower() if found else "en"


@cache
def _stop_words(language: str) -> frozenset[str]:
    import justext as library

    name = _STOP_LISTS.get(language)
    return library.get_stoplist(name) if name else frozenset()


# The lists of justext by ISO 639-1.
_STOP_LISTS = dict(
    entry.split(":")
    for entry in (
        "af:Afrikaans an:Aragonese ar:Arabic az:Azerbaijani be:Belarusian bg:Bulgarian bn:Bengali br:Breton "
        "bs:Bosnian ca:Catalan cs:Czech cv:Chuvash cy:Welsh da:Danish de:German el:Greek en:English eo:Esperanto "
        "es:Spanish et:Estonian eu:Basque fa:Persian fi:Finnish fr:French fy:West_Frisian ga:Irish gl:Galician "
        "gu:Gujarati he:Hebrew hi:Hindi hr:Croatian ht:Haitian hu:Hungarian hy:Armenian id:Indonesian ig:Igbo "
        "io:Ido is:Icelandic it:Italian jv:Javanese ka:Georgian kk:Kazakh kn:Kannada ko:Korean ku:Kurdish "
        "ky:Kyrgyz la:Latin lb:Luxembourgish lt:Lithuanian lv:Latvian mk:Macedonian ml:Malayalam mr:Marathi "
        "ms:Malay mt:Maltese nb:Norwegian_Bokmal ne:Nepali nl:Dutch nn:Norwegian_Nynorsk no:Norwegian_Bokmal "
        "oc:Occitan pa:Western_Panjabi pl:Polish pt:Portuguese qu:Quechua ro:Romanian ru:Russian sh:Serbo_Croatian "
        "sk:Slovak sl:Slovenian sq:Albanian sr:Serbian su:Sundanese sv:Swedish sw:Swahili ta:Tamil te:Telugu "
        "tk:Turkmen tl:Tagalog tr:Turkish uk:Ukrainian ur:Urdu uz:Uzbek vi:Vietnamese vo:Volapuk wa:Walloon "
        "yo:Yoruba"
    ).split()
)

_ALL = frozenset({"title", "authors", "published", "published_time", "language"})
# It finds a day without a time, and fills the language only to compare it with a wanted one.
_TRAFILATURA = frozenset({"title", "authors", "published"})

EXTRACTORS: Mapping[str, Extractor] = {
    "ours": Extractor(ours, _ALL),
    "trafilatura": Extractor(_trafilatura(), _TRAFILATURA),
    "trafilatura_precision": Extractor(_trafilatura(favor_precision=True), _TRAFILATURA),
    "trafilatura_recall": Extractor(_trafilatura(favor_recall=True), _TRAFILATURA),
    "trafilatura_fast": Extractor(_trafilatura(fast=True), _TRAFILATURA),
    "newspaper4k": Extractor(newspaper4k, _ALL),
    "news_please": Extractor(news_please, _ALL),
    "readability": Extractor(readability, frozenset({"title"})),
    "resiliparse": Extractor(resiliparse),
    "justext": Extractor(justext),
}
