"""What watches find, in the transaction in which it happens: an article, a change of one, a source's health.

An article is put alone into an index of the same columns and tokens as the search's, and each watch's query
is asked there: what the search would find is found, at a price that does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipelines.alerts import Event, due_at, speaks_of
from pipelines.changes import Change
from pipelines.items import Article
from pipelines.store import fields, watches
from pipelines.store.articles import dated_at
from pipelines.store.database import Prepared, driver
from pipelines.store.schema import alerts, articles
from pipelines.store.watches import Asked, Known

_PROBE = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.probe USING fts5({', '.join(fields.COLUMNS)},"
    f" {fields.TOKENS}, content='')"
)
_FILL = "INSERT INTO temp.probe (rowid, {}) VALUES (1{})".format(  # noqa: S608 - names of columns only
    ", ".join(fields.COLUMNS), ", ?" * len(fields.COLUMNS)
)
_CLEAR = "INSERT INTO temp.probe (probe) VALUES ('delete-all')"
_ASK = "SELECT 1 FROM temp.probe WHERE probe MATCH ?"
_KEEP = "INSERT INTO matches (watch, article, repeats, at) VALUES (?, ?, ?, ?)"
_KNEW_STORY = (
    "SELECT 1 FROM articles AS a JOIN matches AS m ON m.article = a.pk AND m.watch = ?"
    " WHERE a.cluster_id = ? LIMIT 1"
)
_KNEW = "SELECT watch FROM matches WHERE article = ?"
_ARISE = Prepared(
    sa.insert(alerts).prefix_with("OR IGNORE"),
    "watch channel event subject article source detail at due_at".split(),
)


def on_article(connection: sa.Connection, pk: int, article: Article, now: datetime) -> None:
    """A new article was stored, and has its place among copies."""
    found = _matching(connection, watches.enabled(connection, Event.ARTICLE), article)
    for known in watches.named(connection, found):
        repeats = _knew_story(connection, known.key, article)
        driver(connection).execute(_KEEP, (known.key, pk, repeats, fields.written(now)))
        if not (repeats and known.watch.per_story):
            _arise(connection, known, Event.ARTICLE, pk, now, article=pk, source=article.source)


def on_changes(
    connection: sa.Connection, article: Article, found: Sequence[tuple[int, Change]], now: datetime
) -> None:
    """An article has changed; with the keys of the changes, as they are kept."""
    asked = watches.enabled(connection, Event.CHANGE)
    if not asked:
        return
    pk = connection.scalar(sa.select(articles.c.pk).where(articles.c.id == article.id))
    assert pk is not None
    # What matched before the change counts too: the headline may have been what matched.
    knew = {one[0] for one in driver(connection).execute(_KNEW, (pk,))} & {one.key for one in asked}
    matching = _matching(connection, [one for one in asked if one.key not in knew], article)
    for known in watches.named(connection, [*knew, *matching]):
        told = [(key, change) for key, change in found if change.kind in known.watch.kinds]
        if told:
            detail = {"changes": [_change_detail(change) for _, change in told]}
            _arise(
                connection, known, Event.CHANGE, told[0][0], now,
                article=pk, source=article.source, detail=detail,
            )  # fmt: skip


def on_health(
    connection: sa.Connection, key: int, source: str, detail: Mapping[str, Any], now: datetime
) -> None:
    """An episode began or ended, as `detail["ended"]` says."""
    for known in watches.of_event(connection, Event.HEALTH):
        if speaks_of(known.watch, source):
            subject = 2 * key + bool(detail["ended"])
            _arise(connection, known, Event.HEALTH, subject, now, article=None, source=source, detail=detail)


def _matching(connection: sa.Connection, asked: Collection[Asked], article: Article) -> list[int]:
    """The keys of the watches whose query the article matches."""
    if not asked:
        return []
    probe = driver(connection)
    probe.execute(_PROBE)
    probe.execute(_FILL, fields.row(article, dated_at(article)))
    try:
        return [one.key for one in asked if probe.execute(_ASK, (one.expression,)).fetchone() is not None]
    finally:
        probe.execute(_CLEAR)


def _knew_story(connection: sa.Connection, key: int, article: Article) -> bool:
    if article.cluster_id is None:
        return False
    return driver(connection).execute(_KNEW_STORY, (key, article.cluster_id)).fetchone() is not None


def _change_detail(change: Change) -> dict[str, str | None]:
    return {"kind": change.kind.value, "before": change.before, "after": change.after}


def _arise(
    connection: sa.Connection,
    known: Known,
    event: Event,
    subject: int,
    now: datetime,
    *,
    article: int | None,
    source: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    due = due_at(known.watch, now)
    for channel in dict.fromkeys(known.watch.channels):
        row = {
            "watch": known.key,
            "channel": channel,
            "event": event.value,
            "subject": subject,
            "article": article,
            "source": source,
            "detail": dict(detail or {}),
            "at": now,
            "due_at": due,
        }
        _ARISE.execute(connection, row)
