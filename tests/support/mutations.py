"""Damaged documents, without end: pages, feeds, sitemaps and robots.txt, cut, mixed up, nested and blown up.

`mutations(seed)` yields the same documents for the same seed, each with the names of what was done to it.
"""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.demo.content import read_outlets
from crawler.demo.pages import Site

CORPORA = Path(__file__).parents[3] / "shared" / "corpus"
CORPUS_PAGES = 400
# Bytes of a document after its mutations; one in so many may be as large as that.
USUAL, LARGE, ONE_IN = 200_000, 2_000_000, 200
CHARSETS = (
    "utf-8", "utf-16", "utf-7", "utf-32", "iso-8859-1", "shift_jis", "gb18030", "koi8-r", "windows-1251",
    "iso-2022-jp", "x-user-defined", "no-such-charset", "", "hex", "rot13", "idna", "unicode_escape",
)  # fmt: skip
TYPES = (
    "text/html", "application/rss+xml", "application/xml", "text/plain", "application/json", "application/pdf", "",
)  # fmt: skip
_TAG = re.compile(rb"<[^<>]{1,200}>")
_CHARSET = re.compile(rb"(charset|encoding)(\s*=\s*[\"']?)[\w-]+", re.IGNORECASE)
_DIGITS = re.compile(rb"\d+")
ENTITIES = (
    b"&#0;", b"&#1;", b"&#xFFFF;", b"&#xD800;", b"&#x110000;", b"&#99999999999999999999;", b"&nosuch;", b"&", b"&#;",
    b"&#x;", b"&amp;amp;amp;", b"&#8238;", b"]]>", b"<![CDATA[", b"-->", b"<!--", b"<!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
)  # fmt: skip
ODD = (
    "\ud800".encode("utf-8", "surrogatepass"), b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc0\x80", b"\xf4\x90\x80\x80",
    "\u202e\u2066".encode(), "\u0301".encode() * 500, b"\x1b$B", b"\x0c\x0b", b"\x85", "\U000e0041".encode(),
)  # fmt: skip
NUMBERS = (b"0", b"-1", b"9" * 400, b"1e999", b"NaN", b"2147483648", b"0000", "٣".encode())


@dataclass(frozen=True)
class Sample:
    """A whole document. `kind` is "article", "listing", "feed", "sitemap" or "robots"."""

    kind: str
    url: str
    type: str
    body: bytes


@dataclass(frozen=True)
class Mutant:
    """`steps`: what was done to it, in this order."""

    number: int
    sample: Sample
    body: bytes
    content_type: str
    steps: tuple[str, ...]


def samples(*, corpus: bool = True) -> list[Sample]:
    """The sample site's documents, and saved pages of real sites where they are at hand."""
    found = [
        sample for outlet in read_outlets(datetime(2026, 11, 1, tzinfo=UTC)) for sample in _of_site(outlet)
    ]
    if corpus:
        paths = sorted(CORPORA.glob("*/html/*.html.gz"))
        found += [_saved(path) for path in random.Random(0).sample(paths, min(CORPUS_PAGES, len(paths)))]
    return found


def _of_site(outlet: object) -> Iterator[Sample]:
    site = Site(outlet, "https://news.example")  # type: ignore[arg-type]
    for path, answer in site.pages().items():
        body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
        if body:
            kind = _kind(path, body, answer.type)
            yield Sample(kind, f"https://news.example{path}", answer.type, body)


def _kind(path: str, body: bytes, type_: str) -> str:
    if path.endswith("robots.txt"):
        return "robots"
    head = body[:2000]
    if b"<urlset" in head or b"<sitemapindex" in head or path.endswith(".gz"):
        return "sitemap"
    if "html" not in type_:
        return "feed"
    return (
        "article" if b'property="og:type" content="article"' in body or b"NewsArticle" in body else "listing"
    )


def _saved(path: Path) -> Sample:
    body = gzip.decompress(path.read_bytes())
    return Sample("article", f"https://saved.example/2026/11/{path.name[:-8]}", "text/html", body)


# --- what is done to a document ---------------------------------------------------------------------------


def _span(body: bytes, dice: random.Random, most: int) -> tuple[int, int]:
    start = dice.randrange(len(body) + 1)
    return start, min(len(body), start + dice.randint(1, most))


def cut(body: bytes, other: bytes, dice: random.Random) -> bytes:
    start, end = _span(body, dice, max(1, len(body) // 2))
    return body[:start] if dice.random() < 0.5 else body[:start] + body[end:]


def flip(body: bytes, other: bytes, dice: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(dice.choice((1, 10, 300))):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def splice(body: bytes, other: bytes, dice: random.Random) -> bytes:
    return body[: dice.randrange(len(body) + 1)] + other[dice.randrange(len(other) + 1) :]


def insert(body: bytes, other: bytes, dice: random.Random) -> bytes:
    start, end = _span(other, dice, 5000)
    at = dice.randrange(len(body) + 1)
    return body[:at] + other[start:end] + body[at:]


def repeat(body: bytes, other: bytes, dice: random.Random) -> bytes:
    start, end = _span(body, dice, dice.choice((10, 200, 5000)))
    return body[:start] + body[start:end] * dice.choice((5, 100, 5000)) + body[end:]


def repeat_tag(body: bytes, other: bytes, dice: random.Random) -> bytes:
    """An opening tag again and again, never closed."""
    tags = _TAG.findall(body) or [b"<b>"]
    at = dice.randrange(len(body) + 1)
    return body[:at] + dice.choice(tags) * dice.choice((10, 300, 3000)) + body[at:]


def nest(body: bytes, other: bytes, dice: random.Random) -> bytes:
    name = dice.choice((b"div", b"ul><li", b"table><tr><td", b"blockquote", b"span", b"item", b"url", b"p"))
    depth = dice.choice((20, 300, 3000))
    at = dice.randrange(len(body) + 1)
    closing = b"".join(b"</" + part + b">" for part in reversed(name.split(b"><")))
    return body[:at] + (b"<" + name + b">") * depth + body[at:] + closing * depth


def attributes(body: bytes, other: bytes, dice: random.Random) -> bytes:
    count = dice.choice((50, 1000, 6000))
    many = b" ".join(b'a%d="%d"' % (number, number) for number in range(count))
    found = [match.end() - 1 for match in _TAG.finditer(body)] or [0]
    at = dice.choice(found)
    return body[:at] + b" " + many + body[at:]


def swap_tags(body: bytes, other: bytes, dice: random.Random) -> bytes:
    tags = list(dict.fromkeys(_TAG.findall(body)))
    if len(tags) < 2:
        return body
    one, two = dice.sample(tags, 2)
    return body.replace(one, b"\x00\x01").replace(two, one).replace(b"\x00\x01", two)


def drop_tags(body: bytes, other: bytes, dice: random.Random) -> bytes:
    share = dice.choice((0.02, 0.3))
    return _TAG.sub(lambda match: b"" if dice.random() < share else match[0], body)


def entities(body: bytes, other: bytes, dice: random.Random) -> bytes:
    return _sprinkle(body, ENTITIES, dice)


def odd_bytes(body: bytes, other: bytes, dice: random.Random) -> bytes:
    return _sprinkle(body, ODD, dice)


def controls(body: bytes, other: bytes, dice: random.Random) -> bytes:
    return _sprinkle(body, [bytes([number]) for number in (*range(32), 127)], dice)


def _sprinkle(body: bytes, what: tuple[bytes, ...] | list[bytes], dice: random.Random) -> bytes:
    places = sorted(dice.randrange(len(body) + 1) for _ in range(dice.choice((1, 20, 400))))
    parts, last = [], 0
    for place in places:
        parts += [body[last:place], dice.choice(what)]
        last = place
    return b"".join([*parts, body[last:]])


def numbers(body: bytes, other: bytes, dice: random.Random) -> bytes:
    """Years, counts and sizes that are none."""
    share = dice.choice((0.05, 0.5))
    return _DIGITS.sub(lambda match: dice.choice(NUMBERS) if dice.random() < share else match[0], body)


def relabel(body: bytes, other: bytes, dice: random.Random) -> bytes:
    name = dice.choice(CHARSETS).encode()
    return _CHARSET.sub(lambda match: match[1] + match[2] + name, body)


def recode(body: bytes, other: bytes, dice: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(dice.choice(("utf-16", "utf-32", "latin-1", "cp1251", "shift_jis", "utf-7")), "ignore")


def squeeze(body: bytes, other: bytes, dice: random.Random) -> bytes:
    packed = gzip.compress(body, 1, mtime=0)
    return packed[: dice.randrange(len(packed))] if dice.random() < 0.5 else packed


def noise(body: bytes, other: bytes, dice: random.Random) -> bytes:
    return dice.randbytes(dice.choice((0, 1, 100, 20_000)))


MUTATIONS: Mapping[str, Callable[[bytes, bytes, random.Random], bytes]] = {
    made.__name__: made
    for made in (
        cut, flip, splice, insert, repeat, repeat_tag, nest, attributes, swap_tags, drop_tags, entities, odd_bytes,
        controls, numbers, relabel, recode, squeeze, noise,
    )
}  # fmt: skip


def mutations(seed: int, found: list[Sample]) -> Iterator[Mutant]:
    """One after another, without end. Half of them are of pages, the others of what leads to pages."""
    kinds = {kind: [one for one in found if one.kind == kind] for kind in {one.kind for one in found}}
    number = 0
    while True:
        dice = random.Random(f"{seed}/{number}")
        kind = dice.choice(("article", "article", "article", "listing", "feed", "sitemap", "robots"))
        yield mutant(number, dice.choice(kinds[kind]), dice.choice(found), dice)
        number += 1


def mutant(number: int, sample: Sample, other: Sample, dice: random.Random) -> Mutant:
    steps = tuple(dice.choices(list(MUTATIONS), k=dice.choice((1, 1, 2, 3))))
    most = LARGE if dice.randrange(ONE_IN) == 0 else USUAL
    body = sample.body
    for step in steps:
        body = MUTATIONS[step](body, other.body, dice)[:most]
    content_type = sample.type
    if dice.random() < 0.2:
        content_type = f"{dice.choice(TYPES)}; charset={dice.choice(CHARSETS)}"
    return Mutant(number, sample, body, content_type, steps)
