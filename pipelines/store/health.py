"""What a source's health is judged by, read from the log of visits; the episodes that came of it, kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipelines.items import Kind, Outcome, iso_utc
from pipelines.store.matching import on_health
from pipelines.store.schema import PRIORITY, articles, episodes, hosts, sources, targets, visits
from pipelines.store.sources import CONFIG

# The newest visits that are looked at of each root, and of a source's articles; the newest first readings.
_VISITS, _READINGS = 24, 220
# Further pages of listings only repeat what the first ones showed earlier.
_DEEPEST = 1
_FIRST_READINGS = (Outcome.STORED, Outcome.NOT_ARTICLE, Outcome.TOO_SHORT)
_LEARNED = '"rule": "learned"'


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit that ended: `final_url` is where the answer came from, None without one."""

    ended_at: datetime
    outcome: Outcome
    reason: str | None
    final_url: str | None


@dataclass(frozen=True, slots=True)
class ReadOnce:
    """The first reading of an article page. `words` and what was found beside the text only of a stored one;
    `learned` are the lines taken out as learned of the site."""

    ended_at: datetime
    outcome: Outcome
    words: int
    authors: bool
    published: bool
    description: bool
    image: bool
    learned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A feed, sitemap or listing: `own` says that it is one of the source's roots, and not a section found.

    `visits` are the newest first; `first_final_url` is where the first answer that is known came from.
    """

    url: str
    kind: Kind
    host: str
    own: bool
    rhythm: Mapping[str, Any] | None
    visits: tuple[Seen, ...]
    first_final_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What is remembered of a host: until when it is left alone, and when its certificate ends."""

    host: str
    not_before: datetime | None
    certificate_ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that a source is judged by. Visits and readings are the newest first; `gaps` are the polls since
    `GAP_DAYS` ago at which entries may have been missed."""

    source: str
    visited_at: datetime | None
    article_at: datetime | None
    roots: tuple[Root, ...]
    article_visits: tuple[Seen, ...]
    readings: tuple[ReadOnce, ...]
    gaps: tuple[datetime, ...]
    hosts: tuple[HostState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A finding from when it began to when it ended; None: it holds."""

    source: str
    finding: str
    detail: str
    began_at: datetime
    ended_at: datetime | None = None

    def record(self) -> dict[str, Any]:
        """As JSON has it; no `until`: it holds."""
        return {
            "source": self.source,
            "finding": self.finding,
            "since": iso_utc(self.began_at),
            "until": iso_utc(self.ended_at),
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Episodes that began or ended now."""

    began: tuple[Episode, ...]
    ended: tuple[Episode, ...]


GAP_DAYS = timedelta(days=7)


# The queries are made once: for hundreds of sources, making them anew takes as long as running them.
_SOURCE: sa.BindParameter[str] = sa.bindparam("source")
_KEY: sa.BindParameter[int] = sa.bindparam("key")
_SINCE: sa.BindParameter[datetime] = sa.bindparam("since")
_OF_SOURCE = visits.c.source == _SOURCE
_IS_ARTICLE = visits.c.kind == sa.literal_column(f"'{Kind.ARTICLE}'")
_VISITED_AT = sa.select(sa.func.max(visits.c.ended_at)).where(_OF_SOURCE)
_ARTICLE_AT = sa.select(sa.func.max(articles.c.dated_at)).where(articles.c.source == _SOURCE)
_GAPS = (
    sa.select(visits.c.ended_at)
    .where(_OF_SOURCE, visits.c.ended_at >= _SINCE, visits.c.gap.is_(True))
    .order_by(visits.c.ended_at.desc())
)
_SEEN = sa.select(visits.c.ended_at, visits.c.outcome, visits.c.reason, visits.c.final_url).limit(_VISITS)
_ARTICLE_VISITS = _SEEN.where(_OF_SOURCE, _IS_ARTICLE).order_by(visits.c.ended_at.desc())
# The index on visits.target_id holds the rows of each target in the order of their time.
_ROOT_VISITS = _SEEN.where(visits.c.target_id == _KEY).order_by(visits.c.id.desc())
_FIRST_FINAL_URL = (
    sa.select(visits.c.final_url)
    .where(visits.c.target_id == targets.c.id, visits.c.final_url.is_not(None))
    .order_by(visits.c.id)
    .limit(1)
    .scalar_subquery()
    .label("first_final_url")
)
_ROOTS = (
    sa.select(
        targets.c.id,
        targets.c.url,
        targets.c.kind,
        targets.c.host,
        targets.c.rhythm,
        targets.c.discovered_via,
        _FIRST_FINAL_URL,
    )
    .where(
        targets.c.source == _SOURCE,
        targets.c.priority < PRIORITY[Kind.ARTICLE],
        targets.c.depth <= _DEEPEST,
        targets.c.due_at.is_not(None),
    )
    .order_by(targets.c.priority, targets.c.id)
)
_FIRST_READ = (
    sa.select(
        visits.c.ended_at,
        visits.c.outcome,
        sa.func.coalesce(articles.c.word_count, 0),
        sa.func.coalesce(sa.type_coerce(articles.c.authors, sa.Text) != "[]", False),
        articles.c.published_at.is_not(None),
        sa.func.coalesce(articles.c.description, "") != "",
        sa.func.coalesce(articles.c.image_url, "") != "",
        sa.func.coalesce(sa.type_coerce(visits.c.cuts, sa.Text), ""),
    )
    .outerjoin_from(visits, articles, articles.c.id == visits.c.article_id)
    .where(
        _OF_SOURCE, _IS_ARTICLE, sa.or_(*(visits.c.outcome == outcome.value for outcome in _FIRST_READINGS))
    )
    .order_by(visits.c.ended_at.desc())
    .limit(_READINGS)
)
_HOSTS = sa.select(hosts.c.host, hosts.c.not_before, hosts.c.certificate_ends_at)


def watched(connection: sa.Connection) -> list[str]:
    """The names of the enabled sources."""
    query = sa.select(sources.c.name).where(sources.c.enabled.is_(True)).order_by(sources.c.name)
    return list(connection.scalars(query))


def histories(connection: sa.Connection, names: Iterable[str], *, now: datetime) -> Iterator[History]:
    states = {row.host: HostState(**row._mapping) for row in connection.execute(_HOSTS)}
    for name in names:
        of = {"source": name}
        roots = tuple(_roots(connection, name))
        yield History(
            source=name,
            visited_at=connection.scalar(_VISITED_AT, of),
            article_at=connection.scalar(_ARTICLE_AT, of),
            roots=roots,
            article_visits=_seen(connection, _ARTICLE_VISITS, of),
            readings=tuple(_readings(connection, name)),
            gaps=tuple(connection.scalars(_GAPS, {**of, "since": now - GAP_DAYS})),
            hosts=tuple(states[host] for host in {root.host for root in roots if root.own} if host in states),
        )


def _roots(connection: sa.Connection, source: str) -> Iterator[Root]:
    for row in connection.execute(_ROOTS, {"source": source}):
        own = row.discovered_via == CONFIG
        yield Root(
            url=row.url,
            kind=Kind(row.kind),
            host=row.host,
            own=own,
            rhythm=row.rhythm,
            visits=_seen(connection, _ROOT_VISITS, {"key": row.id}) if own else (),
            first_final_url=row.first_final_url,
        )


def _seen(connection: sa.Connection, query: sa.Select[Any], values: Mapping[str, Any]) -> tuple[Seen, ...]:
    return tuple(
        Seen(ended_at, Outcome(outcome), reason, final_url)
        for ended_at, outcome, reason, final_url in connection.execute(query, values)
    )


def _readings(connection: sa.Connection, source: str) -> Iterator[ReadOnce]:
    rows = connection.execute(_FIRST_READ, {"source": source})
    for ended_at, outcome, words, authors, published, description, image, cuts in rows:
        yield ReadOnce(
            ended_at=ended_at,
            outcome=Outcome(outcome),
            words=words,
            authors=bool(authors),
            published=bool(published),
            description=bool(description),
            image=bool(image),
            learned=cuts.count(_LEARNED),
        )


# --- episodes ------------------------------------------------------------------------------------------


def _to_episodes(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[tuple[int, Episode]]:
    query = sa.select(episodes).where(*where).order_by(episodes.c.began_at, episodes.c.id)
    found = [dict(row._mapping) for row in connection.execute(query)]
    return [(row.pop("id"), Episode(**row)) for row in found]


def list_episodes(connection: sa.Connection, *, ended_since: datetime) -> list[Episode]:
    recent = sa.or_(episodes.c.ended_at.is_(None), episodes.c.ended_at >= ended_since)
    return [episode for _, episode in _to_episodes(connection, recent)]


def keep_findings(
    connection: sa.Connection, found: Iterable[Episode], *, of_sources: Collection[str], now: datetime
) -> Changes:
    """Open an episode for each finding that has none, end those whose finding is not there any more.

    Those of other sources than were looked at end without being named: the source is watched no longer.
    """
    news = {(one.source, one.finding): one for one in found}
    ended: list[Episode] = []
    for key, episode in _to_episodes(connection, episodes.c.ended_at.is_(None)):
        still = news.pop((episode.source, episode.finding), None)
        if still is not None and still.detail == episode.detail:
            continue
        changes = {"detail": still.detail} if still is not None else {"ended_at": now}
        connection.execute(sa.update(episodes).where(episodes.c.id == key).values(changes))
        if still is None and episode.source in of_sources:
            ended.append(episode)
            _tell(connection, key, episode, ended=True, now=now)
    began: Sequence[Episode] = list(news.values())
    for one in began:
        row = {name: getattr(one, name) for name in Episode.__dataclass_fields__}
        begun = connection.execute(sa.insert(episodes), row).inserted_primary_key
        assert begun is not None
        _tell(connection, begun[0], one, ended=False, now=now)
    return Changes(began=tuple(began), ended=tuple(ended))


def _tell(connection: sa.Connection, key: int, episode: Episode, *, ended: bool, now: datetime) -> None:
    detail = {"finding": episode.finding, "detail": episode.detail, "ended": ended}
    on_health(connection, key, episode.source, detail, now)
