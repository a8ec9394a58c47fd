"""What a watch would have told lately, had it been there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from pipelines.alerts import Event, Watch, due_at, speaks_of
from pipelines.items import Article
from pipelines.store.articles import to_article
from pipelines.store.database import driver
from pipelines.store.schema import articles, changes, episodes
from pipelines.store.watches import expression

# Of more articles nobody wants to be told, and each is read whole.
MOST = 1000
_FOUND = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? ORDER BY rowid DESC LIMIT ?"
_IS_FOUND = "SELECT 1 FROM articles_fts WHERE articles_fts MATCH ? AND rowid = ?"
_BY_PK = sa.select(articles).where(articles.c.pk == sa.bindparam("pk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """An alert that would have arisen `at` and been delivered at `due_at`, with others due at that time."""

    event: Event
    source: str
    article: Article | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime
    due_at: datetime


def rehearse(connection: sa.Connection, watch: Watch, since: datetime) -> list[Rehearsed]:
    """In the order of delivery; articles by what they say now, the newest 1,000 that match at most."""
    found: list[Rehearsed] = []
    if Event.ARTICLE in watch.events:
        found += _articles(connection, watch, since)
    if Event.CHANGE in watch.events:
        found += _changes(connection, watch, since)
    if Event.HEALTH in watch.events:
        found += _health(connection, watch, since)
    return sorted(found, key=lambda one: (one.due_at, one.at))


def _articles(connection: sa.Connection, watch: Watch, since: datetime) -> Iterator[Rehearsed]:
    stories: set[str] = set()
    for article in reversed(list(_newest(connection, expression(watch), since))):
        story = article.cluster_id or article.id
        if not (watch.per_story and story in stories):
            at = article.first_seen_at
            yield Rehearsed(
                event=Event.ARTICLE, source=article.source, article=article, at=at, due_at=due_at(watch, at)
            )
        stories.add(story)


def _newest(connection: sa.Connection, asked: str | None, since: datetime) -> Iterator[Article]:
    rows = driver(connection).execute(_FOUND, (asked, MOST)).fetchall() if asked is not None else []
    for (pk,) in rows:
        article = to_article(connection.execute(_BY_PK, {"pk": pk}).one())
        if article.first_seen_at >= since:
            yield article


def _changes(connection: sa.Connection, watch: Watch, since: datetime) -> Iterator[Rehearsed]:
    asked = expression(watch)
    columns = [changes.c[name].label(f"change_{name}") for name in ("kind", "before", "after", "at")]
    query = (
        sa.select(articles, *columns)
        .join_from(changes, articles, articles.c.id == changes.c.article_id)
        .where(changes.c.at >= since, changes.c.kind.in_([kind.value for kind in watch.kinds]))
        .order_by(changes.c.at, articles.c.pk, changes.c.rank, changes.c.id)
    )
    rows = connection.execute(query).all() if asked is not None else []
    for (at, pk), together in groupby(rows, key=lambda row: (row.change_at, row.pk)):
        told = list(together)
        if driver(connection).execute(_IS_FOUND, (asked, pk)).fetchone() is not None:
            said = [
                {"kind": row.change_kind, "before": row.change_before, "after": row.change_after}
                for row in told
            ]
            article = to_article(told[0])
            yield Rehearsed(
                event=Event.CHANGE,
                source=article.source,
                article=article,
                detail={"changes": said},
                at=at,
                due_at=due_at(watch, at),
            )


def _health(connection: sa.Connection, watch: Watch, since: datetime) -> Iterator[Rehearsed]:
    for row in connection.execute(sa.select(episodes).order_by(episodes.c.began_at, episodes.c.id)):
        for at, ended in ((row.began_at, False), (row.ended_at, True)):
            if at is not None and at >= since and speaks_of(watch, row.source):
                detail = {"finding": row.finding, "detail": row.detail, "ended": ended}
                yield Rehearsed(
                    event=Event.HEALTH, source=row.source, detail=detail, at=at, due_at=due_at(watch, at)
                )
