"""What came in lately: its stories, outlets, languages, and how much of it by the hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from operator import itemgetter

import sqlalchemy as sa

from pipelines.store import briefs
from pipelines.store.briefs import Brief
from pipelines.store.database import driver
from pipelines.store.fields import written
from pipelines.store.schema import changes
from pipelines.store.spans import SPANS, listed
from pipelines.store.stories import Member, members

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story of the window: a cluster, or one article that nobody copied (then `id` is the article's).

    `first` is the one that was seen first, be it before the window; `copies` the number of other members;
    `sources` all that have it, the first one first; `here` the number of sources that had it in the window,
    which stories are ranked by; `newest_at` the date of its newest member.
    """

    id: str
    first: Brief
    copies: int
    sources: tuple[str, ...]
    here: int
    newest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The articles dated since `since`; those whose publisher's clock is ahead count in the last hour.

    `stories` are those of most sources first, then the newest; `newest` single articles in the order of
    storing, the last one first; `by_source` and `by_language` counts, the highest first. `volume` has the
    articles of each hour, the oldest hour first, `volume_before` those of as many hours before.
    """

    since: datetime
    stories: tuple[Story, ...]
    newest: tuple[Brief, ...]
    by_source: tuple[tuple[str, int], ...]
    by_language: tuple[tuple[str | None, int], ...]
    volume: tuple[int, ...]
    volume_before: tuple[int, ...]
    total: int
    total_before: int
    unique_stories: int
    changes: int


_Row = tuple[int, str, str | None, str | None]
_WINDOW = "SELECT pk, source, language, cluster_id FROM articles WHERE dated_at >= ?"
_VOLUME = f"""
    WITH {SPANS}
    SELECT (SELECT count(*) FROM articles WHERE dated_at >= span.begins AND dated_at < span.ends)
    FROM span ORDER BY span.number
"""  # noqa: S608 - a text of ours
_CHANGES = sa.select(sa.func.count()).where(changes.c.at >= sa.bindparam("since", type_=changes.c.at.type))


def today(connection: sa.Connection, now: datetime, *, hours: int, stories: int) -> Today:
    since = now - hours * _HOUR
    rows: list[_Row] = driver(connection).execute(_WINDOW, (written(since),)).fetchall()
    clusters: dict[str, list[_Row]] = {}
    for row in rows:
        if row[3] is not None:
            clusters.setdefault(row[3], []).append(row)
    chosen = _ranked(rows, clusters, most=stories)
    newest = nlargest(stories, map(itemgetter(0), rows))
    of = members(connection, [cluster for _, _, cluster in chosen if cluster])
    firsts = [of[cluster][0].pk if cluster else pk for _, pk, cluster in chosen]
    found = briefs.by_pks(connection, {*newest, *firsts})
    volume = _volume(connection, [now - hour * _HOUR for hour in range(2 * hours, 0, -1)])
    return Today(
        since=since,
        stories=tuple(
            _story(found[first], here, of.get(cluster, ()))
            for (here, _, cluster), first in zip(chosen, firsts, strict=True)
        ),
        newest=tuple(found[pk] for pk in newest),
        by_source=tuple(Counter(map(itemgetter(1), rows)).most_common()),
        by_language=tuple(Counter(map(itemgetter(2), rows)).most_common()),
        volume=tuple(volume[hours:]),
        volume_before=tuple(volume[:hours]),
        total=len(rows),
        total_before=sum(volume[:hours]),
        unique_stories=len(rows) - sum(map(len, clusters.values())) + len(clusters),
        changes=connection.scalar(_CHANGES, {"since": since}) or 0,
    )


def _volume(connection: sa.Connection, hours: Sequence[datetime]) -> list[int]:
    """The articles of each hour that begins at these times."""
    return [row[0] for row in driver(connection).execute(_VOLUME, {"spans": listed(hours)})]


def _ranked(
    rows: Sequence[_Row], clusters: Mapping[str, Sequence[_Row]], *, most: int
) -> list[tuple[int, int, str]]:
    """(sources in the window, newest pk, cluster or "") of clusters and single articles, the best first."""
    shared = [
        (len({row[1] for row in story}), max(row[0] for row in story), cluster)
        for cluster, story in clusters.items()
    ]
    singles = nlargest(most, (row[0] for row in rows if row[3] is None))
    return nlargest(most, [*shared, *((1, pk, "") for pk in singles)])


def _story(first: Brief, here: int, story: Sequence[Member]) -> Story:
    """`story` are all members of the cluster, nothing for an article that nobody copied."""
    return Story(
        id=first.cluster_id or first.id,
        first=first,
        copies=max(len(story) - 1, 0),
        sources=tuple(dict.fromkeys(member.source for member in story)) or (first.source,),
        here=here,
        newest_at=max((member.dated_at for member in story), default=first.dated_at),
    )
