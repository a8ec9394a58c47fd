"""What came in lately: its stories, outlets, languages, and how much of it by the hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest

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


# An article that is one of a cluster: (pk, source, cluster).
_Row = tuple[int, str, str]
_TOLD = "SELECT pk, source, cluster_id FROM articles WHERE dated_at >= :since AND cluster_id IS NOT NULL"
# The newest of the window are mostly among those stored last; a window may as well be behind a thousand old
# articles that were dug out. With the plus, all of the window are looked at.
_LATELY = """
    SELECT pk FROM (SELECT pk, dated_at FROM articles ORDER BY pk DESC LIMIT 2000)
    WHERE dated_at >= :since ORDER BY pk DESC LIMIT :most
"""
_NEWEST = "SELECT pk FROM articles WHERE dated_at >= :since ORDER BY +pk DESC LIMIT :most"
_VOLUME = f"""
    WITH {SPANS}
    SELECT (SELECT count(*) FROM articles WHERE dated_at >= span.begins AND dated_at < span.ends)
    FROM span ORDER BY span.number
"""  # noqa: S608 - a text of ours
# From each name to the next through an index, and of each a range of it: nothing is sorted or grouped.
_BY = """
    WITH RECURSIVE name (word) AS (
        SELECT min({0}) FROM articles
        UNION ALL
        SELECT (SELECT min({0}) FROM articles WHERE {0} > name.word) FROM name WHERE name.word IS NOT NULL),
    found (word, articles) AS MATERIALIZED (
        SELECT word, (SELECT count(*) FROM articles WHERE {0} IS name.word AND dated_at >= :since) FROM name)
    SELECT word, articles FROM found WHERE articles > 0 ORDER BY articles DESC, word
"""
_BY_SOURCE, _BY_LANGUAGE = _BY.format("source"), _BY.format("language")
_CHANGES = sa.select(sa.func.count()).where(changes.c.at >= sa.bindparam("since", type_=changes.c.at.type))


def today(connection: sa.Connection, now: datetime, *, hours: int, stories: int) -> Today:
    since = now - hours * _HOUR
    ask, window = driver(connection).execute, {"since": written(since)}
    told: list[_Row] = ask(_TOLD, window).fetchall()
    newest = _newest(connection, window, 4 * stories)
    chosen = _ranked(told, newest, most=stories)
    of = members(connection, [cluster for _, _, cluster in chosen if cluster])
    firsts = [of[cluster][0].pk if cluster else pk for _, pk, cluster in chosen]
    found = briefs.by_pks(connection, {*newest[:stories], *firsts})
    volume = _volume(connection, [now - hour * _HOUR for hour in range(2 * hours, 0, -1)])
    return Today(
        since=since,
        stories=tuple(
            _story(found[first], here, of.get(cluster, ()))
            for (here, _, cluster), first in zip(chosen, firsts, strict=True)
        ),
        newest=tuple(found[pk] for pk in newest[:stories]),
        by_source=tuple(ask(_BY_SOURCE, window)),
        by_language=tuple(ask(_BY_LANGUAGE, window)),
        volume=tuple(volume[hours:]),
        volume_before=tuple(volume[:hours]),
        total=sum(volume[hours:]),
        total_before=sum(volume[:hours]),
        unique_stories=sum(volume[hours:]) - len(told) + len({cluster for _, _, cluster in told}),
        changes=connection.scalar(_CHANGES, {"since": since}) or 0,
    )


def _newest(connection: sa.Connection, window: Mapping[str, str], most: int) -> list[int]:
    """So many of the window, those stored last first."""
    values = {**window, "most": most}
    found = driver(connection).execute(_LATELY, values).fetchall()
    if len(found) < most:
        found = driver(connection).execute(_NEWEST, values).fetchall()
    return [row[0] for row in found]


def _volume(connection: sa.Connection, hours: Sequence[datetime]) -> list[int]:
    """The articles of each hour that begins at these times."""
    return [row[0] for row in driver(connection).execute(_VOLUME, {"spans": listed(hours)})]


def _ranked(told: Sequence[_Row], newest: Sequence[int], *, most: int) -> list[tuple[int, int, str]]:
    """(sources in the window, newest pk, cluster or "") of clusters and single articles, the best first."""
    sources: dict[str, set[str]] = {}
    last: dict[str, int] = {}
    for pk, source, cluster in told:
        sources.setdefault(cluster, set()).add(source)
        last[cluster] = max(pk, last.get(cluster, 0))
    shared = [(len(having), last[cluster], cluster) for cluster, having in sources.items()]
    copied = {pk for pk, _, _ in told}
    singles = [(1, pk, "") for pk in newest if pk not in copied][:most]
    return nlargest(most, [*shared, *singles])


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
