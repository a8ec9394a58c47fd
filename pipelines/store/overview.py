"""All sources at a glance, and one source in detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipelines.items import FAILURES, Kind, Outcome
from pipelines.store import briefs
from pipelines.store.briefs import Brief
from pipelines.store.database import driver
from pipelines.store.health import Episode
from pipelines.store.schema import NO_ARTICLE, PRIORITY, articles, episodes, sources, targets, visits
from pipelines.store.sources import CONFIG
from pipelines.store.spans import SPANS, listed

DAYS, LATELY = 14, 30
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
_SINCE: sa.BindParameter[datetime] = sa.bindparam("since", type_=visits.c.ended_at.type)
# Which source: this one, or all of them.
_ONLY: sa.BindParameter[str | None] = sa.bindparam("only", type_=sa.Text)
_WANTED = sa.or_(_ONLY.is_(None), sources.c.name == _ONLY)
_RECENT = (visits.c.source == sources.c.name, visits.c.ended_at >= _SINCE)
_LAST = visits.c.source == sources.c.name
_LAST_OUTCOME = sa.select(visits.c.outcome).where(_LAST).order_by(visits.c.ended_at.desc()).limit(1)
# Each of these is a range of an index that holds all of it, whatever the number of rows.
_VIEWS = (
    sa.select(
        sources,
        sa.select(sa.func.max(articles.c.dated_at))
        .where(articles.c.source == sources.c.name)
        .scalar_subquery()
        .label("newest_at"),
        sa.select(sa.func.max(visits.c.ended_at)).where(_LAST).scalar_subquery().label("last_visit_at"),
        _LAST_OUTCOME.scalar_subquery().label("last_outcome"),
        sa.select(sa.func.count()).where(*_RECENT).scalar_subquery().label("visits"),
        sa.select(sa.func.count())
        .where(*_RECENT, visits.c.outcome.in_(_FAILED))
        .scalar_subquery()
        .label("failures"),
    )
    .where(_WANTED)
    .order_by(sources.c.name)
)
_DAILY = f"""
    WITH {SPANS}
    SELECT sources.name, (
        SELECT count(*) FROM articles
        WHERE source = sources.name AND dated_at >= span.begins AND dated_at < span.ends)
    FROM sources CROSS JOIN span
    WHERE :only IS NULL OR sources.name = :only
    ORDER BY sources.name, span.number
"""  # noqa: S608 - a text of ours
_OPEN = (
    sa.select(episodes)
    .where(episodes.c.ended_at.is_(None), sa.or_(_ONLY.is_(None), episodes.c.source == _ONLY))
    .order_by(episodes.c.began_at, episodes.c.id)
)


# In the words of the index that holds them.
_ROOTS = (NO_ARTICLE, targets.c.priority < PRIORITY[Kind.ARTICLE], targets.c.due_at.is_not(None))


def list_views(connection: sa.Connection, now: datetime, *, only: str | None = None) -> list[SourceView]:
    """All sources by name, or only this one."""
    daily = _daily(connection, now, only)
    troubles: dict[str, list[Episode]] = {}
    for row in connection.execute(_OPEN, {"only": only}):
        troubles.setdefault(row.source, []).append(_to_episode(row))
    return [
        SourceView(
            **{
                **row._mapping,
                "last_outcome": Outcome(row.last_outcome) if row.last_outcome is not None else None,
                "daily": tuple(daily[row.name][-DAYS:]),
                "lately": sum(daily[row.name]),
                "episodes": tuple(troubles.get(row.name, ())),
            }
        )
        for row in connection.execute(_VIEWS, {"since": now - _DAY, "only": only})
    ]


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
    query = sa.select(targets.c.source, targets.c.rhythm).where(*_ROOTS, targets.c.rhythm.is_not(None))
    found: dict[str, list[Mapping[str, Any]]] = {}
    for source, rhythm in connection.execute(query):
        found.setdefault(source, []).append(rhythm)
    return found


def _daily(connection: sa.Connection, now: datetime, only: str | None) -> dict[str, list[int]]:
    """Source -> its articles of the days before the last 14, all in one, and of each of these."""
    begin = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [begin - ago * _DAY for ago in (LATELY - 1, *range(DAYS - 1, -1, -1))]
    found: dict[str, list[int]] = {}
    for name, count in driver(connection).execute(_DAILY, {"spans": listed(days), "only": only}):
        found.setdefault(name, []).append(count)
    return found


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
        .with_hint(targets, "INDEXED BY ix_targets_roots", "sqlite")
        .where(targets.c.source == name, *_ROOTS)
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
