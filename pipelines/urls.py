"""Addresses: their canonical form, whose they are, and what their shape tells. Pure."""

from __future__ import annotations

import ipaddress
import re
import string
from functools import lru_cache
from importlib.resources import files
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urljoin, urlsplit, urlunsplit

import tldextract

# What browsers and servers take without trouble, and the limit of the sitemap protocol (2,048) with room.
MAX_LENGTH = 2000
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986: unreserved characters are never to be percent-encoded; these others have their place in a path.
_UNRESERVED = string.ascii_letters + string.digits + "-._~"
_PATH_SAFE = _UNRESERVED + "!$&'()*+,;=:@/"
_QUERY_SAFE = _PATH_SAFE + "?[]"
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^;]*", re.I)
_SESSION_VALUE = re.compile(r"[0-9a-f]{16,}", re.I)
_PERCENT = re.compile(r"%([0-9a-fA-F]{2})?")
# Marks of where a reader came from that, given to a script, may as well say what it is to show.
_AMBIGUOUS = frozenset({"cmp", "mod", "partner", "ref"})
_SCRIPT = re.compile(r"\.(?:php\d?|aspx?|jsp|cgi|pl|cfm|do)$", re.I)
_BLANK = re.compile(r"[\t\r\n]")

# The list that comes with the package: fetching a newer one would block on the network.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=1)
def _tracking() -> tuple[frozenset[str], tuple[str, ...]]:
    text = (files("pipelines") / "tracking-parameters.txt").read_text(encoding="utf-8")
    names = [line.strip().lower() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    exact = frozenset(name for name in names if not name.endswith("*"))
    return exact, tuple(name[:-1] for name in names if name.endswith("*"))


def canonical(url: str, base: str | None = None) -> str | None:
    """The one form of an address, or None if it is no address of a web page.

    Resolves against `base`; lower-cases scheme and host (IDNA), drops the default port, the fragment,
    tracking and session parameters and dot segments, and percent-encodes in one way. Idempotent. Leaves
    `www.`, a trailing slash and `index.html` alone: only the site knows whether those are one page.
    """
    try:
        joined = urljoin(base, _BLANK.sub("", url.strip())) if base else _BLANK.sub("", url.strip())
        parts = urlsplit(joined)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or parts.username is not None or parts.password is not None:
        return None
    host = _host(parts.hostname)
    if host is None:
        return None
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    path = _path(parts.path)
    query = _query(parts.query, script=bool(_SCRIPT.search(path)))
    result = urlunsplit((scheme, netloc, path, query, ""))
    return result if len(result) <= MAX_LENGTH else None


def _host(host: str | None) -> str | None:
    if not host:
        return None
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host.split('%', 1)[0]).compressed}]"
        except ValueError:
            return None
    host = host.rstrip(".").lower()
    try:
        ascii_host = host if host.isascii() else _idna(host)
    except UnicodeError:
        return None
    return ascii_host if re.fullmatch(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?", ascii_host) else None


def _idna(host: str) -> str:
    """IDNA 2008 as browsers do it; what it refuses (symbols), as IDNA 2003 had it. The older one reads ß as
    ss, which is another host."""
    import idna  # late: hardly any host needs it

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.encode("idna").decode("ascii")


def _path(path: str) -> str:
    kept: list[str] = []
    # Encoded dots are dots (RFC 3986, 6.2.2.2), so the escapes are undone first.
    segments = [_segment(text) for text in path.split("/")[1:]]
    for segment in segments:
        if segment == ".." and kept:
            kept.pop()
        elif segment not in (".", ".."):
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _segment(text: str) -> str:
    # A semicolon at the end begins no parameter, and `urljoin` drops it.
    return _SESSION_IN_PATH.sub("", _encoded(text, _PATH_SAFE)).rstrip(";")


def _encoded(text: str, safe: str) -> str:
    """Percent-encoding in one way: needless escapes undone, needed ones in upper case."""
    text = _PERCENT.sub(lambda match: _unescaped(match[1]), text)
    return quote(text, safe=safe + "%", errors="replace")


def _unescaped(code: str | None) -> str:
    if code is None:
        return "%25"  # it begins no escape
    character = chr(int(code, 16))
    return character if character in _UNRESERVED else f"%{code.upper()}"


def _query(query: str, *, script: bool) -> str:
    pairs = _encoded(query, _QUERY_SAFE).split("&")
    return "&".join(pair for pair in pairs if pair and not _is_tracking(pair, script=script))


def _is_tracking(pair: str, *, script: bool) -> bool:
    name, _, value = pair.partition("=")
    name = unquote(name).lower()
    exact, prefixes = _tracking()
    if name in ("sid", "session", "s") and _SESSION_VALUE.fullmatch(value):
        return True
    if script and name in _AMBIGUOUS:
        return False
    return name in exact or name.startswith(prefixes)


def host_of(url: str) -> str:
    """The authority that politeness is counted by: lower-case host, the port where it is not the default."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    return host if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"


@lru_cache(maxsize=4096)
def site_of(host: str) -> str:
    """The registrable domain of an authority; for IP addresses and single labels the authority itself.

    An ending that is in no list (.example, .internal) counts as a public suffix of one label: the "*" rule
    of the Public Suffix List's algorithm.
    """
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if "." not in name or name.replace(".", "").isdigit() or name.startswith("["):
        return host
    found = _suffixes(name)
    return found.top_domain_under_public_suffix or ".".join(name.split(".")[-2:])


def same_site(one: str, other: str) -> bool:
    """Whether two URLs belong to one registrable domain."""
    return site_of(host_of(one)) == site_of(host_of(other)) != ""


_MEDIA = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|mov|avi|webm|ogg|wav|pdf|docx?|xlsx?|pptx?"
    r"|zip|gz|rar|7z|exe|apk|css|js|json|xml|rss|atom|ics|woff2?|ttf|eot)$",
    re.I,
)


def is_media(url: str) -> bool:
    """Whether the path ends like a file that is no page."""
    return bool(_MEDIA.search(urlsplit(url).path))


# Path words that stand before articles, and those of pages that are none, in the languages news is in.
_ARTICLE_WORDS = frozenset(
    "article articles artikel artikkel artikla articulo articolo artigo art story stories news nachricht "
    "nachrichten noticia noticias notizia notizie nyhet nyheter nyheder actualite actualites actu haber "
    "haberler berita clanek clanky wiadomosc novosti novost post posts blog a p n id-".split()
)
_OTHER_WORDS = frozenset(
    "tag tags tagged topic topics thema themen themenseite sujet sujets tema temas argomento etiqueta "
    "etiket author authors autor autoren auteur auteurs autore yazar writer profile profil user users "
    "people category categories kategorie categorie categoria rubrik rubrique ressort section sections "
    "seccion sezione search suche recherche buscar busqueda cerca ricerca arama sok sogning login signin "
    "signup register registrieren anmelden connexion inscription account konto mein-konto abo abonnement "
    "subscribe subscription newsletter newsletters contact kontakt contacto contatti about ueber-uns "
    "uber-uns a-propos impressum imprint privacy datenschutz privacidad confidentialite terms agb legal "
    "mentions-legales cookies cookie-policy help hilfe faq jobs karriere careers advertise mediadaten "
    "werbung sitemap feed feeds rss archive archiv archives video videos gallery galleries galerie "
    "galerien bildergalerie fotos photos photo fotostrecke diaporama slideshow podcast podcasts audio "
    "live-tv shop cart kasse page seite pagina print share comment comments wp-login.php wp-admin cgi-bin "
    "cdn-cgi admin".split()
)
# Under these stands no article, however long the slug: media, services, advertisements, games.
_NEVER = frozenset(
    "video videos gallery galleries galerie galerien galeria galerias bildergalerie fotos photos photo "
    "photo-essays fotostrecke diaporama slideshow podcast podcasts audio live-tv vinetas newsletter "
    "newsletters newsletter-signup anzeige anzeigen advertisement advertisements advertorial sponsored "
    "service services servicios programs programmes programas poll polls games jeux spiele raetsel "
    "juegos bingo competitions gewinnspiel gewinnspiele concours sorteos gutschein gutscheine coupons "
    "shop shopping vergleich signataires login signin register anmelden account konto epaper "
    "stellenmarkt kleinanzeigen traueranzeigen horoskop horoscope sudoku weather wetter meteo".split()
)
# Parameters of other views of a page, not of the page itself.
_VIEWS = frozenset({"print", "tmpl", "replytocom", "share", "task", "output", "format"})
_INDEX = re.compile(r"(?:index|default)\.\w{2,5}")
_DATE_IN_PATH = re.compile(
    r"/(?:19|20)\d\d[/-]?(?:0[1-9]|1[0-2])(?:[/-]?(?:0[1-9]|[12]\d|3[01]))?(?=[/_-]|$)"
)
_ID = re.compile(r"(?:^|[-_./a-z])\d{4,}(?:\.\w+)?$|^\d{3,}$|[0-9a-f]{8}-[0-9a-f]{4}-|[-_.][a-z]?\d{5,}[-_.]")
_ID_IN_QUERY = frozenset(
    {"id", "p", "article", "articleid", "article_id", "aid", "story", "storyid", "nid", "newsid"}
)
_PAGED = re.compile(
    r"/(?:page|seite|pagina|p)/?\d+/?$|[?&](?:page|paged|seite|pagina|start|offset)=\d+", re.I
)


def looks_like_article(url: str) -> float:
    """How much the shape of a URL is that of an article, 0 to 1; 0.5 means it does not tell."""
    parts = urlsplit(url)
    segments = [unquote(segment).lower() for segment in parts.path.split("/") if segment]
    if is_media(url) or _PAGED.search(url) or (not segments and not parts.query):
        return 0.0
    names = {name.lower() for name, _ in parse_qsl(parts.query)}
    if not _NEVER.isdisjoint(segments[:-1]) or not _VIEWS.isdisjoint(names):
        return 0.05
    if segments and not parts.query and _INDEX.fullmatch(segments[-1]):
        # The page of a folder: a story's own folder has its title or date, a section's a name or number.
        segments = segments[:-1]
        if not segments or (_slug_words(segments[-1]) < 2 and not _DATE_IN_PATH.search(parts.path)):
            return 0.05
    if any(segment in _OTHER_WORDS for segment in segments):
        # /video/a-story-with-a-long-title-123456 may be one; /tag/elections is not.
        return 0.25 if _slug_words(segments[-1]) >= 4 and segments[-1] not in _OTHER_WORDS else 0.05
    return max(0.0, min(1.0, 0.3 + _evidence(parts, segments)))


def _evidence(parts: SplitResult, segments: list[str]) -> float:
    last = segments[-1] if segments else ""
    words = _slug_words(last)
    found = 0.4 if words >= 4 else 0.25 if words == 3 else 0.05 if words == 2 else 0.0
    found += 0.35 if _DATE_IN_PATH.search(parts.path) and len(segments) > 2 else 0.0
    found += 0.3 if _ID.search(last) else 0.0
    found += 0.15 if any(segment in _ARTICLE_WORDS for segment in segments[:-1]) else 0.0
    found += 0.1 if re.search(r"\.(?:s?html?|php|aspx?|ece|story)$", last) else 0.0
    names = {name.lower() for name, value in parse_qsl(parts.query) if re.search(r"\d", value)}
    found += 0.35 if names & _ID_IN_QUERY else 0.0
    if not words and len(segments) <= 2 and not found:
        found = -0.2
    return found


def _slug_words(segment: str) -> int:
    """Words of a slug; a run of a script without spaces counts a word for every two characters."""
    stem = re.sub(r"\.\w{2,5}$", "", segment)
    words = [word for word in re.split(r"[-_+ ,]+", stem) if word and not word.isdigit()]
    wide = sum(
        len(word)
        for word in words
        if re.search(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff]", word)
    )
    return len([word for word in words if len(word) > 1]) + wide // 2 if len(words) > 1 or wide else 0


def is_variant(page_url: str, declared: str) -> bool:
    """Whether the canonical address a page declares may be believed to be that of the same article.

    It must be of the same site, and no home page, section or page of another kind (a careless template
    declares those): it must look at least nearly as much like an article as the page's own address.
    """
    address = canonical(declared, page_url)
    if address is None or not same_site(address, page_url) or urlsplit(address).path == "/":
        return False
    own = canonical(page_url) or page_url
    return address == own or looks_like_article(address) >= min(looks_like_article(own), 0.5) - 0.15


def is_view(one: str, other: str) -> bool:
    """Whether two addresses of a site differ only in host and scheme, a slash or index at the end, or in what
    asks for another view of the page (print)."""
    return _page_of(one) == _page_of(other)


def _page_of(url: str) -> tuple[str, tuple[str, ...]]:
    parts = urlsplit(url)
    folder, _, last = parts.path.rpartition("/")
    path = folder if _INDEX.fullmatch(last) else parts.path
    pairs = (pair for pair in parts.query.split("&") if pair)
    return path.rstrip("/"), tuple(pair for pair in pairs if pair.partition("=")[0].lower() not in _VIEWS)


_NUMBER = re.compile(r"\d{5,}")
# A day, or a month that has a segment of the path to itself: 200013 in a slug is a number.
_DATE_RUN = re.compile(r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d*")
_MONTH_SEGMENT = re.compile(r"/(?:19|20)\d\d(?:0[1-9]|1[0-2])(?=/)")


def number_in(url: str) -> str | None:
    """The number a content system knows the page by: the last one of five digits or more that is no date."""
    parts = urlsplit(url)
    rest = _MONTH_SEGMENT.sub("/", parts.path)
    found = [run for run in _NUMBER.findall(f"{rest}?{parts.query}") if not _DATE_RUN.fullmatch(run)]
    return found[-1] if found else None


def article_key(page_url: str, declared: str | None) -> str:
    """The canonical URL an article is kept under: the declared one where it may be believed."""
    own = canonical(page_url) or page_url
    if declared and is_variant(page_url, declared):
        return canonical(declared, page_url) or own
    return own
