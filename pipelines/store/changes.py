"""What changed in articles: kept with each revision, and read back newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipelines.changes import Change, ChangeKind
from pipelines.items import Article, iso_utc
from pipelines.store.matching import on_changes
from pipelines.store.schema import articles, changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A change: of which article (as it is called now), found when, leading to which revision; `id` is its
    place for a cursor."""

    id: int
    article_id: str
    source: str
    title: str
    url: str
    revision: int
    kind: ChangeKind
    before: str | None
    after: str | None
    at: datetime

    def record(self) -> dict[str, Any]:
        """As JSON has it; `id` is the article's."""
        return {
            "at": iso_utc(self.at),
            "id": self.article_id,
            "source": self.source,
            "title": self.title,
            "url": self.url,
            "revision": self.revision,
            "kind": self.kind.value,
            "before": self.before,
            "after": self.after,
        }


# The changes of one look stand together, the most important first.
_ORDER = (changes.c.at.desc(), changes.c.article_id, changes.c.rank, changes.c.id)
_KEEP = sa.insert(changes)
_ROWS = sa.select(
    *(changes.c[name] for name in ("id", "article_id", "revision", "kind", "before", "after", "at")),
    articles.c.source,
    articles.c.title,
    articles.c.url_canonical.label("url"),
).join_from(changes, articles, articles.c.id == changes.c.article_id)


def keep(connection: sa.Connection, article: Article, found: Iterable[Change], at: datetime) -> None:
    """Note what led to the present state of an article, and let the watches know."""
    kept: list[tuple[int, Change]] = []
    for change in found:
        row = {
            "article_id": article.id,
            "revision": article.revision,
            "kind": change.kind.value,
            "rank": change.kind.rank,
            "before": change.before,
            "after": change.after,
            "at": at,
            "source": article.source,
        }
        key = connection.execute(_KEEP, row).inserted_primary_key
        assert key is not None
        kept.append((key[0], change))
    if kept:
        on_changes(connection, article, kept, at)


def of_article(connection: sa.Connection, key: str) -> list[ChangeRow]:
    """All changes of an article, the first one first."""
    query = _ROWS.where(changes.c.article_id == key).order_by(changes.c.at, changes.c.rank, changes.c.id)
    return [_to_row(row) for row in connection.execute(query).mappings()]


def list_changes(
    connection: sa.Connection,
    *,
    since: datetime | None,
    until: datetime | None,
    kinds: Collection[ChangeKind],
    source: str | None,
    limit: int | None,
    before: int | None,
) -> list[ChangeRow]:
    where = [] if before is None else _after(connection, before)
    if since is not None:
        where.append(changes.c.at >= since)
    if until is not None:
        where.append(changes.c.at < until)
    if source is not None:
        where.append(changes.c.source == source)
    if kinds:
        where.append(_of_kinds(kinds, where, limit=limit, alone=source is None))
    rows = connection.execute(_ROWS.where(*where).order_by(*_ORDER).limit(limit))
    return [_to_row(row) for row in rows.mappings()]


def _of_kinds(
    kinds: Collection[ChangeKind],
    where: Collection[sa.ColumnElement[bool]],
    *,
    limit: int | None,
    alone: bool,
) -> sa.ColumnElement[bool]:
    """A change of one of the kinds. Where nothing else narrows it down, the newest ones of each are named:
    SQLite would sort all there are."""
    words = sorted(kind.value for kind in kinds)
    if limit is None or not alone:
        return changes.c.kind.in_(words)
    newest = [
        sa.select(changes.c.id)
        .where(changes.c.kind == word, *where)
        .order_by(*_ORDER)
        .limit(limit)
        .subquery()
        for word in words
    ]
    return changes.c.id.in_(sa.union_all(*(sa.select(some.c.id) for some in newest)))


def _after(connection: sa.Connection, key: int) -> list[sa.ColumnElement[bool]]:
    """What stands behind this one in the order of `list_changes`; all, where it is not there any more."""
    place = sa.select(changes.c.at, changes.c.article_id, changes.c.rank, changes.c.id)
    row = connection.execute(place.where(changes.c.id == key)).first()
    if row is None:
        return []
    at, *rest = row
    same_time = sa.tuple_(changes.c.article_id, changes.c.rank, changes.c.id) > sa.tuple_(*rest)
    return [changes.c.at <= at, sa.or_(changes.c.at < at, same_time)]


def _to_row(row: sa.RowMapping) -> ChangeRow:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    return ChangeRow(**{**values, "kind": ChangeKind(values["kind"])})
