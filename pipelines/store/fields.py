"""What the search index holds of an article, and how what is asked for is said in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from pipelines.items import Article
from pipelines.query import unquoted
from pipelines.store.segment import segmented

# The columns of articles_fts, in their order: migration 0008 has made them.
COLUMNS = ("title", "text", "author", "source", "site", "language", "section", "tag", "agency", "day")
# How they are cut into words.
TOKENS = "tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co M*'\""
# What they are made of: fields of an article.
SOURCES = (
    "title",
    "text",
    "authors",
    "source",
    "domain",
    "language",
    "section",
    "tags",
    "agency",
    "dated_at",
)
# Those that a word without a field is looked for in.
TEXTS = ("title", "text")
# Stands in `day` of every article, for queries that only say what must not be there.
ANY = "any"
# Stands nowhere in `day`.
NONE = "none"

# Between two authors or tags, so that no phrase runs over both: a token of its own, of private use.
_BETWEEN = " \ue000 "
_FIRST, _LAST, _LAST_MONTH = date(1, 1, 1), date(9999, 12, 31), date(9999, 12, 1)
_DAY = timedelta(days=1)
_LEAST = datetime(1, 1, 1, tzinfo=UTC)


def row(article: Article, dated_at: datetime) -> tuple[str, ...]:
    """The values of COLUMNS."""
    return (
        segmented(article.title),
        segmented(article.text),
        _each(article.authors),
        whole(article.source),
        " ".join(map(whole, _sites(article.domain))),
        " ".join(map(whole, _languages(article.language or ""))),
        segmented(article.section or ""),
        _each(article.tags),
        segmented(article.agency or ""),
        day_tokens(dated_at),
    )


def whole(value: str) -> str:
    """A value as one token that no other value has, whatever it is made of.

    Case, quotation marks and how much space there is do not count: a query could not say them. What starts
    with the same characters starts with the same token.
    """
    return f"x{' '.join(unquoted(value).split()).casefold().encode('utf-8', 'replace').hex()}"


def asked(field: str, value: str) -> str:
    """A value of a field that is matched as a whole, as the token to look for."""
    value = value.strip()
    return whole(value.replace("_", "-") if field == "language" else value)


def day_tokens(at: datetime) -> str:
    day = _digits(_day(at))
    return f"{ANY} y{day[:4]} m{day[:6]} d{day}"


def span(since: datetime | None, until: datetime | None) -> Iterator[str]:
    """Tokens of `day`, some with a * for all that start so: what lies in the span (`until` not included) has
    one of them. At most some 160."""
    first = _FIRST if since is None else _day(since)
    if until is not None and _utc(until) == _LEAST:
        return
    last = _LAST if until is None else _day(_utc(until) - timedelta(microseconds=1))
    while first <= last:
        token, past = _block(first, last)
        yield token
        if past is None:
            return
        first = past


def on_days(since: datetime | None, until: datetime | None) -> bool:
    """Whether the span begins and ends with a day in UTC, so that its tokens say it exactly."""
    return all(at is None or _utc(at).time() == time() for at in (since, until))


def written(at: datetime) -> str:
    """A time as it stands in the tables, for statements in plain SQL."""
    return _utc(at).replace(tzinfo=None).isoformat(" ", "microseconds")


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
    except OverflowError:
        # The first or last day there is, moved out of range by its zone.
        return at.replace(tzinfo=UTC)


def _day(at: datetime) -> date:
    return _utc(at).date()


def _digits(day: date) -> str:
    return day.isoformat().replace("-", "")


def _block(first: date, last: date) -> tuple[str, date | None]:
    """The longest block of days that begins here and has a token of its own, and the day after it."""
    if (first.month, first.day) == (1, 1):
        for digits in (4, 3, 2, 1):
            years: int = 10 ** (digits - 1)
            end = first.year + years - 1
            if first.year % years == 0 and (end < last.year or last == date(min(end, 9999), 12, 31)):
                star = "*" if digits > 1 else ""
                return f"y{first.year:04}"[: 6 - digits] + star, date(end + 1, 1, 1) if end < 9999 else None
    following = (first.replace(day=1) + timedelta(days=31)).replace(day=1) if first < _LAST_MONTH else None
    if first.day == 1 and (last == _LAST if following is None else following - _DAY <= last):
        return f"m{_digits(first)[:6]}", following
    return f"d{_digits(first)}", first + _DAY if first < _LAST else None


def _sites(domain: str) -> Iterator[str]:
    """The host and all that it is a part of: news.example.org, example.org, org."""
    parts = domain.strip().split(".")
    return (".".join(parts[at:]) for at in range(len(parts)))


def _languages(code: str) -> Iterator[str]:
    """The language with its region and without: pt-br, pt."""
    parts = code.replace("_", "-").split("-")
    return ("-".join(parts[:end]) for end in range(len(parts), 0, -1))


def _each(values: Iterable[str]) -> str:
    return _BETWEEN.join(map(segmented, values))
