"""Copies of one story: found when an article is stored, by sketches that are kept turned round.

Of the articles that share hashes with a new one, those that share most are compared with it word by word. No
hash stands for more than `COMMON` articles, so that a look costs the same in a large store as in a small one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipelines.agencies import agency_of
from pipelines.items import Article
from pipelines.likeness import likeness
from pipelines.sketch import SIZE, Letters, letters_of, sketch
from pipelines.store.articles import to_article, touch
from pipelines.store.database import driver
from pipelines.store.schema import articles, unsketched

# A hash of this many stories is a phrase that everybody uses or a site's standing text: it says nothing.
COMMON = 16
# What is shared with others counts for little: each hash weighs 1 by the number of articles it stands for.
# Two hashes that only one other article has are a reason to compare the texts (some 0.3 ms), with so many at
# most; half of one such hash is one too, but mostly it is chance.
_WORTH, _COMPARED = 2.0, 6
_WORTH_A_TRY, _TRIED = 0.5, 2
# Members of a cluster that are looked at to spare hashes; a story hardly has more copies.
_MEMBERS = 500
# Articles sketched in one transaction by `sketch_some`: some 200 ms.
BATCH = 100


@dataclass(frozen=True, slots=True)
class Placed:
    """An article with its cluster, and the hashes that are to stand for it."""

    article: Article
    hashes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is asked of a stored article; its id is the cluster's while it has none."""

    pk: int
    id: str
    text: str
    cluster_id: str | None
    copy_of: str | None
    first_seen_at: datetime

    @property
    def cluster(self) -> str:
        return self.cluster_id or self.id


@dataclass(frozen=True, slots=True)
class Look:
    """The hashes of a text, which articles (pk) each stands for, and the stored one that it is a copy of."""

    hashes: tuple[int, ...]
    postings: Mapping[int, list[int]]
    found: _Known | None


_MARKS = ", ".join("?" * SIZE)
# One text of a statement for any number of hashes: the driver keeps it ready.
_POSTINGS = f"SELECT hash, article FROM shingles WHERE hash IN ({_MARKS})"  # noqa: S608 - question marks only
_NOTE = "INSERT OR IGNORE INTO shingles (hash, article) VALUES (?, ?)"
_SIZES = (
    "SELECT cluster_id, count(*) FROM articles WHERE cluster_id IN (SELECT value FROM json_each(?))"
    " GROUP BY cluster_id"
)
_MEMBER_PKS = f"SELECT pk FROM articles WHERE cluster_id = ? LIMIT {_MEMBERS}"  # noqa: S608 - a number of ours
_COLUMNS = [articles.c[name] for name in _Known.__dataclass_fields__]
_BY_PK = sa.select(*_COLUMNS).where(articles.c.pk == sa.bindparam("pk"))
_BY_ID = sa.select(*_COLUMNS).where(articles.c.id == sa.bindparam("id"))
_OF_CLUSTER = (
    sa.select(*_COLUMNS)
    .where(articles.c.cluster_id == sa.bindparam("cluster"))
    .order_by(articles.c.first_seen_at, articles.c.pk)
    .limit(sa.bindparam("most"))
)


def look(connection: sa.Connection, text: str, own: _Known | None = None) -> Look:
    """What the text shares with stored articles, `own` left out."""
    letters = letters_of(text)
    hashes = sketch(letters)
    postings = _postings(connection, hashes)
    return Look(hashes, postings, _copied(connection, letters, postings, own))


def place(connection: sa.Connection, article: Article, *, known: bool, looked: Look | None = None) -> Placed:
    """Find the story an article tells and join its cluster, or leave one whose story it tells no longer.

    `known` says that it is stored already; its row must then be written with what is returned. The rows of
    others are written here. Its hashes are noted here for a known article, by `note` for a new one, of which
    `looked` spares a second look.
    """
    own = _one(connection, _BY_ID, id=article.id) if known else None
    seen = looked if looked is not None and own is None else look(connection, article.text, own)
    found = seen.found
    if found is None:
        placed = Placed(_left(connection, article, own), _uncommon(seen.hashes, seen.postings))
    else:
        if own is not None and own.cluster_id not in (None, found.cluster):
            article = _left(connection, article, own)
        spare = _members(connection, found)
        placed = Placed(
            _joined(connection, article, found), _uncommon(seen.hashes, seen.postings, spare=spare)
        )
    if own is not None:
        note(connection, own.pk, placed)
    return placed


def of_source(connection: sa.Connection, seen: Look, source: str) -> list[Article]:
    """The stored articles of a source that tell the story of the text looked up."""
    found = seen.found
    if found is None:
        return []
    story = (
        articles.c.pk == found.pk if found.cluster_id is None else articles.c.cluster_id == found.cluster_id
    )
    query = sa.select(articles).where(story, articles.c.source == source).limit(_MEMBERS)
    return [to_article(row) for row in connection.execute(query)]


def find(connection: sa.Connection, text: str) -> str | None:
    """The id of a stored article that this text is a copy of, or that is a copy of it."""
    found = look(connection, text).found
    return None if found is None else found.id


def note(connection: sa.Connection, pk: int, placed: Placed | None) -> None:
    """Let the hashes stand for the article from now on."""
    if placed is not None and placed.hashes:
        driver(connection).executemany(_NOTE, [(one, pk) for one in placed.hashes])


def sketch_some(connection: sa.Connection) -> int:
    """Place the next articles stored before sketches were made; returns how many, 0 when none are left."""
    query = sa.select(unsketched.c.article).order_by(unsketched.c.article).limit(BATCH)
    pks = connection.scalars(query).all()
    for pk in pks:
        row = connection.execute(sa.select(articles).where(articles.c.pk == pk)).first()
        if row is not None:
            _sketch_late(connection, to_article(row))
    connection.execute(sa.delete(unsketched).where(unsketched.c.article.in_(pks)))
    return len(pks)


def members(connection: sa.Connection, article: Article) -> list[Article]:
    """All copies of the article's story, itself included, the one that was seen first at the head."""
    if article.cluster_id is None:
        return [article]
    query = sa.select(articles).where(articles.c.cluster_id == article.cluster_id)
    query = query.order_by(articles.c.copy_of.is_not(None), articles.c.first_seen_at, articles.c.pk)
    return [to_article(row) for row in connection.execute(query)]


def sizes(connection: sa.Connection, clusters: Collection[str]) -> Mapping[str, int]:
    """Cluster -> the number of its members."""
    if not clusters:
        return {}
    return dict(driver(connection).execute(_SIZES, (json.dumps(sorted(clusters)),)).fetchall())


def _sketch_late(connection: sa.Connection, article: Article) -> None:
    named = article.agency or agency_of(article.authors, article.text)
    placed = place(connection, replace(article, agency=named), known=True)
    if placed.article != article:
        touch(connection, placed.article)


def _postings(connection: sa.Connection, hashes: Collection[int]) -> dict[int, list[int]]:
    """Hash -> the articles it stands for."""
    found: dict[int, list[int]] = {}
    wanted = (*hashes, *(-1,) * (SIZE - len(hashes)))
    for mark, pk in driver(connection).execute(_POSTINGS, wanted):
        found.setdefault(mark, []).append(pk)
    return found


def _copied(
    connection: sa.Connection,
    letters: Letters,
    postings: Mapping[int, list[int]],
    own: _Known | None,
) -> _Known | None:
    """The first stored article of which this one is a copy, or which is one of it."""
    for row in _to_compare(connection, postings, own):
        if likeness(letters, letters_of(row.text)).is_copy:
            return row
    return None


def _to_compare(
    connection: sa.Connection, postings: Mapping[int, list[int]], own: _Known | None
) -> Iterator[_Known]:
    if own is not None and own.cluster_id is not None:
        # Its own hashes may stand for all of the cluster.
        yield from (row for row in _cluster(connection, own.cluster_id, _COMPARED) if row.pk != own.pk)
    for pk in _candidates(postings):
        row = _one(connection, _BY_PK, pk=pk) if own is None or pk != own.pk else None
        if row is not None:
            yield row


def _candidates(postings: Mapping[int, list[int]]) -> list[int]:
    """The articles worth comparing, those that share most first."""
    weights: dict[int, float] = {}
    for pks in postings.values():
        if len(pks) < COMMON:
            for pk in pks:
                weights[pk] = weights.get(pk, 0.0) + 1 / len(pks)
    ranked = sorted((pk for pk in weights if weights[pk] >= _WORTH_A_TRY), key=lambda pk: (-weights[pk], pk))
    worth = [pk for pk in ranked if weights[pk] >= _WORTH][:_COMPARED]
    return worth + ranked[len(worth) :][: min(_TRIED, _COMPARED - len(worth))]


def _uncommon(
    hashes: Collection[int], postings: Mapping[int, list[int]], *, spare: Collection[int] = frozenset()
) -> tuple[int, ...]:
    """Those to note: that stand for few stories, and for none of the `spare` articles yet."""
    return tuple(
        one
        for one in hashes
        if len(postings.get(one, ())) < COMMON and not any(pk in spare for pk in postings.get(one, ()))
    )


def _members(connection: sa.Connection, found: _Known) -> frozenset[int]:
    if found.cluster_id is None:
        return frozenset((found.pk,))
    return frozenset(row[0] for row in driver(connection).execute(_MEMBER_PKS, (found.cluster_id,)))


def _joined(connection: sa.Connection, article: Article, found: _Known) -> Article:
    """The article in the cluster of the one found, which it founds with it where there is none."""
    first = found if found.copy_of is None else _one(connection, _BY_ID, id=found.copy_of)
    assert first is not None
    if found.cluster_id is None:
        _change(connection, articles.c.pk == found.pk, cluster_id=found.id)
    if first.id == article.id:
        return replace(article, cluster_id=found.cluster, copy_of=None)
    if article.first_seen_at < first.first_seen_at:
        # It was seen before the others, and is stored or sketched after them.
        _change(connection, articles.c.cluster_id == found.cluster, copy_of=article.id)
        return replace(article, cluster_id=found.cluster, copy_of=None)
    return replace(article, cluster_id=found.cluster, copy_of=first.id)


def _left(connection: sa.Connection, article: Article, own: _Known | None) -> Article:
    """The article outside of its cluster. What is left of that has a first one and a name of its own."""
    if own is None or own.cluster_id is None:
        return article if article.cluster_id is None else replace(article, cluster_id=None, copy_of=None)
    rest = [row for row in _cluster(connection, own.cluster_id, 3) if row.pk != own.pk]
    here = sa.and_(articles.c.cluster_id == own.cluster_id, articles.c.pk != own.pk)
    if len(rest) == 1:
        _change(connection, here, cluster_id=None, copy_of=None)
    elif rest and own.id in (own.cluster_id, rest[0].copy_of):
        first = rest[0]
        _change(connection, here, cluster_id=first.id, copy_of=first.id)
        _change(connection, articles.c.pk == first.pk, copy_of=None)
    return replace(article, cluster_id=None, copy_of=None)


def _change(connection: sa.Connection, where: sa.ColumnElement[bool], **values: object) -> None:
    connection.execute(sa.update(articles).where(where).values(**values))


def _cluster(connection: sa.Connection, cluster: str, most: int) -> list[_Known]:
    rows = connection.execute(_OF_CLUSTER, {"cluster": cluster, "most": most})
    return [_Known(*row) for row in rows]


def _one(connection: sa.Connection, statement: sa.Select[Any], **values: object) -> _Known | None:
    row = connection.execute(statement, values).first()
    return None if row is None else _Known(*row)
