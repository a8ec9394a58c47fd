"""Listing pages (home and sections): article links told from navigation, by URL shape and by place.

Each link gets a score from a few features; the weights stand in one table. Links that share a URL
pattern vote for each other: a site's articles look alike.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import mean
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import html as lxml_html

from crawler.discovery.errors import UnreadableError
from pipelines.charset import decode
from pipelines.items import Kind, Link
from pipelines.limits import LIMITS, Limits
from pipelines.urls import canonical, is_media, looks_like_article, same_site

MAX_SECTIONS = 40

# Weights of the features, each 0 to 1. Shape and place count about equally: many sites have addresses that
# say nothing (/2431/), and many have headings in their menus.
WEIGHTS = {
    "shape": 1.6,  # what the URL looks like
    "headline": 1.0,  # the link is a heading, or has one in it or around it
    "card": 0.5,  # it stands in an <article>, a teaser, a list of posts
    "sentence": 0.9,  # its text is as long as a headline's
    "media": 0.3,  # a picture stands with it
    "chrome": -1.3,  # it stands in a menu, header, footer, aside, breadcrumb
    "label": -0.5,  # its text is a word or two
}
THRESHOLD = 1.05
# How far the mean score of its URL pattern pulls a link, given enough links of that pattern.
VOTE = 0.45
MIN_VOTERS = 4

_CHROME_TAGS = frozenset({"nav", "header", "footer", "menu"})
_CHROME_WORDS = re.compile(
    r"(?:^|[-_ ])(?:nav|navi|navigation|navbar|menu|topbar|masthead|footer|breadcrumbs?|social|share|sharing"
    r"|tags?|tagcloud|pagination|pager|paging|cookie|consent|lang|languages?|login|user"
    r"|legal|copyright|skip|subnav"
    r"|submenu|(?:main|top|site|head|foot|side|mega|primary)[-_]?(?:nav|menu|links)"
    r"|byline|author|meta|category|categories|cat-links|badge)(?:$|[-_ ])",
    re.IGNORECASE,
)
_CARD_WORDS = re.compile(
    r"(?:^|[-_ ])(?:card|teaser|story|post|entry|item|article|artikel|headline|news|list|feed|river|stream"
    r"|views-row|promo|lead|hero|top|tile|block)(?:$|[-_ \d])",
    re.IGNORECASE,
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_NEXT = re.compile(
    r"^\W*(?:next|next page|older|older posts|older entries|more|load more|weiter|nächste|nächste seite"
    r"|ältere|ältere beiträge|suivant|page suivante|articles plus anciens|siguiente"
    r"|página siguiente|entradas anteriores|successivo|avanti|próxima|seguinte|volgende|nästa|neste"
    r"|næste|następna|dalej|další|sonraki|дальше|следующая"
    r"|далее|التالي|下一页|下一頁|次へ|次のページ|다음|ถัดไป|הבא|بعدی)\W*$",
    re.IGNORECASE,
)
_PAGE = re.compile(r"(?:/(?:page|seite|pagina|p)/?|[?&](?:page|paged|seite|pagina|p)=)(\d+)", re.IGNORECASE)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_FEED_PATH = re.compile(
    r"(?:^|/)(?:feeds?|rss|atom)(?:/|\.xml|\.rss)?$|\.(?:rss|atom|rdf)$|[?&]feed=", re.IGNORECASE
)
_COMMENTS_FEED = re.compile(r"comments?(?:/|-|_|$)|kommentar", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`links` are articles, best first; `sections` and `next_page` are further listings."""

    title: str | None
    language: str | None
    links: tuple[Link, ...]
    sections: tuple[Link, ...]
    next_page: Link | None
    feeds: tuple[str, ...]


@dataclass(slots=True)
class _Candidate:
    """All links of a page to one URL, merged: a picture and a headline often link to the same story."""

    url: str
    title: str = ""
    features: dict[str, float] = field(default_factory=dict)
    score: float = 0.0
    in_chrome: bool = True


def read_listing(body: bytes, *, url: str, charset: str | None = None, limits: Limits = LIMITS) -> Listing:
    """The listing page at `url`. Raises UnreadableError when it is no HTML."""
    tree = _parse(body, charset)
    base = _base(tree, url)
    candidates = _candidates(tree, base, url, most=limits.page_links)
    _score(candidates)
    articles = [one for one in candidates if one.score >= THRESHOLD]
    chosen = {one.url for one in articles}
    rest = [one for one in candidates if one.url not in chosen]
    return Listing(
        title=" ".join((tree.findtext(".//title") or "").split()) or None,
        language=_language(tree),
        links=tuple(Link(url=one.url, title=one.title or None) for one in articles),
        sections=tuple(_sections(rest)),
        next_page=_next_page(tree, base, url),
        feeds=tuple(_feeds(tree, base)),
    )


def _parse(body: bytes, charset: str | None) -> lxml_html.HtmlElement:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", decode(body, charset).text).replace("\x00", "")
    if "<" not in text[:5000]:
        raise UnreadableError("no HTML where a listing was announced")
    try:
        return lxml_html.document_fromstring(
            text.encode("utf-8", "replace"), parser=lxml_html.HTMLParser(encoding="utf-8")
        )
    except Exception as error:  # lxml raises several unrelated types for what has no root element
        raise UnreadableError(f"no HTML: {error}") from error


def _base(tree: lxml_html.HtmlElement, url: str) -> str:
    href = tree.xpath("string(//base/@href)")
    return (canonical(href, url) if href else None) or url


def _language(tree: lxml_html.HtmlElement) -> str | None:
    declared = tree.get("lang") or tree.xpath("string(//meta[@property='og:locale']/@content)")
    found = re.match(r"[A-Za-z]{2,3}", declared or "")
    return found[0].lower() if found else None


def _candidates(tree: lxml_html.HtmlElement, base: str, url: str, *, most: int) -> list[_Candidate]:
    found: dict[str, _Candidate] = {}
    own = canonical(url)
    for anchor in tree.iter("a"):
        address = canonical(anchor.get("href") or "", base) if anchor.get("href") else None
        if address is None or address == own or is_media(address) or not same_site(address, url):
            continue
        if len(found) >= most and address not in found:
            break
        _merge(found.setdefault(address, _Candidate(url=address)), anchor)
    return list(found.values())


def _merge(candidate: _Candidate, anchor: lxml_html.HtmlElement) -> None:
    text = " ".join(anchor.text_content().split())
    place = _place(anchor)
    features = {**place, **_text_features(text)}
    for name, value in features.items():
        known = candidate.features.get(name)
        # A story linked from a menu and from a card is a story: the better place counts.
        better = min if WEIGHTS[name] < 0 else max
        candidate.features[name] = value if known is None else better(known, value)
    candidate.in_chrome = candidate.in_chrome and bool(place["chrome"])
    if len(text) > len(candidate.title) and len(text) < 300:
        candidate.title = text


def _text_features(text: str) -> dict[str, float]:
    words = len(text.split())
    wide = len(re.findall(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uac00-\ud7af]", text))
    length = max(words, wide / 2.5)
    return {"sentence": min(1.0, max(0.0, (length - 2) / 3)), "label": 1.0 if 0 < length <= 2 else 0.0}


def _place(anchor: lxml_html.HtmlElement) -> dict[str, float]:
    """What the link's surroundings say: its ancestors up to the body, and what is in it."""
    chrome = card = headline = 0.0
    inside = {element.tag for element in anchor.iter() if isinstance(element.tag, str)}
    headline = 1.0 if inside & _HEADINGS else 0.0
    for distance, ancestor in enumerate(anchor.iterancestors()):
        tag = ancestor.tag
        if tag in ("body", "html"):
            break
        names = f"{ancestor.get('class') or ''} {ancestor.get('id') or ''} {ancestor.get('role') or ''}"
        if tag in _HEADINGS and distance < 4:
            headline = 1.0
        if tag == "article" or (distance < 6 and _CARD_WORDS.search(names)):
            card = max(card, 1.0 if tag == "article" else 0.7)
        # The header of a card is no menu: only what is outside of every card counts.
        if tag in _CHROME_TAGS and not (tag in ("header", "footer") and _in_card(ancestor)):
            chrome = 1.0
        elif distance < 5 and _CHROME_WORDS.search(names):
            chrome = max(chrome, 0.8)
        elif tag == "aside" or re.search(r"sidebar|widget|related", names, re.IGNORECASE):
            chrome = max(chrome, 0.3)
    media = 1.0 if inside & {"img", "picture", "figure"} else 0.0
    return {"chrome": chrome, "card": card, "headline": headline, "media": media}


def _in_card(element: lxml_html.HtmlElement) -> bool:
    return any(ancestor.tag == "article" for ancestor in element.iterancestors())


def _score(candidates: list[_Candidate]) -> None:
    for one in candidates:
        one.features["shape"] = looks_like_article(one.url)
        one.score = sum(WEIGHTS[name] * value for name, value in one.features.items())
    groups: defaultdict[str, list[_Candidate]] = defaultdict(list)
    for one in candidates:
        groups[_pattern(one.url)].append(one)
    for group in groups.values():
        if len(group) >= MIN_VOTERS:
            opinion = mean(one.score for one in group)
            for one in group:
                one.score += VOTE * (opinion - one.score)
    for one in candidates:
        if one.features["shape"] < 0.06:
            one.score = min(one.score, THRESHOLD - 0.5)  # /tag/x is no article, however it is dressed


def _pattern(url: str) -> str:
    """The URL without what varies: /politik/ein-langer-slug.html -> /politik/slug.html"""
    parts = urlsplit(url)
    segments = [_segment_pattern(unquote(segment)) for segment in parts.path.split("/")]
    query = "&".join(sorted(name for name, _ in parse_qsl(parts.query, keep_blank_values=True)))
    return f"{parts.netloc}{'/'.join(segments)}?{query}"


def _segment_pattern(segment: str) -> str:
    if re.fullmatch(r"\d+", segment):
        return "9"
    if len(re.split(r"[-_]", segment)) >= 3 or not segment.isascii():
        suffix = re.search(r"\.\w{2,5}$", segment)
        digits = "9" if re.search(r"\d{3,}", segment) else ""
        return f"slug{digits}{suffix[0] if suffix else ''}"
    return re.sub(r"\d+", "9", segment)


_NO_SECTION = re.compile(
    r"(?:about|ueber-uns|impressum|imprint|contact|kontakt|contacto|privacy|datenschutz|privacidad"
    r"|terms|agb|legal"
    r"|cookies?|login|log-in|signin|register|account|konto|subscribe|abo|abonn|newsletter|search"
    r"|suche|buscar|recherche"
    r"|jobs|karriere|careers|advert|werbung|mediadaten|shop|cart|help|hilfe|faq|rss|feed|sitemap"
    r"|wp-|author|autor"
    r"|auteur|gallery|galerie|video|podcast|fotos?|tags?|cdn-cgi|mailto)",
    re.IGNORECASE,
)


def _sections(rest: list[_Candidate]) -> Iterator[Link]:
    """Links with a short path that stand in a menu, or are no more than a word or two: sections.

    Too many cost a request each and nothing else; one that is missed costs its articles.
    """
    found = 0
    for one in rest:
        parts = urlsplit(one.url)
        path = [segment for segment in parts.path.split("/") if segment]
        # /list.php?cat=2 is a section where it stands in a menu; elsewhere a query is a search or a filter.
        short = (0 < len(path) <= 3 and not parts.query) or (len(path) <= 2 and one.in_chrome and parts.query)
        plain = short and looks_like_article(one.url) < 0.55
        is_entry = one.in_chrome or one.features["label"] > 0
        if not (plain and is_entry and one.title) or _PAGE.search(one.url):
            continue
        words = [*path, *(value for pair in parse_qsl(parts.query) for value in pair)]
        if any(_NO_SECTION.match(word) for word in words):
            continue
        found += 1
        if found > MAX_SECTIONS:
            return
        yield Link(url=one.url, kind=Kind.LISTING, title=one.title, depth=1)


def _next_page(tree: lxml_html.HtmlElement, base: str, url: str) -> Link | None:
    """By rel=next, else by the words on the link, else the same address with the next page's number."""
    here = canonical(url) or url
    for element in tree.xpath(
        "//link[@rel='next'][@href] | //a[contains(concat(' ', @rel, ' '), ' next ')][@href]"
    ):
        if address := _listing_address(element, base, here):
            return Link(url=address, kind=Kind.LISTING, depth=1)
    number = int(found[1]) if (found := _PAGE.search(here)) else 1
    stem = _PAGE.sub("", here).rstrip("/")
    for anchor in tree.iter("a"):
        address = _listing_address(anchor, base, here)
        if address is None:
            continue
        page = _PAGE.search(address)
        if page and _PAGE.sub("", address).rstrip("/") == stem and int(page[1]) == number + 1:
            return Link(url=address, kind=Kind.LISTING, depth=1)
        if page and _NEXT.match(" ".join(anchor.text_content().split())):
            return Link(url=address, kind=Kind.LISTING, depth=1)
    return None


def _listing_address(element: lxml_html.HtmlElement, base: str, here: str) -> str | None:
    address = canonical(element.get("href") or "", base) if element.get("href") else None
    return address if address and address != here and same_site(address, here) else None


def _feeds(tree: lxml_html.HtmlElement, base: str) -> Iterator[str]:
    """Announced feeds first, then links that look like one; those of comments are left out."""
    seen: set[str] = set()
    announced = tree.xpath("//link[contains(@rel, 'alternate')][@href]")
    hrefs = [
        link.get("href")
        for link in announced
        if (link.get("type") or "").lower().split(";")[0] in _FEED_TYPES
    ]
    hrefs += [
        a.get("href") for a in tree.iter("a") if _FEED_PATH.search(_path_and_query(a.get("href") or ""))
    ]
    for href in hrefs:
        address = canonical(href, base)
        if address and address not in seen and not _COMMENTS_FEED.search(address):
            seen.add(address)
            yield address


def _path_and_query(href: str) -> str:
    """Path and query of an address; empty for one that cannot be read."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
