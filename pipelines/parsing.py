"""Bytes -> a parsed page, with what makes parsers drop whole articles taken out before."""

from __future__ import annotations

import re

from lxml import etree, html

from pipelines.charset import decode
from pipelines.items import Page

# References to characters that XML cannot hold: one of them makes trafilatura lose the whole page.
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,10}));?")
_CONTROLS = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_NONCHARACTER = b"\xef\xbf"
_NONCHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]")
# An encoding declared inside a text that is already decoded makes lxml refuse it.
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
# One class for every element: lxml.html asks a Python function for the class of each, a twentieth of all the
# time that a page takes, and nobody here needs forms to have methods of their own.
_PLAIN = etree.ElementDefaultClassLookup(element=html.HtmlElement)
# What C1 references mean in practice, by the HTML standard (numeric character reference end state).
_C1 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}


def parse_page(page: Page) -> html.HtmlElement | None:
    """The page's tree; None for a body without a single element."""
    return parse_html(decode(page.body, page.headers.get("content-type")).text)


def parse_html(text: str) -> html.HtmlElement | None:
    """The tree of an HTML text; None when there is none in it.

    Deeply nested pages are read to 2,048 levels, where lxml's default cuts silently at 256.
    """
    source = _REFERENCE.sub(_character, _DECLARATION.sub("", text)).encode("utf-8", "ignore")
    source = source.translate(None, _CONTROLS)
    if _NONCHARACTER in source:
        source = _NONCHARACTERS.sub(b"", source)
    if not source.strip():
        return None
    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    parser.set_element_class_lookup(_PLAIN)
    try:
        tree: html.HtmlElement | None = html.document_fromstring(source, parser=parser)
    except (etree.ParserError, ValueError):
        return None
    return tree


def _character(found: re.Match[str]) -> str:
    """The reference as it stands, or what takes its place when no document can hold it."""
    code = int(found[1], 16) if found[1] else int(found[2])
    if code in _C1:
        return _C1[code]
    valid = code in (0x9, 0xA, 0xD) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE
    return found[0] if valid or 0x10000 <= code <= 0x10FFFF else ""
