"""The nouns that flow: Target, Link, Page, Article, Visit, and the closed list of Outcomes.

All are frozen and know nothing of the rest of the project; every other module may import this one.
Times are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, overload


class Kind(StrEnum):
    """What a target is expected to be."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    ARTICLE = "article"


class Outcome(StrEnum):
    """How a visit ended: exactly one of these words, the same in log, summary, store and docs."""

    STORED = "stored"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NOT_MODIFIED = "not_modified"
    LINKS = "links"
    DUPLICATE = "duplicate"
    NOT_ARTICLE = "not_article"
    TOO_SHORT = "too_short"
    ROBOTS = "robots"
    BLOCKED = "blocked"
    GONE = "gone"
    HTTP_ERROR = "http_error"
    NETWORK_ERROR = "network_error"
    PARSE_ERROR = "parse_error"
    TIMEOUT = "timeout"
    OVER_LIMIT = "over_limit"
    FILTERED = "filtered"


OUTCOME_MEANING: Mapping[Outcome, str] = {
    Outcome.STORED: "a new article was stored",
    Outcome.UPDATED: "a known article had changed; the new revision was stored",
    Outcome.UNCHANGED: "the page was read again and says the same",
    Outcome.NOT_MODIFIED: "the server answered 304 Not Modified",
    Outcome.LINKS: "a feed, sitemap or listing was read for links",
    Outcome.DUPLICATE: "another address of an article that is already stored",
    Outcome.NOT_ARTICLE: "the page is no article (home, section, tag, gallery, consent wall, ...)",
    Outcome.TOO_SHORT: "an article page, but with too little text to keep",
    Outcome.ROBOTS: "robots.txt forbids the address",
    Outcome.BLOCKED: "the server refuses us (401, 402, 403, 429, 451), or shows a challenge page",
    Outcome.GONE: "the page is not there any more (404, 410, or a known article's address leads elsewhere)",
    Outcome.HTTP_ERROR: "the server answered with another error status",
    Outcome.NETWORK_ERROR: "no answer: name lookup, connection or protocol failed, or the address is refused",
    Outcome.PARSE_ERROR: "the body could not be read, or reading it crashed the worker",
    Outcome.TIMEOUT: "downloading or reading took longer than allowed",
    Outcome.OVER_LIMIT: "more than is taken of anybody: bytes, headers, encodings, redirects, memory, text",
    Outcome.FILTERED: "left out by the source's patterns, by --since or by the page's robots tags",
}

# The outcomes that count as a failure of the target: they raise `failures` and lengthen the wait.
FAILURES = frozenset(
    {
        Outcome.BLOCKED,
        Outcome.HTTP_ERROR,
        Outcome.NETWORK_ERROR,
        Outcome.PARSE_ERROR,
        Outcome.TIMEOUT,
        Outcome.OVER_LIMIT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One address to look at, as kept in the store.

    `host` is the authority that politeness is counted by: lower-case host, with the port where it is
    not the scheme's default. `discovered_via` is the URL of the feed, sitemap or listing that named it,
    or "config" or "manual". `depth` counts listing pages between the source's own pages and this one.
    `visits` is the number of visits ended so far. `hint_*` is what the discovering feed or sitemap said.
    `rhythm` is what was learned of its publications, in the form that `crawler.schedule` gives it.
    `found_at` is when it became a target; None for those that are older than this field. `guid` is what the
    feed calls its entry by, where that is not its address.
    """

    id: int
    url: str
    kind: Kind
    host: str
    source: str
    due_at: datetime | None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    failures: int = 0
    visits: int = 0
    depth: int = 0
    discovered_via: str = "config"
    hint_title: str | None = None
    hint_published_at: datetime | None = None
    last_visited_at: datetime | None = None
    rhythm: Mapping[str, Any] | None = None
    found_at: datetime | None = None
    guid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What discovery found on a page: an address and what it is expected to be.

    `guid` is what a feed calls its entry by (RSS's guid, Atom's id), where that is not its address.
    `depth` is added to that of the page it stands on: 1 for a deeper listing or its next page, 0 else.
    """

    url: str
    kind: Kind = Kind.ARTICLE
    title: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    guid: str | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PollWish:
    """What a feed asks of those who poll it: RSS's ttl, skipHours and skipDays, syn:updatePeriod.

    `wait` is the least number of seconds between two polls. The hours of the day (UTC) and days of the week
    (Monday is 0) are those in which nothing new will come.
    """

    wait: float = 0.0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An answer as it came: header names in lower case, body decoded from its transfer encodings.

    `hops` are the redirects on the way: what sent the reader on (a status, "meta refresh") and whereto.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    fetched_at: datetime
    hops: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What must be remembered of a host: until when it is left alone and why.

    `asked` says that the host asked for it (429, 503, Retry-After); else it did not answer. `failures` are
    those in a row. `certificate_ends_at` is the end of the certificate that it showed last.
    """

    host: str
    not_before: datetime | None = None
    asked: bool = False
    failures: int = 0
    reason: str | None = None
    certificate_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginFile:
    """A file that says how an origin wishes to be treated, as it was answered last.

    `origin` is scheme://authority for its robots.txt, the whole address for any other. `body` is None where
    there was none to read; no `status`: nobody answered. It is asked for again after `expires_at`.
    """

    origin: str
    status: int | None
    body: str | None = field(repr=False)
    fetched_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A line that was taken out of a page's text, and the rule that took it.

    `place` is its number among the text's lines from 0 on, where it is needed to put the line back.
    """

    line: str
    rule: str
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What it was that a page was judged by, kept with its visit.

    `way`: how its text was found, "fast", "default" or "recall" by those settings of trafilatura, "scripts"
    in JSON-LD or a script's state. `shape`: how much its address is that of an article, 0 to 1. `declared`,
    `dated`: whether it calls itself an article, and has a date. `words` of text are left, `body` characters
    stand in paragraphs under one parent, `teasers` headings lead to other pages.
    """

    way: str
    shape: float
    declared: bool
    dated: bool
    words: int
    body: int
    teasers: int


# Who made a revision: the publisher by an edit, or we ourselves by what was learned of the site since.
PUBLISHER = "publisher"
CLEANING = "cleaning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A clean article. The fields are the public names of API, exports and search.

    `text` holds the blocks of the article (paragraphs, subheadings, list items) joined by a blank line.
    `published_precision` is "second", "minute" or "day"; `published_source` says where the date was
    found ("json-ld", "meta", "time", "feed", "sitemap", "url", "text"), `published_flags` what is doubtful
    about it (`pipelines.metadata.clocks.Flag`). `withdrawn_at` is when we found that the publisher had taken
    the article away; None while it is there. `authors` are people or organisations, one a name.
    `word_count` counts characters for scripts without spaces. `revised_by` says
    who made this revision: "publisher", or "cleaning" when only our rules for the text have changed.
    `tdm_reservation` says whether rights for text and data mining are reserved, as the TDM Reservation
    Protocol (W3C Community Group, 2024) declares it, `tdm_policy` is the address of the terms. `agency` is
    the wire agency that the text or its byline names. `cluster_id` is the same for all copies of one story
    and None while there is only one; `copy_of` is the id of the one among them that was seen first, None for
    that one itself.
    """

    id: str
    url: str
    url_canonical: str
    source: str
    domain: str
    title: str
    text: str = field(repr=False)
    description: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_precision: str | None = None
    published_source: str | None = None
    published_flags: tuple[str, ...] = ()
    modified_at: datetime | None = None
    first_seen_at: datetime
    last_seen_at: datetime
    withdrawn_at: datetime | None = None
    language: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    is_accessible_for_free: bool | None = None
    license: str | None = None
    tdm_reservation: bool | None = None
    tdm_policy: str | None = None
    word_count: int = 0
    content_hash: str = ""
    agency: str | None = None
    cluster_id: str | None = None
    copy_of: str | None = None
    revision: int = 1
    revised_by: str = PUBLISHER
    discovered_via: str = "manual"
    extractor: str = ""
    extractor_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One look at one target, from the request to its one outcome.

    `outcome` is None while the visit is under way. `reason` says more for a person ("soft 404",
    "status 503"), `grounds` what the page was judged by, where it was read. `fresh` are the links to articles
    that nobody had named before; the store tells them from the others when the visit ends. `wish` is what the
    feed that was read asks for. `timings` are seconds by stage name.
    """

    target: Target
    started_at: datetime
    page: Page | None = None
    links: tuple[Link, ...] = ()
    fresh: tuple[Link, ...] = ()
    wish: PollWish | None = None
    article: Article | None = None
    cuts: tuple[Cut, ...] = ()
    grounds: Grounds | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    ended_at: datetime | None = None
    timings: Mapping[str, float] = field(default_factory=dict)


@overload
def iso_utc(when: datetime) -> str: ...


@overload
def iso_utc(when: datetime | None) -> str | None: ...


def iso_utc(when: datetime | None) -> str | None:
    """A time as records have it: UTC, ISO-8601, to the second, with Z."""
    return None if when is None else when.isoformat(timespec="seconds").replace("+00:00", "Z")


def article_record(article: Article) -> dict[str, Any]:
    """The public form of an article: field name -> JSON value, times as UTC ISO-8601, in a fixed order."""
    # Lists of many articles are made of these: what is neither a time nor a list is taken as it is.
    record: dict[str, Any] = dict(zip(ARTICLE_FIELDS, _values_of(article), strict=True))
    for name in TIME_FIELDS:
        record[name] = iso_utc(record[name])
    for name in LIST_FIELDS:
        record[name] = list(record[name])
    return record


ARTICLE_FIELDS: tuple[str, ...] = (
    "id",
    "url",
    "url_canonical",
    "source",
    "domain",
    "title",
    "description",
    "text",
    "authors",
    "published_at",
    "published_precision",
    "published_source",
    "published_flags",
    "modified_at",
    "first_seen_at",
    "last_seen_at",
    "withdrawn_at",
    "language",
    "section",
    "tags",
    "image_url",
    "is_accessible_for_free",
    "license",
    "tdm_reservation",
    "tdm_policy",
    "word_count",
    "content_hash",
    "agency",
    "cluster_id",
    "copy_of",
    "revision",
    "revised_by",
    "discovered_via",
    "extractor",
    "extractor_version",
)
_values_of = attrgetter(*ARTICLE_FIELDS)
TIME_FIELDS = ("published_at", "modified_at", "first_seen_at", "last_seen_at", "withdrawn_at")
# Those that hold several values.
LIST_FIELDS = ("authors", "published_flags", "tags")
