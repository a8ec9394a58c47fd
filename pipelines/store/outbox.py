"""Alerts that wait for delivery: handed out in messages that stay the same until they are confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.alerts import Event
from pipelines.items import Article
from pipelines.store.articles import to_article
from pipelines.store.schema import alerts, articles, channels, watches
from pipelines.store.search import snippet_of

# A digest of more is delivered in several messages.
MOST_OF_A_MESSAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to tell a channel. `message` is the same for all that are told together, in every attempt.

    `timezone` is the watch's. `article` is the article as it is now, None for health; `snippet` a piece of
    its text with what matched. `detail` has "changes" (kind, before, after), or "finding", "detail", "ended".
    """

    id: int
    message: str | None
    watch: str
    channel: str
    timezone: str
    event: Event
    source: str
    article: Article | None
    snippet: str
    detail: Mapping[str, Any]
    at: datetime
    due_at: datetime
    attempts: int
    last_error: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCounts:
    """How many alerts of a watch wait and were sent."""

    waiting: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How delivering to a channel goes: `waiting` alerts, `due` of them now; `failures` in a row since it
    last confirmed, `not_before` when it is tried again."""

    name: str
    waiting: int = 0
    due: int = 0
    oldest_at: datetime | None = None
    failures: int = 0
    not_before: datetime | None = None
    last_error: str | None = None
    last_sent_at: datetime | None = None


_WAITS = alerts.c.sent_at.is_(None)
_ROWS = (
    sa.select(
        alerts.c.id.label("alert_id"),
        *(alerts.c[name] for name in ("message", "channel", "event", "article", "detail", "at", "due_at")),
        *(alerts.c[name] for name in ("attempts", "last_error", "sent_at")),
        alerts.c.source.label("alert_source"),
        watches.c.name.label("watch_name"),
        watches.c.query,
        watches.c.timezone,
    )
    .join_from(alerts, watches, watches.c.id == alerts.c.watch)
)  # fmt: skip


def due(
    connection: sa.Connection, now: datetime, *, limit: int, of_channels: Collection[str] | None
) -> list[Alert]:
    """Alerts to deliver now, message by message, none of a channel that is left alone.

    What waits for a first attempt is put into messages here, each of one watch for one channel. Those tried
    least come first, so that one that a channel never takes does not stand in the way of the others.
    """
    here = _due(now, of_channels)
    _put_into_messages(connection, here)
    first = sa.func.min(alerts.c.id)
    messages = (
        sa.select(alerts.c.message)
        .where(*here)
        .group_by(alerts.c.message)
        .order_by(sa.func.max(alerts.c.attempts), first)
        .limit(limit)
    )
    names = list(connection.scalars(messages))
    order = {name: place for place, name in enumerate(names)}
    rows = _alerts(connection, alerts.c.message.in_(names), _WAITS)
    return sorted(rows, key=lambda alert: (order[alert.message or ""], alert.id))


def any_due(connection: sa.Connection, now: datetime, of_channels: Collection[str] | None) -> bool:
    """Whether `due` would give any; asked each second."""
    return (
        connection.execute(sa.select(alerts.c.id).where(*_due(now, of_channels)).limit(1)).first() is not None
    )


def sent(connection: sa.Connection, ids: Collection[int], now: datetime) -> None:
    """The channel has confirmed these."""
    named = sa.select(alerts.c.channel).where(alerts.c.id.in_(ids)).distinct()
    for channel in connection.scalars(named).all():
        _note(connection, channel, failures=0, not_before=None, last_error=None, last_sent_at=now)
    connection.execute(sa.update(alerts).where(alerts.c.id.in_(ids), _WAITS).values(sent_at=now))


def failed(
    connection: sa.Connection,
    channel: str,
    ids: Collection[int],
    *,
    error: str,
    not_before: datetime,
) -> None:
    values = {"attempts": alerts.c.attempts + 1, "last_error": error}
    connection.execute(sa.update(alerts).where(alerts.c.id.in_(ids), _WAITS).values(values))
    failures = connection.scalar(sa.select(channels.c.failures).where(channels.c.name == channel)) or 0
    _note(connection, channel, failures=failures + 1, not_before=not_before, last_error=error)


def counts(connection: sa.Connection) -> dict[str, AlertCounts]:
    """By the watch's name; those without alerts too."""
    count = sa.func.count
    query = (
        sa.select(watches.c.name, count(alerts.c.id), count(alerts.c.sent_at))
        .outerjoin_from(watches, alerts, alerts.c.watch == watches.c.id)
        .group_by(watches.c.name)
    )
    return {
        name: AlertCounts(waiting=all_ - sent_, sent=sent_) for name, all_, sent_ in connection.execute(query)
    }


def states(connection: sa.Connection, now: datetime) -> list[ChannelState]:
    """Of every channel that has or had something to deliver, by name."""
    names = [channels.c[name] for name in ("name", "failures", "not_before", "last_error", "last_sent_at")]
    found = {row.name: dict(row._mapping) for row in connection.execute(sa.select(*names))}
    waiting = sa.select(
        alerts.c.channel,
        sa.func.count(),
        sa.func.count(sa.case((alerts.c.due_at <= now, 1))),
        sa.func.min(alerts.c.at),
    ).where(_WAITS)
    for channel, count, is_due, oldest in connection.execute(waiting.group_by(alerts.c.channel)):
        known = found.setdefault(channel, {"name": channel})
        known.update(waiting=count, due=is_due, oldest_at=oldest)
    return [ChannelState(**found[name]) for name in sorted(found)]


def of_article(connection: sa.Connection, article_id: str) -> list[Alert]:
    """What was or is to be told of an article, in the order in which it arose."""
    pk = sa.select(articles.c.pk).where(articles.c.id == article_id).scalar_subquery()
    return _alerts(connection, alerts.c.article == pk)


def _due(now: datetime, of_channels: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    here = [_WAITS, alerts.c.due_at <= now, ~_resting(now)]
    return here if of_channels is None else [*here, alerts.c.channel.in_(of_channels)]


def _resting(now: datetime) -> sa.ColumnElement[bool]:
    return alerts.c.channel.in_(sa.select(channels.c.name).where(channels.c.not_before > now))


def _put_into_messages(connection: sa.Connection, here: Collection[sa.ColumnElement[bool]]) -> None:
    query = sa.select(alerts.c.id, alerts.c.watch, alerts.c.channel).where(*here, alerts.c.message.is_(None))
    groups: dict[tuple[int, str], list[int]] = {}
    for key, watch, channel in connection.execute(query.order_by(alerts.c.id)):
        groups.setdefault((watch, channel), []).append(key)
    for keys in groups.values():
        for at in range(0, len(keys), MOST_OF_A_MESSAGE):
            some = alerts.c.id.in_(keys[at : at + MOST_OF_A_MESSAGE])
            connection.execute(sa.update(alerts).where(some).values(message=f"msg_{uuid4().hex}"))


def _note(connection: sa.Connection, channel: str, **values: Any) -> None:
    row = insert(channels).values(name=channel, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))


def _alerts(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Alert]:
    rows = connection.execute(_ROWS.where(*where).order_by(alerts.c.id)).mappings().all()
    return list(_to_alerts(connection, rows))


def _to_alerts(connection: sa.Connection, rows: Collection[Mapping[Any, Any]]) -> Iterator[Alert]:
    found = {
        row.pk: to_article(row)
        for row in connection.execute(
            sa.select(articles).where(articles.c.pk.in_({row["article"] for row in rows if row["article"]}))
        )
    }
    for row in rows:
        article = found.get(row["article"])
        snippet = snippet_of(connection, row["query"], row["article"], article) if article is not None else ""
        same = (
            "message",
            "channel",
            "timezone",
            "detail",
            "at",
            "due_at",
            "attempts",
            "last_error",
            "sent_at",
        )
        yield Alert(
            id=row["alert_id"],
            watch=row["watch_name"],
            source=row["alert_source"],
            event=Event(row["event"]),
            article=article,
            snippet=snippet,
            **{name: row[name] for name in same},
        )
