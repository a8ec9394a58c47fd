"""A local news site with every hazard a crawler meets.

`python hazardsite.py` serves it until it is interrupted, for a look by hand.
"""

from __future__ import annotations

import gzip
import random
import re
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import brotli
from backports import zstd
from newsserver import WORDS, article, listing, paragraphs

GIB, MIB = 1024**3, 1024**2
HTML = "text/html; charset=utf-8"


@dataclass
class Reply:
    """What a hazard writes: a head, then pieces until there are none or nobody listens."""

    pieces: Iterator[bytes] | bytes | str | Callable[[socket.socket], None] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    type: str = HTML
    chunked: bool = False


Hazard = Callable[["HazardSite"], Reply]


class HazardSite:
    """Serves `hazards` (path -> reply) on a free port of 127.0.0.1. `asked` are the paths in their order."""

    def __init__(self, hazards: dict[str, Hazard] | None = None) -> None:
        self.hazards = dict(HAZARDS if hazards is None else hazards)
        self.asked: list[str] = []
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply(self, path: str) -> Reply:
        bare = path.partition("?")[0]
        if path in self.hazards or bare in self.hazards:
            return self.hazards.get(path, self.hazards.get(bare, not_found))(self)
        for pattern, trap in TRAPS:
            if re.match(pattern, path):
                return trap(path, self)
        return not_found(self)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever is refused at a limit hangs up: that is what is wanted here."""


def _handler(site: HazardSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            reply = site.reply(self.path)
            with suppress(ConnectionError, TimeoutError):
                if callable(reply.pieces):
                    reply.pieces(self.connection)
                    self.close_connection = True
                else:
                    self._send(reply)

        def _send(self, reply: Reply) -> None:
            pieces = reply.pieces.encode() if isinstance(reply.pieces, str) else reply.pieces
            headers = {"Content-Type": reply.type, **reply.headers}
            if isinstance(pieces, bytes):
                headers["Content-Length"] = str(len(pieces))
                pieces = iter([pieces])
            elif reply.chunked:
                headers["Transfer-Encoding"] = "chunked"
                pieces = _chunks(pieces)
            self.send_response(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def _chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


# --- answers that do not end --------------------------------------------------------------------------------


def endless_body(site: HazardSite) -> Reply:
    """A page that goes on as long as anybody listens."""
    text = "".join(f"<p>{line}</p>" for number in range(50) for line in paragraphs(number)).encode()
    return Reply(_for_ever(site, article(900).encode().removesuffix(b"</body></html>"), text), chunked=True)


def endless_headers(site: HazardSite) -> Reply:
    """A thousand headers a piece, for ever."""
    return Reply(_raw(site, b"HTTP/1.1 200 OK\r\n", b"X-Filler: 0123456789abcdef\r\n" * 1000))


def one_long_header(site: HazardSite) -> Reply:
    """A header line without an end."""
    return Reply(_raw(site, b"HTTP/1.1 200 OK\r\nX-Filler: ", b"0" * 65536))


def endless_continues(site: HazardSite) -> Reply:
    """Interim answers, one after the other (RFC 9110, 15.2)."""
    return Reply(_raw(site, b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 500))


def drip(site: HazardSite) -> Reply:
    """A byte at a time, often enough for every idle time-out."""
    return Reply(_raw(site, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", b"a", every=0.3))


def drip_headers(site: HazardSite) -> Reply:
    """The same, before the answer has begun."""
    return Reply(_raw(site, b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", every=0.3))


def _for_ever(site: HazardSite, first: bytes, more: bytes) -> Iterator[bytes]:
    yield first
    while not site.over.is_set():
        yield more


def _raw(
    site: HazardSite, first: bytes, more: bytes, *, every: float = 0.0
) -> Callable[[socket.socket], None]:
    def send(connection: socket.socket) -> None:
        connection.sendall(first)
        while not site.over.wait(every):
            connection.sendall(more)

    return send


# --- answers that are too large -----------------------------------------------------------------------------


def hundred_mib(site: HazardSite) -> Reply:
    """A page of 100 MiB that says so."""
    piece = ("<p>" + " ".join(WORDS) * 100 + "</p>\n").encode()
    count = 100 * MIB // len(piece)
    return Reply(iter([piece] * count), headers={"Content-Length": str(count * len(piece))})


@lru_cache(maxsize=1)
def _gzip_bomb() -> bytes:
    """A gibibyte of blanks: one flushed block of a MiB, many times."""
    packer = zlib.compressobj(9, wbits=31)
    first = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (GIB // MIB - 1) + packer.flush()


@lru_cache(maxsize=1)
def _brotli_bomb() -> bytes:
    packer = brotli.Compressor(quality=1)
    return b"".join(packer.process(b" " * 64 * MIB) for _ in range(GIB // MIB // 64)) + packer.finish()


@lru_cache(maxsize=1)
def _zstd_bomb() -> bytes:
    packer = zstd.ZstdCompressor(level=1)
    return b"".join(packer.compress(b" " * 64 * MIB) for _ in range(GIB // MIB // 64)) + packer.flush()


def gzip_bomb(site: HazardSite) -> Reply:
    return Reply(_gzip_bomb(), headers={"Content-Encoding": "gzip"})


def brotli_bomb(site: HazardSite) -> Reply:
    return Reply(_brotli_bomb(), headers={"Content-Encoding": "br"})


def zstd_bomb(site: HazardSite) -> Reply:
    return Reply(_zstd_bomb(), headers={"Content-Encoding": "zstd"})


def nested_encodings(site: HazardSite) -> Reply:
    """A page packed twelve times."""
    body = article(901).encode()
    for _ in range(12):
        body = gzip.compress(body, 1, mtime=0)
    return Reply(body, headers={"Content-Encoding": ", ".join(["gzip"] * 12)})


# --- pages that are hard to read ----------------------------------------------------------------------------


def dense(size: int) -> Hazard:
    """An article of so many bytes of plain text."""

    def page(site: HazardSite) -> Reply:
        line = "".join(f"<p>{text}</p>" for text in paragraphs(size % 997, 9))
        return Reply(article(902, body=line * (size // len(line))))

    return page


def binary(site: HazardSite) -> Reply:
    """Two MiB of noise, said to be HTML."""
    return Reply(random.Random(7).randbytes(2 * MIB))


def picture(site: HazardSite) -> Reply:
    """Eight MiB that are honestly no page."""
    return Reply(random.Random(8).randbytes(8 * MIB), type="image/jpeg")


def attributes(site: HazardSite) -> Reply:
    """A tag with so many attributes that libxml2 would need a minute."""
    return Reply(article(903, body=f"<p {' '.join(f'a{n}=1' for n in range(150_000))}>x</p>"))


def nested_lists(site: HazardSite) -> Reply:
    """Lists in lists, deeper than any recursion goes."""
    return Reply(article(904, body="<ul><li>" * 60_000 + "deep"))


def many_links(site: HazardSite) -> Reply:
    """A page of 200,000 links."""
    return Reply("<html><body>" + "".join(f'<a href="/x/{n}">link {n}</a>' for n in range(200_000)))


def broken_charset(site: HazardSite) -> Reply:
    """Says UTF-16 in the header and Big5 in the page, is UTF-8 with a broken byte."""
    page = (
        article(11, head='<meta charset="big5">')
        .encode()
        .replace(b"In report 11, part 2", b"Caf\xc3\xa9 \xff", 1)
    )
    return Reply(page, type="text/html; charset=utf-16")


def variant(site: HazardSite) -> Reply:
    """One article, whatever is asked behind its path; it names no address of its own."""
    return Reply(article(12))


# --- answers that lead elsewhere, or nowhere ----------------------------------------------------------------


def to(location: str, status: int = 302) -> Hazard:
    return lambda site: Reply(status=status, headers={"Location": location.replace("{site}", site.url)})


def refused(status: int, **headers: str) -> Hazard:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda site: Reply("<p>Not now.</p>", status=status, headers=named)


def not_found(site: HazardSite) -> Reply:
    """Nothing is missing here, by its status."""
    return Reply(
        "<!doctype html><html lang='en'><head><title>Page not found - The Hazard</title></head><body><main>"
        "<h1>Page not found</h1><p>Sorry, the page you were looking for could not be found. It may have been "
        "moved or deleted. Please use the search or go back to our home page, where the latest stories are.</p>"
        "<p>If you think that this is an error of ours, then write to the editors, who will look into it.</p>"
        "</main></body></html>"
    )


def growing(path: str, site: HazardSite) -> Reply:
    """Redirects to a longer address, every time."""
    return Reply(status=301, headers={"Location": path + "/further-into-the-tunnel"})


def calendar(path: str, site: HazardSite) -> Reply:
    """A month, with the days in it and the months beside it, to the end of time."""
    found = re.search(r"(\d{4})/(\d\d)", path)
    year, month = (int(found[1]), int(found[2])) if found else (2026, 11)
    beside = [divmod(year * 12 + month - 1 + step, 12) for step in (-1, 1)]
    months = "".join(f'<a href="/calendar/{y}/{m + 1:02}/">{m + 1} {y}</a> ' for y, m in beside)
    days = "".join(f'<a href="/calendar/{year}/{month:02}/{day:02}/">{day}</a> ' for day in range(1, 29))
    following = f'<a rel="next" href="/calendar/{beside[1][0]}/{beside[1][1] + 1:02}/">Next month</a>'
    return Reply(
        f"<!doctype html><html lang='en'><head><title>Events {month}/{year}</title></head><body><nav>"
        f"<a href='/'>Home</a> {months}</nav><main><h1>Events in {month}/{year}</h1><p>{days}</p>{following}"
        f"<p>There are no events planned on these days. Choose another month to see what is on, or tell us "
        f"about an event of yours, which we will gladly list here for everybody in the town.</p></main>"
    )


def deeper(path: str, site: HazardSite) -> Reply:
    """A section whose relative links lead ever deeper into itself."""
    return Reply(
        f"<!doctype html><html><head><title>Town</title></head><body><nav><a href='{path}town/'>Town</a> "
        f"<a href='{path}sport/'>Sport</a></nav><main><h2><a href='{path}a-story-that-is-not-there-at-all'>"
        "A story that is not there at all and never was</a></h2></main></body></html>"
    )


def session(path: str, site: HazardSite) -> Reply:
    """A section that gives each visitor links of their own."""
    number = len(site.asked)
    return Reply(
        f"<!doctype html><html><head><title>Session</title></head><body><nav>"
        f"<a href='/session/?visitor={number:08x}'>Latest</a> <a href='/session/?visitor={number:08x}1'>All</a>"
        f"</nav><main>{''.join(_session_links(number))}</main></body></html>"
    )


def _session_links(number: int) -> Iterator[str]:
    for story in range(3):
        yield (
            f"<h2><a href='/2026/11/report-12-on-the-variants?visitor={number:06x}{story}'>Report 12 on the "
            "variants of one address</a></h2>"
        )


def sitemap_of_sitemaps(path: str, site: HazardSite) -> Reply:
    """An index of indexes, without end."""
    stem = path.removesuffix(".xml")
    entries = "".join(f"<sitemap><loc>{site.url}{stem}-{n}.xml</loc></sitemap>" for n in range(2000))
    return Reply(f"<?xml version='1.0'?><sitemapindex>{entries}</sitemapindex>", type="application/xml")


TRAPS: tuple[tuple[str, Callable[[str, HazardSite], Reply]], ...] = (
    (r"/calendar/", calendar),
    (r"/town/", deeper),
    (r"/session/", session),
    (r"/tunnel", growing),
    (r"/sitemap-index", sitemap_of_sitemaps),
)

# What stands at each path; those of HAZARDS are all named by the feed.
_PREFIX = "/2026/11/"
_STORIES: dict[str, Hazard] = {
    "an-endless-body-of-the-harbour": endless_body,
    "endless-headers-of-the-council": endless_headers,
    "one-long-header-of-the-bridge": one_long_header,
    "endless-hints-of-the-museum": endless_continues,
    "a-page-of-a-hundred-mebibytes": hundred_mib,
    "a-bomb-packed-with-gzip-today": gzip_bomb,
    "a-bomb-packed-with-brotli-today": brotli_bomb,
    "a-bomb-packed-with-zstd-today": zstd_bomb,
    "a-page-packed-twelve-times-over": nested_encodings,
    "dense-text-of-twenty-megabytes": dense(20_000_000),
    "dense-text-of-fourteen-megabytes": dense(14_000_000),
    "noise-that-is-said-to-be-html": binary,
    "a-picture-where-a-page-was-announced": picture,
    "a-tag-with-many-many-attributes": attributes,
    "lists-in-lists-in-lists-in-lists": nested_lists,
    "two-hundred-thousand-links-in-town": many_links,
    "a-redirect-that-leads-to-itself": to(_PREFIX + "a-redirect-that-leads-to-itself"),
    "a-redirect-there-and-back-again": to(_PREFIX + "a-redirect-back-and-there-again"),
    "a-redirect-back-and-there-again": to(_PREFIX + "a-redirect-there-and-back-again"),
    "a-redirect-with-an-empty-location": to(""),
    "a-redirect-to-the-machine-s-metadata": to("http://169.254.169.254/latest/meta-data/"),
    "a-redirect-to-a-file-of-the-machine": to("file:///etc/hostname"),
    "a-redirect-with-a-name-and-password": to("http://ada:hazard-secret@127.0.0.1:9/"),
    "a-story-that-is-not-there-any-more": not_found,
    "another-story-that-is-not-there": not_found,
    "report-11-on-the-broken-charset": broken_charset,
    "report-12-on-the-variants": variant,
    # These have the host left alone for a while.
    "a-story-that-is-not-served-now": refused(503, Retry_After="1"),
    "a-story-for-which-we-ask-too-often": refused(429, Retry_After="1"),
    "a-page-that-drips-all-winter": drip,
    "a-head-that-drips-all-winter": drip_headers,
}
ADDRESSES = (
    "report-12-on-the-variants", "report-12-on-the-variants?utm_source=feed", "report-12-on-the-variants#top",
    "report-12-on-the-variants;jsessionid=0123456789ABCDEF", "report-12-on-the-vari%61nts?fbclid=x",
    "report-12-on-the-variants?ref=home&story=1", "report-12-on-the-variants?story=1&ref=home",
    "./report-12-on-the-variants?print=1",
)  # fmt: skip
GOOD = tuple(_PREFIX + name for name in ("report-11-on-the-broken-charset", "report-12-on-the-variants"))


def feed(site: HazardSite) -> Reply:
    """All hazards as news, the one article by all its addresses, and a tunnel."""
    names = [*_STORIES, *ADDRESSES, "tunnel-without-an-end-under-the-river"]
    links = [f"{site.url}{_PREFIX}{name}" for name in names]
    links.append(f"{site.url}/tunnel-without-an-end-under-the-river")
    links.append(f"{site.url}{_PREFIX}{'a-very-long-address-' * 200}")
    items = "".join(
        f"<item><title>{link[-60:]}</title><link>{link.replace('&', '&amp;')}</link></item>" for link in links
    )
    return Reply(
        f"<rss version='2.0'><channel><title>Hazard</title>{items}</channel></rss>",
        type="application/rss+xml",
    )


def home(site: HazardSite) -> Reply:
    menu = "<a href='/calendar/'>Events</a> <a href='/town/'>Town</a> <a href='/session/'>Session</a>"
    return Reply(listing(range(0)).replace("</nav>", f"{menu}</nav>"))


HAZARDS: dict[str, Hazard] = {
    "/": home,
    "/feed/": feed,
    "/robots.txt": lambda site: Reply("User-agent: *\nDisallow: /search\n" * 100_000, type="text/plain"),
    **{_PREFIX + name: hazard for name, hazard in _STORIES.items()},
}


if __name__ == "__main__":
    with HazardSite() as hazards:
        print(hazards.url)
        with suppress(KeyboardInterrupt):
            hazards.over.wait()
