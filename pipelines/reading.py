"""Reading a page within its limits: what a worker process is asked to do."""

from __future__ import annotations

import codecs
import re
from typing import Any

from pipelines.extract import Reading, read_article
from pipelines.items import Outcome, Page

# Bytes that one character of a text takes at most, in UTF-8 and UTF-16.
_WIDEST = 4
_HEAD = 65_536
# No text has these: all but NUL (some templates leave one), tab, the line ends, and escape (ISO 2022).
_CONTROLS = bytes([*range(0x01, 0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_WIDE_NAMES = re.compile(r"utf-?(?:16|32)|ucs-?[24]", re.IGNORECASE)
_UNSEEN = re.compile(rb"(script|style)\b", re.IGNORECASE)
_UNSEEN_END = re.compile(rb"</(?:script|style)\b", re.IGNORECASE)


def read_page(page: Page, *, longest: int, **told: Any) -> Reading:
    """As `read_article`, for articles of at most `longest` characters.

    A page with far more text than that is not even parsed: dense text costs seconds and 60 MiB a megabyte.
    """
    if len(page.body) > _WIDEST * longest and has_more_text(page.body, _WIDEST * longest):
        return Reading(
            outcome=Outcome.OVER_LIMIT, reason=f"a page with far more text than {longest:,} letters"
        )
    if is_binary(page):
        return Reading(outcome=Outcome.NOT_ARTICLE, reason="binary data, whatever it is said to be")
    reading = read_article(page, **told)
    if reading.article is not None and len(reading.article.text) > longest:
        reason = f"an article of {len(reading.article.text):,} letters, where {longest:,} are kept"
        return Reading(outcome=Outcome.OVER_LIMIT, reason=reason)
    return reading


def is_binary(page: Page) -> bool:
    """Whether the body is no text: one byte in fifty is a control character, and it is no UTF-16 or 32."""
    head = page.body[:_HEAD]
    if head.startswith(_WIDE_MARKS) or _WIDE_NAMES.search(page.headers.get("content-type", "")):
        return False
    return len(head) - len(head.translate(None, _CONTROLS)) > len(head) / 50


def has_more_text(body: bytes, most: int) -> bool:
    """Whether a page shows more bytes of text than `most`, by a look at its tags alone; linear."""
    found = place = 0
    while found <= most:
        tag = body.find(b"<", place)
        found += len(body[place : tag if tag >= 0 else None].strip())
        end = body.find(b">", tag)
        if tag < 0 or end < 0:
            break
        place = end + 1
        if _UNSEEN.match(body, tag + 1):
            closing = _UNSEEN_END.search(body, end)
            if closing is None:
                break
            place = closing.start()
    return found > most
