"""Stories that several articles tell: who was first, who has them, and who has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from pipelines.store import briefs
from pipelines.store.briefs import Brief
from pipelines.store.schema import articles, sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A source that has a story: its first article, and how long after the very first that was seen."""

    source: str
    first: Brief
    delay: timedelta
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """A cluster in a list. `first` is the article seen first, `copies` the number of others; `sources` all
    that have it, the first one first; `without` the number of enabled sources that have not; `newest_at` is
    when its newest member was first seen.
    """

    id: str
    first: Brief
    copies: int
    sources: tuple[Holder, ...]
    without: int
    newest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """Clusters, newest activity first; `before` asks for the next page, None: this is the last one."""

    stories: tuple[StoryLine, ...]
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeStory:
    """A cluster: `members` as they were seen, the first one first; `without` are the enabled sources that
    have not got it, those that publish in one of its languages first."""

    id: str
    first: Brief
    members: tuple[Brief, ...]
    sources: tuple[Holder, ...]
    without: tuple[str, ...]


# Clusters looked through at once.
_CHUNK = 100
_later = articles.alias("later")
# The newest member of each cluster, the last one stored first.
_NEWEST = (
    sa.select(articles.c.pk, articles.c.cluster_id, articles.c.first_seen_at)
    .where(
        articles.c.cluster_id.is_not(None),
        ~sa.exists().where(_later.c.cluster_id == articles.c.cluster_id, _later.c.pk > articles.c.pk),
    )
    .order_by(articles.c.pk.desc())
)
_ENABLED = sa.select(sources.c.name).where(sources.c.enabled.is_(True)).order_by(sources.c.name)


def list_stories(
    connection: sa.Connection, *, before: int | None, limit: int, since: datetime | None
) -> StoryPage:
    query = _NEWEST if before is None else _NEWEST.where(articles.c.pk < before)
    enabled = frozenset(connection.scalars(_ENABLED))
    found: list[StoryLine] = []
    last = None
    for row in connection.execution_options(yield_per=_CHUNK).execute(query):
        # Articles are stored in the order of time: the first that is older ends the search.
        if since is not None and row.first_seen_at < since:
            break
        if len(found) == limit:
            return StoryPage(stories=tuple(found), before=last)
        found.append(_line(briefs.of_cluster(connection, row.cluster_id), enabled, row.first_seen_at))
        last = row.pk
    return StoryPage(stories=tuple(found), before=None)


def whole(connection: sa.Connection, cluster: str) -> WholeStory | None:
    members = briefs.of_cluster(connection, cluster)
    if not members:
        return None
    holders = tuple(_holders(members))
    having = {holder.source for holder in holders}
    without = [name for name in connection.scalars(_ENABLED) if name not in having]
    return WholeStory(
        id=cluster,
        first=members[0],
        members=tuple(members),
        sources=holders,
        without=tuple(_same_language_first(connection, without, {member.language for member in members})),
    )


def _line(members: Sequence[Brief], enabled: frozenset[str], newest_at: datetime) -> StoryLine:
    holders = tuple(_holders(members))
    return StoryLine(
        id=members[0].cluster_id or members[0].id,
        first=members[0],
        copies=len(members) - 1,
        sources=holders,
        without=len(enabled - {holder.source for holder in holders}),
        newest_at=newest_at,
    )


def _holders(members: Sequence[Brief]) -> Iterator[Holder]:
    of: dict[str, list[Brief]] = {}
    for member in members:
        of.setdefault(member.source, []).append(member)
    for source, theirs in of.items():
        delay = theirs[0].first_seen_at - members[0].first_seen_at
        yield Holder(source=source, first=theirs[0], delay=delay, articles=len(theirs))


def _same_language_first(
    connection: sa.Connection, names: Sequence[str], languages: set[str | None]
) -> list[str]:
    """A source's language is that of its newest article."""
    newest = sa.select(articles.c.language).where(articles.c.source == sa.bindparam("source"))
    newest = newest.order_by(articles.c.dated_at.desc()).limit(1)
    own = {name: connection.scalar(newest, {"source": name}) for name in names}
    return sorted(names, key=lambda name: (own[name] is None or own[name] not in languages, name))
