"""Addresses that lead into a site's endless parts: calendars, sections in themselves. Pure."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipelines.limits import Limits

# News is dated a little ahead at most: the weekend's edition, the other side of the date line.
_AHEAD = timedelta(days=31)
# A month as a part of its own: /2027/03/, /2027-03-01, =2027-03. What only looks like a year may be a number.
_MONTH = re.compile(r"[/=](20\d\d)[/-](0?[1-9]|1[0-2])(?:[/-](?:0?[1-9]|[12]\d|3[01]))?(?=[/&?]|$)")
_YEAR = re.compile(r"[?&](?:year|jahr|annee|anno|ano)=(20\d\d)(?=&|$)", re.IGNORECASE)


def trap(url: str, limits: Limits, *, now: datetime) -> str | None:
    """Why an address is not worth a visit, in two words; None if nothing speaks against it."""
    if len(url) > limits.url_length:
        return "too long"
    parts = urlsplit(url)
    words = Counter(segment for segment in parts.path.split("/") if segment and not segment.isdigit())
    if words and max(words.values()) > limits.path_repeats:
        return "repeats itself"
    if _is_ahead(f"{parts.path}?{parts.query}", now + _AHEAD):
        return "future date"
    return None


def _is_ahead(text: str, latest: datetime) -> bool:
    """Whether the first month that an address names, or else the year, is later."""
    month = _MONTH.search(text)
    if month:
        return (int(month[1]), int(month[2])) > (latest.year, latest.month)
    year = _YEAR.search(text)
    return year is not None and int(year[1]) > latest.year
