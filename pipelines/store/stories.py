"""Stories that several articles tell: who was first, who has them, and who has not."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from pipelines.store import briefs
from pipelines.store.briefs import Brief
from pipelines.store.database import driver
from pipelines.store.schema import articles, sources
from pipelines.store.types import to_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article of a cluster, in short; the one that was seen first is the cluster's first."""

    pk: int
    id: str
    source: str
    first_seen_at: datetime
    dated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A source that has a story: its first article there, how long after the very first that was seen, and
    how many it has."""

    source: str
    article_id: str
    first_seen_at: datetime
    dated_at: datetime
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
_MEMBERS = """
    SELECT cluster_id, pk, id, source, first_seen_at, dated_at FROM articles
    WHERE cluster_id IN (SELECT value FROM json_each(?))
    ORDER BY copy_of IS NOT NULL, first_seen_at, pk
"""

_LANGUAGES = """
    SELECT value, (SELECT language FROM articles WHERE source = value ORDER BY dated_at DESC LIMIT 1)
    FROM json_each(?)
"""


def members(connection: sa.Connection, clusters: Collection[str]) -> dict[str, list[Member]]:
    """Cluster -> its articles as they were seen, the first one first."""
    found: dict[str, list[Member]] = {cluster: [] for cluster in clusters}
    for cluster, pk, key, source, seen, dated in driver(connection).execute(
        _MEMBERS, (json.dumps(sorted(found)),)
    ):
        found[cluster].append(
            Member(pk=pk, id=key, source=source, first_seen_at=_at(seen), dated_at=_at(dated))
        )
    return found


def _at(kept: str) -> datetime:
    at = to_time(kept)
    assert at is not None
    return at


def list_stories(
    connection: sa.Connection, *, before: int | None, limit: int, since: datetime | None
) -> StoryPage:
    newest, more = _newest(connection, before=before, limit=limit, since=since)
    enabled = frozenset(connection.scalars(_ENABLED))
    of = members(connection, [cluster for _, cluster, _ in newest])
    first = briefs.by_pks(connection, [of[cluster][0].pk for _, cluster, _ in newest])
    return StoryPage(
        stories=tuple(
            _line(cluster, of[cluster], first, enabled, newest_at) for _, cluster, newest_at in newest
        ),
        before=newest[-1][0] if more else None,
    )


def _newest(
    connection: sa.Connection, *, before: int | None, limit: int, since: datetime | None
) -> tuple[list[tuple[int, str, datetime]], bool]:
    """(pk of the newest member, cluster, when it was seen) of so many clusters; are there more?"""
    query = _NEWEST if before is None else _NEWEST.where(articles.c.pk < before)
    found: list[tuple[int, str, datetime]] = []
    for pk, cluster, seen in connection.execute(query.limit(limit + 1)):
        # Articles are stored in the order of time: the first that is older ends the search.
        if since is not None and seen < since:
            return found, False
        found.append((pk, cluster, seen))
    return found[:limit], len(found) > limit


def whole(connection: sa.Connection, cluster: str) -> WholeStory | None:
    found = briefs.of_cluster(connection, cluster)
    if not found:
        return None
    holders = tuple(_holders(found))
    having = {holder.source for holder in holders}
    without = [name for name in connection.scalars(_ENABLED) if name not in having]
    return WholeStory(
        id=cluster,
        first=found[0],
        members=tuple(found),
        sources=holders,
        without=tuple(_same_language_first(connection, without, {member.language for member in found})),
    )


def _line(
    cluster: str,
    story: Sequence[Member],
    briefs_of: Mapping[int, Brief],
    enabled: frozenset[str],
    newest_at: datetime,
) -> StoryLine:
    holders = tuple(_holders(story))
    return StoryLine(
        id=cluster,
        first=briefs_of[story[0].pk],
        copies=len(story) - 1,
        sources=holders,
        without=len(enabled.difference(holder.source for holder in holders)),
        newest_at=newest_at,
    )


def _holders(story: Sequence[Member] | Sequence[Brief]) -> Iterator[Holder]:
    of: dict[str, list[Member | Brief]] = {}
    for member in story:
        of.setdefault(member.source, []).append(member)
    for source, theirs in of.items():
        first = theirs[0]
        yield Holder(
            source=source,
            article_id=first.id,
            first_seen_at=first.first_seen_at,
            dated_at=first.dated_at,
            delay=first.first_seen_at - story[0].first_seen_at,
            articles=len(theirs),
        )


def _same_language_first(
    connection: sa.Connection, names: Sequence[str], languages: set[str | None]
) -> list[str]:
    """A source's language is that of its newest article."""
    own = dict(driver(connection).execute(_LANGUAGES, (json.dumps(names),)).fetchall())
    return sorted(names, key=lambda name: (own[name] is None or own[name] not in languages, name))
