"""Full-text search over title and text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from pipelines.items import Article
from pipelines.store import copies
from pipelines.store.articles import to_article
from pipelines.store.query import parse
from pipelines.store.schema import articles
from pipelines.store.segment import folded, joined, visible

# A match in the title says more about an article than one in its text.
_TITLE_WEIGHT = 5.0
_SNIPPET_TOKENS = 32
# Controls never stand in the index (see segment): these can only be marks of a match or of more text.
_OPEN, _CLOSE, _MORE = "\x02", "\x03", "\x04"

Marked = tuple[tuple[str, bool], ...]

_fts = sa.table("articles_fts", sa.column("rowid"), sa.column("title"), sa.column("text"))
# The hidden column that bears the table's name: matched against, and handed to the auxiliary functions.
_index: sa.ColumnElement[Any] = sa.literal_column("articles_fts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article found, its title and a piece of its text as parts (text, is it a match), and its score.

    The higher the score the better (BM25, the title counting five times); 0 where nothing was ranked.
    `copies` is the number of other articles that tell the same story, whether they match or not.
    """

    article: Article
    title: Marked
    snippet: Marked
    score: float
    copies: int = 0


def search(
    connection: sa.Connection,
    text: str,
    *,
    where: Collection[sa.ColumnElement[bool]],
    limit: int,
    offset: int,
    unique: bool = False,
) -> list[Hit]:
    query = parse(text)
    if query.impossible:
        return []
    conditions = list(where)
    if query.unwanted is not None:
        excluded = sa.select(_fts.c.rowid).where(_match(query.unwanted))
        conditions.append(articles.c.pk.not_in(excluded))
    if unique:
        conditions.append(_first_of_copies(query.wanted, conditions))
    if query.wanted is None:
        return _counted(connection, _newest(connection, conditions, limit=limit, offset=offset))
    score = -sa.func.bm25(_index, _TITLE_WEIGHT, 1.0)
    statement = (
        sa.select(articles, *_marks(), score.label("score"))
        .join(_fts, _fts.c.rowid == articles.c.pk)
        .where(_match(query.wanted), *conditions)
        .order_by(sa.desc("score"), articles.c.dated_at.desc())
    )
    rows = connection.execute(statement.limit(limit).offset(offset))
    return _counted(connection, [_hit(row) for row in rows])


def _first_of_copies(wanted: str | None, where: Collection[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """Of the articles of a cluster that match, the one that was seen first."""
    story = sa.func.coalesce(articles.c.cluster_id, articles.c.id)
    place = sa.func.row_number().over(
        partition_by=story,
        order_by=(articles.c.first_seen_at, articles.c.copy_of.is_not(None), articles.c.pk),
    )
    found = sa.select(articles.c.pk, place.label("place")).where(*where)
    if wanted is not None:
        found = found.join(_fts, _fts.c.rowid == articles.c.pk).where(_match(wanted))
    ranked = found.subquery()
    return articles.c.pk.in_(sa.select(ranked.c.pk).where(ranked.c.place == 1))


def _counted(connection: sa.Connection, hits: list[Hit]) -> list[Hit]:
    clusters = {hit.article.cluster_id for hit in hits if hit.article.cluster_id is not None}
    sizes = copies.sizes(connection, clusters) if clusters else {}
    return [replace(hit, copies=sizes.get(hit.article.cluster_id or "", 1) - 1) for hit in hits]


def _match(expression: str) -> sa.ColumnElement[bool]:
    return _index.op("MATCH", is_comparison=True)(expression)


def _marks() -> tuple[sa.ColumnElement[str], sa.ColumnElement[str]]:
    title = sa.func.highlight(_index, 0, _OPEN, _CLOSE, type_=sa.Text)
    snippet = sa.func.snippet(_index, 1, _OPEN, _CLOSE, _MORE, _SNIPPET_TOKENS, type_=sa.Text)
    return title.label("marked_title"), snippet.label("snippet")


def _newest(
    connection: sa.Connection, where: Collection[sa.ColumnElement[bool]], *, limit: int, offset: int
) -> list[Hit]:
    query = sa.select(articles).where(*where).order_by(articles.c.dated_at.desc(), articles.c.pk.desc())
    found = [to_article(row) for row in connection.execute(query.limit(limit).offset(offset))]
    return [
        Hit(
            article=article,
            title=((article.title, False),),
            snippet=((_start(article.text), False),),
            score=0.0,
        )
        for article in found
    ]


def _start(text: str) -> str:
    line = " ".join(text[:400].split())
    return line if len(line) <= 200 else line[:200].rsplit(" ", 1)[0] + "…"


def _hit(row: sa.Row[Any]) -> Hit:
    article = to_article(row)
    return Hit(
        article=article,
        title=_unfolded(_marked(row.marked_title), article.title),
        snippet=_snippet(row.snippet, article.text),
        score=row.score,
    )


def _snippet(text: str, original: str) -> Marked:
    parts = _unfolded(_marked(text.strip(_MORE)), original)
    more = (("…", False),)
    parts = (*(more if text.startswith(_MORE) else ()), *parts, *(more if text.endswith(_MORE) else ()))
    return tuple((re.sub(r"\s+", " ", part), match) for part, match in parts)


def _unfolded(parts: Marked, original: str) -> Marked:
    """The same parts as they read in the article; the index has them without some accents."""
    readable = visible(original)
    at = folded(readable).find("".join(part for part, _ in parts))
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
