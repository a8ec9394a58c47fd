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
from pipelines.store.schema import articles, changes

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
_SINCE: sa.BindParameter[datetime] = sa.bindparam("since", type_=articles.c.dated_at.type)
_UNTIL: sa.BindParameter[datetime] = sa.bindparam("until", type_=articles.c.dated_at.type)
_WINDOW = sa.select(articles.c.pk, articles.c.source, articles.c.language, articles.c.cluster_id).where(
    articles.c.dated_at >= _SINCE
)
_COUNT = sa.select(sa.func.count()).where(articles.c.dated_at >= _SINCE)
_COUNT_UNTIL = _COUNT.where(articles.c.dated_at < _UNTIL)
_CHANGES = sa.select(sa.func.count()).where(changes.c.at >= _SINCE)


def today(connection: sa.Connection, now: datetime, *, hours: int, stories: int) -> Today:
    since = now - hours * _HOUR
    rows: list[_Row] = [tuple(row) for row in connection.execute(_WINDOW, {"since": since})]
    clusters: dict[str, list[_Row]] = {}
    for row in rows:
        if row[3] is not None:
            clusters.setdefault(row[3], []).append(row)
    volume = _volume(connection, now, hours=2 * hours)
    newest = nlargest(stories, (row[0] for row in rows))
    found = briefs.by_pks(connection, newest)
    return Today(
        since=since,
        stories=tuple(_stories(connection, rows, clusters, most=stories)),
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


def _volume(connection: sa.Connection, now: datetime, *, hours: int) -> list[int]:
    """The articles of each of the last hours, the oldest first."""
    begins = [now - hour * _HOUR for hour in range(hours, 0, -1)]
    spans = [{"since": begin, "until": begin + _HOUR} for begin in begins[:-1]]
    counts = [connection.scalar(_COUNT_UNTIL, span) or 0 for span in spans]
    return [*counts, connection.scalar(_COUNT, {"since": begins[-1]}) or 0]


def _stories(
    connection: sa.Connection, rows: Sequence[_Row], clusters: Mapping[str, Sequence[_Row]], *, most: int
) -> list[Story]:
    """Clusters by the number of their sources in the window; then single articles, the newest first."""
    ranked = [
        (len({row[1] for row in members}), max(row[0] for row in members), cluster)
        for cluster, members in clusters.items()
    ]
    singles = nlargest(most, (row[0] for row in rows if row[3] is None))
    alone = [(1, pk, "") for pk in singles]
    chosen = nlargest(most, [*ranked, *alone])
    found = briefs.by_pks(connection, [pk for _, pk, cluster in chosen if not cluster])
    return [
        _cluster(connection, cluster, here) if cluster else _single(found[pk]) for here, pk, cluster in chosen
    ]


def _single(article: Brief) -> Story:
    return Story(
        id=article.id,
        first=article,
        copies=0,
        sources=(article.source,),
        here=1,
        newest_at=article.dated_at,
    )


def _cluster(connection: sa.Connection, cluster: str, here: int) -> Story:
    members = briefs.of_cluster(connection, cluster)
    return Story(
        id=cluster,
        first=members[0],
        copies=len(members) - 1,
        sources=tuple(dict.fromkeys(member.source for member in members)),
        here=here,
        newest_at=max(member.dated_at for member in members),
    )
