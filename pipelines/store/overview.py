"""All sources at a glance, and one source in detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipelines.items import FAILURES, Kind, Outcome
from pipelines.store import briefs
from pipelines.store.briefs import Brief
from pipelines.store.health import Episode
from pipelines.store.schema import PRIORITY, articles, episodes, sources, targets, visits
from pipelines.store.sources import CONFIG

DAYS = 14
_DAY = timedelta(days=1)
_RECENT_VISITS, _RECENT_ARTICLES = 30, 20
_OUTCOMES_OF, _EPISODES_OF = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source in the list.

    `daily` are the articles dated on each of the last 14 days (UTC), today last, which is not over yet;
    `lately` those of the last 30 days. `visits` and `failures` are those that ended in the last 24 hours;
    `episodes` what is wrong with it now.
    """

    name: str
    url: str
    configured: bool
    enabled: bool
    added_at: datetime
    daily: tuple[int, ...]
    lately: int
    newest_at: datetime | None
    last_visit_at: datetime | None
    last_outcome: Outcome | None
    visits: int
    failures: int
    episodes: tuple[Episode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBrief:
    """A visit of the log; `milliseconds` from its beginning to its end."""

    at: datetime
    kind: Kind
    url: str
    outcome: Outcome
    status: int | None
    reason: str | None
    article_id: str | None
    links: int
    fresh: int
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RootView:
    """A feed, sitemap or listing of a source that is looked at; `own` says that the configuration names it.
    `interval` is from its last visit to the next."""

    url: str
    kind: Kind
    host: str
    own: bool
    due_at: datetime | None
    last_visited_at: datetime | None
    failures: int
    visits: int
    interval: timedelta | None
    rhythm: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDetail:
    """A source by itself: the newest visits first; `outcomes` are counts of 7 days, the highest first;
    `episodes` those that hold and those that ended in the last 30 days, the newest first; `articles` the
    newest."""

    view: SourceView
    visits: tuple[VisitBrief, ...]
    roots: tuple[RootView, ...]
    outcomes: tuple[tuple[Outcome, int], ...]
    episodes: tuple[Episode, ...]
    articles: tuple[Brief, ...]


_FAILED = [outcome.value for outcome in FAILURES]
_SOURCE: sa.BindParameter[str] = sa.bindparam("source")
_SINCE: sa.BindParameter[datetime] = sa.bindparam("since", type_=articles.c.dated_at.type)
_OF_DAY = sa.func.substr(sa.type_coerce(articles.c.dated_at, sa.Text), 1, 10)
_DAILY = (
    sa.select(articles.c.source, _OF_DAY.label("day"), sa.func.count().label("articles"))
    .where(articles.c.dated_at >= _SINCE)
    .group_by(articles.c.source, "day")
)
_VISITED = (
    sa.select(
        visits.c.source,
        sa.func.count().label("visits"),
        sa.func.sum(sa.case((visits.c.outcome.in_(_FAILED), 1), else_=0)).label("failures"),
    )
    .where(visits.c.ended_at >= _SINCE)
    .group_by(visits.c.source)
)
_LAST_VISIT = (
    sa.select(visits.c.ended_at, visits.c.outcome)
    .where(visits.c.source == _SOURCE)
    .order_by(visits.c.ended_at.desc())
    .limit(1)
)
_NEWEST = sa.select(sa.func.max(articles.c.dated_at)).where(articles.c.source == _SOURCE)
_OPEN = sa.select(episodes).where(episodes.c.ended_at.is_(None)).order_by(episodes.c.began_at, episodes.c.id)


def list_views(connection: sa.Connection, now: datetime, *, only: str | None = None) -> list[SourceView]:
    query = sa.select(sources).order_by(sources.c.name)
    if only is not None:
        query = query.where(sources.c.name == only)
    days = [(now.astimezone(UTC) - ago * _DAY).date() for ago in range(29, -1, -1)]
    daily = _daily(connection, days[0])
    visited = {row.source: row for row in connection.execute(_VISITED, {"since": now - _DAY})}
    troubles: dict[str, list[Episode]] = {}
    for row in connection.execute(_OPEN):
        troubles.setdefault(row.source, []).append(_to_episode(row))
    views = []
    for row in connection.execute(query).all():
        of = {"source": row.name}
        last = connection.execute(_LAST_VISIT, of).first()
        seen = visited.get(row.name)
        counts = [daily.get((row.name, day.isoformat()), 0) for day in days]
        views.append(
            SourceView(
                **row._mapping,
                daily=tuple(counts[-DAYS:]),
                lately=sum(counts),
                newest_at=connection.scalar(_NEWEST, of),
                last_visit_at=last.ended_at if last is not None else None,
                last_outcome=Outcome(last.outcome) if last is not None else None,
                visits=seen.visits if seen is not None else 0,
                failures=seen.failures if seen is not None else 0,
                episodes=tuple(troubles.get(row.name, ())),
            )
        )
    return views


def detail(connection: sa.Connection, name: str, now: datetime) -> SourceDetail | None:
    views = list_views(connection, now, only=name)
    if not views:
        return None
    return SourceDetail(
        view=views[0],
        visits=tuple(_visits(connection, name)),
        roots=tuple(_roots(connection, name)),
        outcomes=tuple(_outcomes(connection, name, now - _OUTCOMES_OF)),
        episodes=tuple(_episodes(connection, name, now - _EPISODES_OF)),
        articles=tuple(briefs.of_source(connection, name, _RECENT_ARTICLES)),
    )


def rhythms(connection: sa.Connection) -> dict[str, list[Mapping[str, Any]]]:
    """Source -> what is known of how often its feeds, sitemaps and listings publish."""
    query = sa.select(targets.c.source, targets.c.rhythm).where(
        targets.c.priority < PRIORITY[Kind.ARTICLE],
        targets.c.due_at.is_not(None),
        targets.c.rhythm.is_not(None),
    )
    found: dict[str, list[Mapping[str, Any]]] = {}
    for source, rhythm in connection.execute(query):
        found.setdefault(source, []).append(rhythm)
    return found


def _daily(connection: sa.Connection, first: date) -> dict[tuple[str, str], int]:
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return {(row.source, row.day): row.articles for row in connection.execute(_DAILY, {"since": since})}


def _to_episode(row: sa.Row[Any]) -> Episode:
    values = dict(row._mapping)
    del values["id"]
    return Episode(**values)


def _visits(connection: sa.Connection, name: str) -> list[VisitBrief]:
    query = (
        sa.select(visits)
        .where(visits.c.source == name)
        .order_by(visits.c.ended_at.desc(), visits.c.id.desc())
    )
    return [
        VisitBrief(
            at=row.ended_at,
            kind=Kind(row.kind),
            url=row.url,
            outcome=Outcome(row.outcome),
            status=row.status,
            reason=row.reason,
            article_id=row.article_id,
            links=row.links,
            fresh=row.fresh,
            milliseconds=round((row.ended_at - row.started_at).total_seconds() * 1000),
        )
        for row in connection.execute(query.limit(_RECENT_VISITS))
    ]


def _roots(connection: sa.Connection, name: str) -> list[RootView]:
    query = (
        sa.select(targets)
        .where(
            targets.c.source == name,
            targets.c.priority < PRIORITY[Kind.ARTICLE],
            targets.c.due_at.is_not(None),
        )
        .order_by(targets.c.priority, targets.c.id)
    )
    return [
        RootView(
            url=row.url,
            kind=Kind(row.kind),
            host=row.host,
            own=row.discovered_via == CONFIG,
            due_at=row.due_at,
            last_visited_at=row.last_visited_at,
            failures=row.failures,
            visits=row.visits,
            interval=row.due_at - row.last_visited_at if row.due_at and row.last_visited_at else None,
            rhythm=row.rhythm,
        )
        for row in connection.execute(query)
    ]


def _outcomes(connection: sa.Connection, name: str, since: datetime) -> list[tuple[Outcome, int]]:
    count = sa.func.count()
    query = (
        sa.select(visits.c.outcome, count)
        .where(visits.c.source == name, visits.c.ended_at >= since)
        .group_by(visits.c.outcome)
        .order_by(count.desc(), visits.c.outcome)
    )
    return [(Outcome(outcome), number) for outcome, number in connection.execute(query)]


def _episodes(connection: sa.Connection, name: str, since: datetime) -> list[Episode]:
    query = sa.select(episodes).where(
        episodes.c.source == name, sa.or_(episodes.c.ended_at.is_(None), episodes.c.ended_at >= since)
    )
    rows = connection.execute(query.order_by(episodes.c.began_at.desc(), episodes.c.id.desc()))
    return [_to_episode(row) for row in rows]
