"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed, from bytes to links."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import fastfeedparser
from dateutil import parser as dates

from crawler.discovery.errors import UnreadableError
from pipelines.charset import decode
from pipelines.items import Kind, Link, PollWish
from pipelines.limits import LIMITS, Limits
from pipelines.urls import canonical, is_media

_HEAD = 2048
_MAX_GUID = 300
_ROOT = re.compile(r"<(?:\w+:)?(rss|feed|RDF)[\s>]", re.IGNORECASE)
_JSON_FEED = re.compile(r'"version"\s*:\s*"https?://jsonfeed\.org/version/')
_PERIODS = {
    "hourly": 3600.0,
    "daily": 86400.0,
    "weekly": 7 * 86400.0,
    "monthly": 30 * 86400.0,
    "yearly": 365 * 86400.0,
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed that was read; `wish` is None when it asks nothing of those who poll it."""

    title: str | None
    language: str | None
    home: str | None
    links: tuple[Link, ...]
    wish: PollWish | None = None


def is_feed(body: bytes) -> bool:
    """Whether the first two kilobytes are those of a feed; cheap, and never raises."""
    head = decode(body[:_HEAD], None).text.lstrip("\ufeff \t\r\n")
    if head.startswith("{"):
        return bool(_JSON_FEED.search(head))
    if head[:14].lower() == "<!doctype html" or "<html" in head[:500].lower():
        return False
    return bool(_ROOT.search(head))


def read_feed(body: bytes, *, url: str, charset: str | None = None, limits: Limits = LIMITS) -> Feed:
    """The feed at `url`, its first entries: longer ones are archives. Those without a page's address are
    left out, doubles too.

    Raises UnreadableError when it is none.
    """
    text = decode(body, charset).text.lstrip("\ufeff \t\r\n")
    if not text:
        raise UnreadableError("empty where a feed was announced")
    # The parser reads UTF-8; a declaration of another encoding would make it read wrongly.
    text = re.sub(r"^<\?xml[^>]*\?>", "", text).replace("\x00", "")
    try:
        parsed = fastfeedparser.parse(text.encode("utf-8", "replace"))
        entries = list(parsed.entries)
    except Exception as error:
        # It raises ValueError for what is no feed, and other things for what is broken.
        raise UnreadableError(
            f"no feed: {str(error).splitlines()[0][:120] if str(error) else error!r}"
        ) from error
    base = canonical(_declared_base(text) or url, url) or url
    unique: dict[str, Link] = {}
    for link in _links(entries[: 4 * limits.feed_entries], base):
        unique.setdefault(link.url, link)
    head = text[: 4 * _HEAD]
    return Feed(
        title=_plain(parsed.feed.get("title")),
        language=parsed.feed.get("language") or _first(r"<(?:dc:)?language>\s*([\w-]+)\s*<", head),
        home=canonical(parsed.feed.get("link") or "", base) if parsed.feed.get("link") else None,
        links=tuple(list(unique.values())[: limits.feed_entries]),
        wish=_wish(head),
    )


def _wish(head: str) -> PollWish | None:
    """RSS 2.0's ttl (minutes), skipHours and skipDays; the syndication module of RSS 1.0."""
    waits = [60 * float(_first(r"<ttl>\s*(\d{1,6})\s*</ttl>", head) or 0)]
    period = _first(r"<(?:\w+:)?updatePeriod>\s*([a-z]+)\s*<", head)
    if period and period.lower() in _PERIODS:
        frequency = int(_first(r"<(?:\w+:)?updateFrequency>\s*(\d{1,4})\s*<", head) or 1)
        waits.append(_PERIODS[period.lower()] / max(frequency, 1))
    hours = {int(hour) % 24 for hour in _inside("skipHours", r"<hour>\s*(\d{1,2})\s*<", head)}
    days = {day.lower()[:3] for day in _inside("skipDays", r"<day>\s*([a-z]+)\s*<", head)}
    wish = PollWish(
        wait=max(waits),
        # Who skips all of them asks not to be polled at all, which is not meant.
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(number for number, day in enumerate(_DAYS) if day in days) if len(days) < 7 else (),
    )
    return None if wish == PollWish() else wish


def _inside(element: str, pattern: str, head: str) -> list[str]:
    block = _first(rf"<{element}>(.{{0,2000}}?)</{element}>", head)
    return re.findall(pattern, block or "", re.IGNORECASE)


def _declared_base(text: str) -> str | None:
    base = _first(r"<(?:\w+:)?(?:rss|feed|RDF|channel)\b[^>]*?\bxml:base=[\"']([^\"']+)", text[: 2 * _HEAD])
    return html.unescape(base) if base else None


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text, re.IGNORECASE | re.DOTALL)
    return found[1] if found else None


def _links(entries: list[Any], base: str) -> Iterator[Link]:
    for entry in entries:
        address = next((url for raw in _addresses(entry) if (url := canonical(raw, base))), None)
        if address is None or is_media(address):
            continue
        yield Link(
            url=address,
            kind=Kind.ARTICLE,
            title=_plain(entry.get("title")),
            published_at=read_date(entry.get("published")),
            modified_at=read_date(entry.get("updated")),
            guid=_guid(entry.get("id"), address, base),
        )


def _guid(raw: Any, address: str, base: str) -> str | None:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > _MAX_GUID:
        return None
    guid = raw.strip()
    return None if canonical(guid, base) == address else guid


def _addresses(entry: Any) -> Iterator[str]:
    """Where an entry may say its page is, best first."""
    for raw in (entry.get("feedburner_origlink"), entry.get("link")):
        if isinstance(raw, str) and raw.strip():
            yield html.unescape(raw.strip())
    for link in entry.get("links") or ():
        if link.get("rel") in (None, "alternate") and isinstance(link.get("href"), str):
            yield html.unescape(link["href"])
    raw = entry.get("id")
    if isinstance(raw, str) and raw.startswith(("http://", "https://")):
        yield raw


def _plain(text: Any) -> str | None:
    """A title as words: feeds escape markup once or twice."""
    if not isinstance(text, str):
        return None
    plain = _TAGS.sub(" ", html.unescape(html.unescape(text)))
    return " ".join(plain.split())[:500] or None


def read_date(text: Any) -> datetime | None:
    """A feed's or sitemap's date as UTC; None for what cannot be a date of news on the web."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        when = dates.parse(text.strip()[:64])
        when = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, ArithmeticError, TypeError):
        return None
    return when if 1990 <= when.year < 2100 else None
