"""Dates as publishers write them -> an instant in UTC and how exact it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

from dateutil import parser as dateutil_parser

Precision = Literal["second", "minute", "day"]

# Before this, no page was on the web: such a date is a default value or another thing's date.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# How far a publisher's clock, or a zone taken wrong, may lie in the future.
LEEWAY = timedelta(days=1)
# A named day, in whatever zone, begins 14 hours before UTC's midnight at the earliest and ends 36 hours
# after it at the latest; two hours of summer time and slack.
SAME_DAY = timedelta(hours=38)
# No date anyone writes is longer; dateutil's time grows with the length.
_MAX_LENGTH = 80

_ISO = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[T\s]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,:]\d+)?)?\s*(am|pm)?\s*(Z|UTC|GMT|[+\-\u2212]\d\d:?(?:\d\d)?)?)?"
    r"(?:\[[\w/]+\])?$",
    re.I,
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?()(Z|[+-]\d\d:?\d\d)?)?$", re.I)
_SLASHED = re.compile(r"^(\d{4})[/.](\d\d?)[/.](\d\d?)")
_EPOCH = re.compile(r"(?:/?Date\()?(\d{10}|\d{13})(?:\.\d+)?(?:[+-]\d{4})?\)?/?$")
_DAY_FIRST = re.compile(r"^\d\d?\.\d\d?\.\d{4}")
# Zones written as letters, in hours from UTC. Ambiguous ones are taken as news sites mean them.
_ZONES = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "BST": 1,
    "IST": 5.5,
    "CET": 1,
    "MEZ": 1,
    "CEST": 2,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "TRT": 3,
    "GST": 4,
    "PKT": 5,
    "WIB": 7,
    "ICT": 7,
    "HKT": 8,
    "SGT": 8,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "NZST": 12,
    "NZDT": 13,
    "SAST": 2,
    "WAT": 1,
    "EAT": 3,
    "EST": -5,
    "EDT": -4,
    "ET": -5,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "BRT": -3,
    "ART": -3,
    "PT": -8,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """`at` is in UTC; at precision "day" it is 00:00 UTC of the day the publisher names.

    `zoned` tells whether the text named a time zone, `offset` which.
    """

    at: datetime
    precision: Precision
    zoned: bool = False
    offset: timedelta = timedelta(0)


def parse_date(text: object, *, zone: timedelta | None = None) -> Dated | None:
    """The date in a text or number; None when there is none, or none with year, month and day.

    A time without a zone is taken as `zone`, else as UTC.
    """
    value = str(text).strip() if isinstance(text, (str, int, float)) and not isinstance(text, bool) else ""
    value = value.replace("\u00a0", " ").strip("\"' ")
    if not value or len(value) > _MAX_LENGTH or not any(character.isdigit() for character in value):
        return None
    try:
        return _parsed(value, zone or timedelta(0))
    except (ValueError, OverflowError, TypeError, AttributeError, ArithmeticError):
        return None


def _parsed(value: str, zone: timedelta) -> Dated | None:
    epoch = _EPOCH.match(value)
    if epoch:
        seconds = int(epoch[1][:10])
        return Dated(at=datetime.fromtimestamp(seconds, UTC), precision="second", zoned=True)
    value = _SLASHED.sub(r"\1-\2-\3", value)
    iso = _ISO.match(value) or _COMPACT.match(value)
    return _from_iso(iso, zone) if iso else _from_words(value, zone)


def _from_iso(found: re.Match[str], zone: timedelta) -> Dated:
    year, month, day, hour, minute, second, half, written = found.groups()
    if hour is None:
        return Dated(at=datetime(int(year), int(month), int(day), tzinfo=UTC), precision="day")
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    local = datetime(int(year), int(month), int(day), tzinfo=UTC)
    local += timedelta(hours=hours, minutes=int(minute), seconds=int(second or 0))
    offset = _offset(written) if written else None
    return _dated(local, offset, zone, second is not None)


def _offset(written: str) -> timedelta:
    if written[0].isalpha():
        return timedelta(0)
    digits = re.sub(r"\D", "", written).ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    return offset if written[0] == "+" else -offset


def _dated(local: datetime, offset: timedelta | None, zone: timedelta, has_seconds: bool) -> Dated:
    zoned = offset is not None
    shift = zone if offset is None else offset
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        # Midnight to the second is how content systems write "that day": the time is not known.
        return Dated(at=local.replace(tzinfo=UTC, microsecond=0), precision="day", zoned=zoned, offset=shift)
    at = (local.replace(tzinfo=UTC, microsecond=0) - shift).astimezone(UTC)
    return Dated(at=at, precision="second" if has_seconds else "minute", zoned=zoned, offset=shift)


def _from_words(value: str, zone: timedelta) -> Dated | None:
    # Two readings with different defaults: what differs was not in the text.
    text = re.sub(r"\s*[•|·–]\s*|\bat\b|\buhr\b", " ", value, flags=re.I)
    first, second = (_dateutil(text, default) for default in (datetime(2001, 1, 1), datetime(2004, 2, 2)))  # noqa: DTZ001
    if (first.year, first.month, first.day) != (second.year, second.month, second.day):
        return None
    offset = first.utcoffset()
    local = first.replace(tzinfo=UTC)
    if not re.search(r"\d:\d\d|\d\s*[ap]\.?m", text, re.I):
        local = local.replace(hour=0, minute=0, second=0)
    return _dated(local, offset, zone, bool(re.search(r"\d:\d\d:\d\d", text)))


def _dateutil(text: str, default: datetime) -> datetime:
    day_first = bool(_DAY_FIRST.match(text))
    parsed: datetime = dateutil_parser.parse(text, default=default, dayfirst=day_first, tzinfos=_zone)
    return parsed


def _zone(name: str | None, seconds: int | None) -> tzinfo | None:
    if seconds is not None:
        return timezone(timedelta(seconds=seconds))
    hours = _ZONES.get((name or "").upper())
    return timezone(timedelta(hours=hours)) if hours is not None else None


_IN_URL = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:([/_-])(1[0-2]|0?[1-9])\2(3[01]|[12]\d|0?[1-9])|(1[0-2]|0[1-9])(3[01]|[12]\d|0[1-9]))(?!\d)"
)


def date_in_url(url: str) -> Dated | None:
    """The day in a path such as /2026/05/18/ or /20260518/."""
    found = _IN_URL.search(url.split("?", 1)[0])
    if not found:
        return None
    year, _, month, day, month_2, day_2 = found.groups()
    return parse_date(f"{year}-{month or month_2}-{day or day_2}")


def plausible(dated: Dated | None, *, now: datetime) -> bool:
    """Whether an article that is read at `now` can have this date."""
    return dated is not None and EARLIEST <= dated.at <= now + LEEWAY


def agree(one: Dated, other: Dated) -> bool:
    """Whether both can be the same moment, given how exact they are."""
    if "day" in (one.precision, other.precision):
        return abs(one.at - other.at) < SAME_DAY
    return abs(one.at - other.at) < timedelta(minutes=2)
