"""Full-text search over what is known of the articles, streamed from the newest one on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import Any, Literal, TypedDict, TypeVar

import sqlalchemy as sa

from pipelines.items import Article
from pipelines.store import articles, copies
from pipelines.store.database import driver
from pipelines.store.fields import COLUMNS, on_days, written
from pipelines.store.query import Query, compiled
from pipelines.store.segment import folded, joined, visible
from pipelines.store.types import to_time

Order = Literal["relevance", "newest"]

# To rank is to look at every match: of a word that is in every tenth of a million articles, a second.
RANKED = 2000
# A match in the title says more about an article than one in its text; the other columns only filter.
_WEIGHTS = {"title": 5.0, "text": 1.0}
_SCORE = f"-bm25(articles_fts, {', '.join(str(_WEIGHTS.get(name, 0.0)) for name in COLUMNS)})"
_SNIPPET_TOKENS = 32
# Controls never stand in the index (see segment): these can only be marks of a match or of more text.
_OPEN, _CLOSE, _MORE = "\x02", "\x03", "\x04"

Marked = tuple[tuple[str, bool], ...]
T = TypeVar("T", Article, dict[str, Any])
# What a hit needs to know of an article.
_SAID = ("title", "text", "cluster_id")


_ENDS = "SELECT (SELECT min(dated_at) FROM articles), (SELECT max(dated_at) FROM articles)"
_MARKS = (
    f"highlight(articles_fts, 0, '{_OPEN}', '{_CLOSE}'),"
    f" snippet(articles_fts, 1, '{_OPEN}', '{_CLOSE}', '{_MORE}', {_SNIPPET_TOKENS})"
)
_MARKED = (
    f"SELECT rowid, {_MARKS} FROM articles_fts"  # noqa: S608 - constants only
    " WHERE articles_fts MATCH :query AND rowid BETWEEN :low AND :high"
    # With the plus, SQLite does not begin a search for each.
    " AND +rowid IN (SELECT value FROM json_each(:pks))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of an article: title and a piece of its text as parts (text, is it a match), its score.

    The higher the score the better (BM25, the title counting five times); 0 where nothing was ranked.
    `copies` is the number of other articles that tell the same story, whether they match or not. `place` is
    where the article stands in the order of storing: the next page of newest ones is `before` the last one's.
    """

    title: Marked
    snippet: Marked
    score: float
    place: int
    copies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit(Found):
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHit(Found):
    """The article in its public form, tuples for lists."""

    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for beside the words; `until` is not included."""

    source: str | None = None
    language: str | None = None
    section: str | None = None
    author: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    unique: bool = False
    before: int | None = None

    def query(self, text: str) -> Query:
        return compiled(
            text,
            since=self.since,
            until=self.until,
            source=self.source,
            language=self.language,
            section=self.section,
            author=self.author,
        )


class FilterWords(TypedDict, total=False):
    """Filters as keyword arguments."""

    source: str | None
    language: str | None
    section: str | None
    author: str | None
    since: datetime | None
    until: datetime | None
    unique: bool


def search(
    connection: sa.Connection, text: str, filters: Filters, *, order: Order, limit: int, offset: int
) -> list[Hit]:
    places = _places(connection, text, filters, order=order, limit=limit, offset=offset)
    found = _found(connection, places, articles.by_pks, attrgetter(*_SAID))
    return [Hit(article=article, **rest) for article, rest in found]


def search_records(
    connection: sa.Connection, text: str, filters: Filters, *, order: Order, limit: int
) -> list[RecordHit]:
    """The same for programs."""
    places = _places(connection, text, filters, order=order, limit=limit, offset=0)
    found = _found(connection, places, articles.records_by_pks, itemgetter(*_SAID))
    return [RecordHit(record=record, **rest) for record, rest in found]


def _found(
    connection: sa.Connection,
    places: Sequence[_Place],
    read: Callable[[sa.Connection, Collection[int]], dict[int, T]],
    said: Callable[[T], Any],
) -> Iterator[tuple[T, dict[str, Any]]]:
    """What stands at these places, with the fields of `Found`."""
    there = read(connection, [place.pk for place in places])
    words = {pk: said(one) for pk, one in there.items()}
    sizes = copies.sizes(connection, {cluster for _, _, cluster in words.values() if cluster is not None})
    for place in places:
        title, text, cluster = words[place.pk]
        yield there[place.pk], place.found(title, text, sizes.get(cluster, 1))


@dataclass(frozen=True, slots=True)
class _Place:
    """A row that matches, and what FTS5 has marked in it."""

    pk: int
    score: float
    marks: tuple[str, str] | None

    def found(self, title: str, text: str, size: int) -> dict[str, Any]:
        """The fields of `Found`, for an article that says so and a cluster of that size."""
        marked: Marked
        snippet: Marked
        if self.marks is None:
            marked, snippet = ((title, False),), ((_start(text), False),)
        else:
            marked, snippet = _unfolded(_marked(self.marks[0]), title), _snippet(self.marks[1], text)
        return {
            "title": marked,
            "snippet": snippet,
            "score": self.score,
            "place": self.pk,
            "copies": size - 1,
        }


def _places(
    connection: sa.Connection, text: str, filters: Filters, *, order: Order, limit: int, offset: int
) -> list[_Place]:
    query = _query(connection, text, filters)
    if query.impossible:
        return []
    selection = _Selection(query, filters)
    if order == "newest" and query.words:
        return selection.newest_marked(connection, limit=limit, offset=offset)
    if order == "newest":
        pks = [(pk, 0.0) for pk in selection.newest(connection, limit=limit, offset=offset)]
    elif query.words is None:
        pks = [(pk, 0.0) for pk in selection.by_date(connection, limit=limit, offset=offset)]
    else:
        pks = selection.ranked(connection)[offset : offset + limit]
    marks = selection.marks(connection, [pk for pk, _ in pks]) if query.words and pks else {}
    return [_Place(pk, score, marks.get(pk)) for pk, score in pks]


def count(connection: sa.Connection, text: str, filters: Filters, *, at_most: int) -> int:
    query = _query(connection, text, filters)
    if query.impossible:
        return 0
    return len(_Selection(query, filters).newest(connection, limit=at_most, offset=0))


def _query(connection: sa.Connection, text: str, filters: Filters) -> Query:
    """The query with the filters, its span of days cut to those that there are articles of: FTS5 looks for
    each token of a span, and an open one has dozens."""
    if filters.since is None and filters.until is None:
        return filters.query(text)
    first, last = map(to_time, driver(connection).execute(_ENDS).fetchone())
    if first is None or last is None:
        return filters.query(text)
    end = last + timedelta(microseconds=1)
    since, until = max(filters.since or first, first), min(filters.until or end, end)
    return replace(filters, since=since, until=until).query(text)


class _Selection:
    """The rows of articles_fts that match, as SQL: a stream in the order of `rowid`, backwards.

    Written out and not put together by SQLAlchemy, because the order of the joins is what makes it a stream.
    """

    def __init__(self, query: Query, filters: Filters) -> None:
        self._values: dict[str, Any] = {"query": query.wanted, "before": filters.before}
        # Nothing to look for: every article is one, which its own table says faster.
        self._plain = query.wanted is None
        self._pk = "a.pk" if self._plain else "articles_fts.rowid"
        self._match = [] if self._plain else ["articles_fts MATCH :query"]
        exact = self._exact(filters)
        self._where = [f"a.{bound}" for bound in exact]
        if filters.unique:
            self._where.append(self._first_of_copies([f"o.{bound}" for bound in exact]))
        self._joined = bool(self._where)
        self._before = filters.before is not None

    def newest(self, connection: sa.Connection, *, limit: int, offset: int) -> list[int]:
        rows = self._stream(connection, self._pk, joined=self._joined, limit=limit, offset=offset)
        return [row[0] for row in rows]

    def newest_marked(self, connection: sa.Connection, *, limit: int, offset: int) -> list[_Place]:
        """The same with what matches in them: words alone do, filters stand in columns of their own."""
        what = f"{self._pk}, {_MARKS}"
        rows = self._stream(connection, what, joined=self._joined, limit=limit, offset=offset)
        return [_Place(pk, 0.0, (title, snippet)) for pk, title, snippet in rows]

    def ranked(self, connection: sa.Connection) -> list[tuple[int, float]]:
        """The newest matches, the best first; of equally good ones, the newest by date."""
        what = f"{self._pk}, {_SCORE}, a.dated_at"
        rows = self._stream(connection, what, joined=True, limit=RANKED, offset=0)
        rows.sort(key=lambda row: (row[1], row[2], row[0]), reverse=True)
        return [(pk, score) for pk, score, _ in rows]

    def marks(self, connection: sa.Connection, pks: Collection[int]) -> dict[int, tuple[str, str]]:
        """The marked titles and snippets of some matches, found by going through those between them once
        more: to begin a search anew for each takes longer."""
        return _marks(connection, self._values["query"], pks)

    def by_date(self, connection: sa.Connection, *, limit: int, offset: int) -> list[int]:
        """In the order of `dated_at`, of which there is an index: no sorting, but a list of all matches."""
        found = [f"a.pk IN (SELECT rowid FROM articles_fts WHERE {one})" for one in self._match]  # noqa: S608
        where = [*found, *self._where, *(["a.pk < :before"] if self._before else [])]
        order = "a.dated_at DESC, a.pk DESC"
        rows = self._rows(connection, "a.pk", "articles AS a", where, order, limit=limit, offset=offset)
        return [row[0] for row in rows]

    def _stream(
        self, connection: sa.Connection, what: str, *, joined: bool, limit: int, offset: int
    ) -> list[tuple[Any, ...]]:
        tables = "articles AS a" if self._plain else "articles_fts"
        if joined and not self._plain:
            tables += " CROSS JOIN articles AS a ON a.pk = articles_fts.rowid"
        where = [*self._match, *([f"{self._pk} < :before"] if self._before else []), *self._where]
        return self._rows(connection, what, tables, where, f"{self._pk} DESC", limit=limit, offset=offset)

    def _rows(
        self,
        connection: sa.Connection,
        what: str,
        tables: str,
        where: Sequence[str],
        order: str,
        *,
        limit: int,
        offset: int,
    ) -> list[tuple[Any, ...]]:
        conditions = " AND ".join(where) or "1"
        sql = f"SELECT {what} FROM {tables} WHERE {conditions} ORDER BY {order} LIMIT :limit OFFSET :offset"  # noqa: S608 - words of this class only
        values = {**self._values, "limit": limit, "offset": offset}
        return driver(connection).execute(sql, values).fetchall()

    def _exact(self, filters: Filters) -> list[str]:
        """What the tokens of days do not say: the hours at both ends."""
        if on_days(filters.since, filters.until):
            return []
        bounds = {"since": (">=", filters.since), "until": ("<", filters.until)}
        self._values.update({name: written(at) for name, (_, at) in bounds.items() if at is not None})
        return [f"dated_at {sign} :{name}" for name, (sign, at) in bounds.items() if at is not None]

    def _first_of_copies(self, exact: Sequence[str]) -> str:
        """None of its cluster that matches was seen before it."""
        tables = "articles AS o" if self._plain else "articles AS o CROSS JOIN articles_fts AS f"
        found = [] if self._plain else ["f.rowid = o.pk", "f.articles_fts MATCH :query"]
        seen = "({0}.first_seen_at, {0}.copy_of IS NOT NULL, {0}.pk)".format
        where = ["o.cluster_id = a.cluster_id", f"{seen('o')} < {seen('a')}", *exact, *found]
        return f"NOT EXISTS (SELECT 1 FROM {tables} WHERE {' AND '.join(where)})"  # noqa: S608 - likewise


def _marks(connection: sa.Connection, query: str, pks: Collection[int]) -> dict[int, tuple[str, str]]:
    values = {"query": query, "low": min(pks), "high": max(pks), "pks": json.dumps(list(pks))}
    return {pk: (title, snippet) for pk, title, snippet in driver(connection).execute(_MARKED, values)}


def snippet_of(connection: sa.Connection, text: str, pk: int, article: Article) -> str:
    """A piece of an article's text, where a query says so around what it finds."""
    words = compiled(text).words
    marks = _marks(connection, words, [pk]).get(pk) if words is not None else None
    if marks is None:
        return _start(article.text)
    return "".join(part for part, _ in _snippet(marks[1], article.text))


def _start(text: str) -> str:
    line = " ".join(text[:400].split())
    return line if len(line) <= 200 else line[:200].rsplit(" ", 1)[0] + "…"


def _snippet(text: str, original: str) -> Marked:
    parts = _unfolded(_marked(text.strip(_MORE)), original)
    more = (("…", False),)
    parts = (*(more if text.startswith(_MORE) else ()), *parts, *(more if text.endswith(_MORE) else ()))
    return tuple((re.sub(r"\s+", " ", part), match) for part, match in parts)


def _unfolded(parts: Marked, original: str) -> Marked:
    """The same parts as they read in the article; the index has them without some accents."""
    indexed = "".join(part for part, _ in parts)
    if indexed in original:
        return parts
    readable = visible(original)
    at = folded(readable).find(indexed)
    if at < 0:
        return parts
    found: list[tuple[str, bool]] = []
    for part, match in parts:
        found.append((readable[at : at + len(part)], match))
        at += len(part)
    return tuple(found)


def _marked(text: str) -> Marked:
    """Cut a text at the marks: what stands after an opening one, up to the closing one, is a match."""
    parts: list[tuple[str, bool]] = []
    for index, piece in enumerate(joined(text).split(_OPEN)):
        match, closed, rest = piece.partition(_CLOSE) if index else ("", "", piece)
        parts += [(match, True)] if match else []
        parts += [(rest, False)] if rest else []
        assert closed or not index
    return tuple(parts)
