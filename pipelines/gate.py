"""The page-type gate: what is no article, and the reason why. Pure.

Three kinds of evidence, the stronger first: what the page declares (schema.org types, OpenGraph, the body
classes of common content systems), what its address says, and how it is built: running text under one
parent is an article, many linked headlines with a line each are a list of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines.boilerplate import Block
from pipelines.boilerplate.lines import is_running, length, normal
from pipelines.items import Grounds
from pipelines.metadata import Metadata
from pipelines.metadata.jsonld import ARTICLE_TYPES
from pipelines.metadata.markup import squeezed
from pipelines.urls import looks_like_article

# A paragraph, in characters of Latin script; dense scripts count 2.5 times (`length`).
_PARAGRAPH = 80
# A headline that leads elsewhere.
_HEADLINE = 25
# Words of running text that a wall, an error page or a video's description hardly ever has.
_FEW_WORDS = 120
_TEASERS = 6
# Characters of paragraphs under one parent that no list of teasers has.
_BODY = 500
# Characters in whole sentences: the least that an undeclared page must say to be an article.
_RUNNING = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What the verdict is made from. Lengths in characters as `boilerplate.lines.length` counts them."""

    path: str
    query: str
    url_score: float
    types: frozenset[str]
    og_type: str
    body_classes: frozenset[str]
    dated: bool
    titles: tuple[str, ...]
    teasers: int
    largest_body: float
    password: bool
    players: int
    pictures: int

    @property
    def declared(self) -> bool:
        """Whether the page says of itself that it is an article."""
        return not self.types.isdisjoint(ARTICLE_TYPES) or self.og_type == "article"

    def grounds(self, *, way: str, words: int) -> Grounds:
        return Grounds(
            way=way,
            shape=round(self.url_score, 2),
            declared=self.declared,
            dated=self.dated,
            words=words,
            body=round(self.largest_body),
            teasers=self.teasers,
        )


def read_signals(tree: HtmlElement, *, url: str, meta: Metadata) -> Signals:
    """The signals of a parsed page, before anything is pruned from it."""
    parts = urlsplit(url)
    body = tree.find(".//body")
    return Signals(
        path=parts.path or "/",
        query=parts.query,
        url_score=looks_like_article(url),
        types=frozenset(meta.types),
        og_type=(meta.og_type or "").lower(),
        body_classes=frozenset((body.get("class") or "").lower().split())
        if body is not None
        else frozenset(),
        dated=meta.published_source not in (None, "url"),
        titles=_titles(tree),
        teasers=_teasers(tree),
        largest_body=_largest_body(tree),
        password=_asks_for_password(tree),
        players=sum(1 for _ in tree.iter("video")) + sum(_is_player(frame) for frame in tree.iter("iframe")),
        pictures=sum(1 for _ in tree.iter("figure")),
    )


def _titles(tree: HtmlElement) -> tuple[str, ...]:
    texts = [tree.findtext(".//title") or "", *(heading.text_content() for heading in tree.iter("h1", "h2"))]
    return tuple(text for raw in texts[:6] if (text := squeezed(raw)))


def _teasers(tree: HtmlElement) -> int:
    """Headings that are links to other pages, outside navigation."""
    found = set()
    for heading in tree.iter("h1", "h2", "h3", "h4", "h5"):
        text = squeezed(heading.text_content())
        if length(text) < _HEADLINE:
            continue
        link = next(heading.iter("a"), None)
        if link is None:
            link = next((one for one in heading.iterancestors("a")), None)
        if link is not None and link.get("href") and not (link.get("href") or "").startswith("#"):
            found.add(link.get("href"))
    return len(found)


_MOST_A_CHARACTER_COUNTS = 2.5  # see lines.length


def _largest_body(tree: HtmlElement) -> float:
    """The characters of the paragraphs that stand under one parent, of the parent with most.

    A paragraph wrapped alone in a box counts for the box's parent too, up to three boxes.
    """
    sums: dict[HtmlElement, float] = defaultdict(float)
    for paragraph in tree.iter("p", "blockquote", "li"):
        if _is_one_link(paragraph):
            continue  # an entry of a menu, before its text is put together
        raw = paragraph.text_content()
        if _MOST_A_CHARACTER_COUNTS * len(raw) < _PARAGRAPH:
            continue
        text = squeezed(raw)
        size = length(text)
        if size < _PARAGRAPH or _linked(paragraph) > 0.3 * len(text):
            continue
        holder = paragraph.getparent()
        for _ in range(4):
            if holder is None:
                break
            sums[holder] += size
            if len(holder) > 1:
                break
            holder = holder.getparent()
    return max(sums.values(), default=0.0)


def _is_one_link(element: HtmlElement) -> bool:
    if len(element) != 1 or element[0].tag != "a":
        return False
    return not squeezed(element.text) and not squeezed(element[0].tail)


def _linked(element: HtmlElement) -> int:
    return sum(len(squeezed(link.text_content())) for link in element.iter("a"))


def _asks_for_password(tree: HtmlElement) -> bool:
    return any((field.get("type") or "").lower() == "password" for field in tree.iter("input"))


_PLAYER = re.compile(
    r"youtube(?:-nocookie)?\.com/embed|player\.|vimeo|dailymotion|brightcove|jwplayer|/video", re.I
)


def _is_player(frame: HtmlElement) -> bool:
    return bool(_PLAYER.search(frame.get("src") or frame.get("data-src") or ""))


# --- the verdict ---------------------------------------------------------------------------------------


def not_article(signals: Signals, *, blocks: Sequence[Block], words: int) -> str | None:
    """Why the page is no article, in a word or two; None when it is one (or may be).

    `blocks` and `words` are what is left of its text.
    """
    return (
        _home(signals)
        or _error(signals, blocks, words)
        or _wall(signals, blocks, words)
        or _by_declaration(signals, words)
        or _by_address(signals, words)
        or _by_structure(signals, blocks, words)
        or (None if blocks else "no text")
    )


_HOME = re.compile(r"^/(?:(?:index|default|home)(?:\.\w{2,5})?/?|[a-z]{2}(?:-[a-z]{2})?/?)?$", re.I)
_ID_IN_QUERY = re.compile(
    r"(?:^|&)(?:p|id|aid|nid|article|artikel|story|itemid|newsid|sid|page_id)=\w+", re.I
)


def _home(signals: Signals) -> str | None:
    if "home" in signals.body_classes and "single" not in signals.body_classes and not signals.declared:
        return "home page"
    is_root = _HOME.match(signals.path) and not _ID_IN_QUERY.search(signals.query)
    if is_root and re.search(r"(?:^|&)s=", signals.query):
        return "search page"
    return "home page" if is_root else None


@lru_cache(maxsize=1)
def _phrases() -> dict[str, frozenset[str]]:
    """kind -> normalised phrases, from the data file."""
    kinds: dict[str, set[str]] = defaultdict(set)
    text = (files("pipelines") / "page-phrases.tsv").read_text(encoding="utf-8")
    for row in text.splitlines():
        if row and not row.startswith("#"):
            kind, phrase = row.split("\t")
            kinds[kind].add(normal(phrase))
    return {kind: frozenset(phrases) for kind, phrases in kinds.items()}


def _says(kind: str, text: str) -> bool:
    """Whether a title or heading is such a phrase, alone or beside the site's name."""
    phrases = _phrases()[kind]
    parts = [text, *re.split(r"\s[|\-–—·:»«]\s|[|｜:：!！.。]\s*", text)]
    return any(normal(part) in phrases for part in parts)


def _holds(kind: str, blocks: Sequence[Block]) -> bool:
    text = normal(" ".join(block.text for block in blocks))
    return any(phrase in text for phrase in _phrases()[kind])


def _error(signals: Signals, blocks: Sequence[Block], words: int) -> str | None:
    if "error404" in signals.body_classes:
        return "soft 404"
    named = any(_says("missing", title) for title in signals.titles[:3])
    if named and (words < _FEW_WORDS or (not signals.declared and signals.largest_body < _BODY)):
        return "soft 404"
    if words < 60 and not signals.declared and _holds("missing-text", blocks):
        return "soft 404"
    return None


def _wall(signals: Signals, blocks: Sequence[Block], words: int) -> str | None:
    if words >= _FEW_WORDS and signals.declared:
        return None
    consent = any(_says("consent", title) for title in signals.titles)
    if consent and signals.largest_body < 4 * _BODY and not signals.dated:
        return "consent wall"
    if words < 2 * _FEW_WORDS and not signals.declared and not signals.dated and _consent_share(blocks) > 0.5:
        return "consent wall"
    named = any(_says("login", title) for title in signals.titles)
    if words < _FEW_WORDS and (named or (signals.password and not signals.declared)):
        return "login wall"
    return None


_CONSENT = re.compile(
    r"\bcookies?\b|\bconsent\w*|\bgdpr\b|\bdsgvo\b|tracking|datenschutz|einwillig|personalisier|"
    r"consentement|traceurs|consentimiento|consenso|toestemming|samtycke|zgod\w+|"
    r"ملفات تعريف|الارتباط|同意|クッキー",
    re.I,
)


def _consent_share(blocks: Sequence[Block]) -> float:
    total = sum(len(block.text) for block in blocks)
    return sum(len(block.text) for block in blocks if _CONSENT.search(block.text)) / total if total else 0.0


_DECLARED_TYPES = (
    ("SearchResultsPage", "search page"),
    ("ProfilePage", "author page"),
    ("CollectionPage", "section page"),
    ("ImageGallery", "gallery"),
    ("MediaGallery", "gallery"),
    ("ImageObjectGallery", "gallery"),
    ("VideoGallery", "video page"),
    ("ContactPage", "contact page"),
    ("AboutPage", "about page"),
    ("CheckoutPage", "shop page"),
    ("Product", "shop page"),
)
_DECLARED_CLASSES = (
    ("search", "search page"),
    ("search-results", "search page"),
    ("author", "author page"),
    ("tag", "tag page"),
    ("category", "section page"),
    ("archive", "section page"),
    ("blog", "section page"),
)
_SINGLE = frozenset({"single", "single-post", "singular", "page", "attachment", "article"})


def _by_declaration(signals: Signals, words: int) -> str | None:
    if signals.body_classes.isdisjoint(_SINGLE):
        for name, reason in _DECLARED_CLASSES:
            if name in signals.body_classes and not (signals.declared and signals.largest_body > _BODY):
                return reason
    is_article = not signals.types.isdisjoint(ARTICLE_TYPES)
    if not is_article:
        for name, reason in _DECLARED_TYPES:
            if name in signals.types and not (signals.og_type == "article" and signals.largest_body > _BODY):
                return reason
    if signals.og_type == "profile" and not is_article:
        return "author page"
    video = signals.og_type.startswith("video") or "VideoObject" in signals.types
    if video and words < _FEW_WORDS and (not is_article or signals.og_type.startswith("video")):
        return "video page"
    return None


_SEARCH = re.compile(
    r"/(?:search|suche|recherche|buscar|busqueda|b[úu]squeda|ricerca|zoeken|pesquisa|sok|szukaj|arama|بحث|search-results)"
    r"(?:[/.]|$)",
    re.I,
)
_SEARCH_QUERY = re.compile(r"(?:^|&)(?:s|q|query|search|suche|keyword|keywords|searchterm)=", re.I)
_LISTS = (
    (
        "tag page",
        r"tags?|schlagworte?|thema|themen|topics?|etiquetas?|mot-cle|mots-cles|sujet|keywords?|label|وسم",
    ),
    (
        "author page",
        r"authors?|autor(?:en|es|a|i)?|auteurs?|profile|profiles|redakteur|by|staff|journaliste?s?|كاتب",
    ),
    (
        "section page",
        r"category|categories|kategorie|categoria|rubrik|ressort|seccion|secciones|rubrique|section|page",
    ),
)
_LIST_PATHS = tuple((reason, re.compile(rf"/(?:{words})/", re.I)) for reason, words in _LISTS)
_GALLERY = re.compile(
    r"/(?:galler(?:y|ies)|galer[ií]as?|galerie[ns]?|photos?|fotos?|bilder|fotostrecken?|bildergalerien?|"
    r"diaporamas?|fotogaler[ií]as?|fotogallery|slideshows?|pictures|in-pictures|picture-gallery|tupian|图集)(?:[/.-]|$)",
    re.I,
)
_VIDEO = re.compile(r"/(?:videos?|watch|mediathek|tv|clips?|v[ií]deos?|shipin|فيديو)(?:[/.-]|$)", re.I)
_ACCOUNT = re.compile(
    r"/(?:login|log-in|signin|sign-in|anmelden|connexion|register|registration|subscribe|abo|account|auth|sso)"
    r"(?:[/.?]|$)",
    re.I,
)


def _by_address(signals: Signals, words: int) -> str | None:
    article = not signals.types.isdisjoint(ARTICLE_TYPES)
    path = f"{signals.path}/"
    if not article and (_SEARCH.search(signals.path) or _SEARCH_QUERY.search(signals.query)):
        return "search page" if signals.largest_body < 4 * _BODY else None
    if words < _FEW_WORDS and not signals.declared and _ACCOUNT.search(signals.path):
        return "login wall"
    for reason, pattern in _LIST_PATHS:
        if pattern.search(path) and not article and signals.url_score < 0.5 and not _is_text(signals, words):
            return reason
    if words < 1.5 * _FEW_WORDS and _GALLERY.search(signals.path) and signals.pictures >= 3:
        return "gallery"
    if words < _FEW_WORDS and _VIDEO.search(signals.path):
        return "video page"
    return None


def _is_text(signals: Signals, words: int) -> bool:
    return signals.largest_body > 2 * _BODY and words > 2 * _FEW_WORDS


def _by_structure(signals: Signals, blocks: Sequence[Block], words: int) -> str | None:
    """A list of teasers instead of running text."""
    if signals.largest_body >= 2 * _BODY or (signals.declared and signals.dated and words >= _FEW_WORDS):
        return None
    if signals.teasers >= _TEASERS and signals.largest_body < _BODY and not signals.declared:
        return "section page"
    linked = sum(len(block.text) * block.linked for block in blocks)
    total = sum(len(block.text) for block in blocks)
    if total and linked > 0.5 * total and not (signals.declared and signals.dated):
        return "list of links"
    sizes = ((length(block.text), block) for block in blocks)
    running = sum(size for size, block in sizes if size >= _PARAGRAPH or is_running(block.text))
    if running < _RUNNING and not signals.declared:
        return "no running text"
    if words < _FEW_WORDS and not signals.declared and not signals.dated:
        if signals.pictures >= 5:
            return "gallery"
        if signals.players:
            return "video page"
    return None
