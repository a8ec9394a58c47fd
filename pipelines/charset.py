"""From bytes to text: the byte order mark, then strict UTF-8, then what is declared, then a guess.

Servers and templates declare wrongly more often than a text that is no UTF-8 passes for it by chance.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

# WHATWG Encoding Standard, 4.2: labels that browsers read as a larger encoding than the name says.
_ALIASES = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "utf8": "utf-8",
    "unicode": "utf-16",
}
# Python's own forms of text, which no page is written in.
_NO_CHARSETS = ("unicode-escape", "raw-unicode-escape", "punycode")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)
_XML = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]+)""", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w:.-]+)", re.IGNORECASE)
_HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`replaced` is the share of characters that could not be read, 0 to 1."""

    text: str
    charset: str
    replaced: float


def decode(body: bytes, content_type: str | None) -> Decoded:
    """The text of a body; `content_type` is the header's value, or a charset's bare name. Never raises."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], name)
    try:
        return Decoded(text=body.decode("utf-8"), charset="utf-8", replaced=0.0)
    except UnicodeDecodeError:
        pass
    mostly = _decoded(body, "utf-8")
    wide = sum(not character.isascii() for character in mostly.text)
    if wide > 10 * mostly.text.count("\ufffd"):
        return mostly  # UTF-8 with a broken byte or two: no other charset gives ten good sequences by chance
    declared = [name for name in _declared(body, content_type) if name != "utf-8"]
    for name in declared:
        decoded = _decoded(body, name)
        if decoded.replaced == 0:
            return decoded
    return _best(body, [*declared, *_guesses(body), "utf-8", "cp1252"])


def _best(body: bytes, names: list[str]) -> Decoded:
    """A page with one broken byte is not another charset's: the fewest unreadable characters win."""
    readings = [_decoded(body, name) for name in dict.fromkeys(names)]
    return min(readings, key=lambda reading: reading.replaced)


def _decoded(body: bytes, name: str) -> Decoded:
    text = body.decode(name, "replace")
    return Decoded(text=text, charset=name, replaced=text.count("\ufffd") / max(1, len(text)))


def _declared(body: bytes, content_type: str | None) -> list[str]:
    header = _HEADER.search(content_type or "")
    labels = [header[1] if header else (content_type or "")]
    for pattern in (_META, _XML):
        found = pattern.search(body[:_HEAD])
        labels.append(found[1].decode("ascii", "replace") if found else "")
    return [name for label in labels if (name := _codec(label))]


def _codec(label: str) -> str | None:
    label = label.strip().lower()
    label = _ALIASES.get(label, label)
    try:
        name = codecs.lookup(label).name
        # Python also has codecs that give no text (hex, rot13), or bear no broken bytes (idna, undefined).
        b"a\xff".decode(name, "replace")
    except (LookupError, ValueError):
        return None
    return None if name in _NO_CHARSETS else name


def _guesses(body: bytes) -> list[str]:
    best = from_bytes(body[:50_000]).best()
    return [best.encoding] if best is not None else []
