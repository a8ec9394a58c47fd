"""The search index with all that can be asked for: authors, sources, days, ... beside title and text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from pipelines.items import Article
from pipelines.store import fields
from pipelines.store.database import driver

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = ("title", "text", "author", "source", "site", "language", "section", "tag", "agency", "day")
# As 0007 has set them; written here because the index is made anew.
_MERGED = {"automerge": 16, "crisismerge": 64}
_FIELDS = "pk, title, text, authors, source, domain, language, section, tags, agency, dated_at"
_BATCH = 500


def upgrade() -> None:
    connection = op.get_bind()
    op.execute("DROP TABLE articles_fts")
    op.execute(
        f"CREATE VIRTUAL TABLE articles_fts USING fts5({', '.join(_COLUMNS)},"
        " tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co M*'\")"
    )
    for name, parts in _MERGED.items():
        op.execute(f"INSERT INTO articles_fts (articles_fts, rank) VALUES ('{name}', {parts})")  # noqa: S608
    _refill(connection)


def _refill(connection: sa.Connection) -> None:
    known = dict(zip(fields.COLUMNS, range(len(fields.COLUMNS)), strict=True))
    statement = f"INSERT INTO articles_fts (rowid, {', '.join(_COLUMNS)}) VALUES (?{', ?' * len(_COLUMNS)})"  # noqa: S608
    for batch in _batches(driver(connection)):
        rows = []
        for pk, *values in batch:
            found = fields.row(*_article(values))
            rows.append((pk, *(found[known[name]] for name in _COLUMNS)))
        driver(connection).executemany(statement, rows)


def _batches(connection: sqlite3.Connection) -> Iterator[list[tuple[Any, ...]]]:
    """All articles, some at a time: a large store does not fit into memory."""
    query = f"SELECT {_FIELDS} FROM articles WHERE pk > ? ORDER BY pk LIMIT {_BATCH}"  # noqa: S608
    last = -1
    while batch := connection.execute(query, (last,)).fetchall():
        yield batch
        last = batch[-1][0]


def _article(values: list[Any]) -> tuple[Article, datetime]:
    try:
        return _read(values)
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError("an article has a value that is none") from error


def _read(values: list[Any]) -> tuple[Article, datetime]:
    title, text, authors, source, domain, language, section, tags, agency, dated_at = values
    at = datetime.fromisoformat(str(dated_at)).replace(tzinfo=UTC)
    article = Article(
        id="",
        url="",
        url_canonical="",
        authors=tuple(json.loads(str(authors)) or ()),
        tags=tuple(json.loads(str(tags)) or ()),
        section=section,
        agency=agency,
        first_seen_at=at,
        last_seen_at=at,
        title=title,
        text=text,
        source=source,
        domain=domain,
        language=language,
    )
    return article, at
