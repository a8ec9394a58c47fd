"""Desk: what the pages of the dashboard read, each in one transaction that sees one state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

from pipelines.store import overview, search, sources, stories, system, today
from pipelines.store.database import Database
from pipelines.store.overview import SourceDetail, SourceView
from pipelines.store.search import Filters, FilterWords, Order, RecordHit
from pipelines.store.stories import StoryPage, WholeStory
from pipelines.store.system import System
from pipelines.store.today import Today


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads for people; `Store.desk`. Times are aware UTC datetimes."""

    database: Database

    def today(self, now: datetime, *, hours: int = 24, stories: int = 40) -> Today:
        """What is dated in the last hours; at most so many stories, and as many single articles."""
        with self.database.read() as connection:
            return today.today(connection, now, hours=hours, stories=stories)

    def found(
        self,
        query: str,
        *,
        order: Order,
        limit: int,
        before: int | None = None,
        **filters: Unpack[FilterWords],
    ) -> list[RecordHit]:
        """As `Store.search`, for programs."""
        with self.database.read() as connection:
            asked = Filters(**filters, before=before)
            return search.search_records(connection, query, asked, order=order, limit=limit)

    def stories(
        self, *, before: int | None = None, limit: int = 50, since: datetime | None = None
    ) -> StoryPage:
        """Clusters, those that had a new member last first; with `since` only those that had one since.

        `before` is the page's before.
        """
        with self.database.read() as connection:
            return stories.list_stories(connection, before=before, limit=limit, since=since)

    def story(self, cluster_id: str) -> WholeStory | None:
        """All of a cluster; None where there is none of that name."""
        with self.database.read() as connection:
            return stories.whole(connection, cluster_id)

    def sources(self, now: datetime) -> list[SourceView]:
        """All sources, by name."""
        with self.database.read() as connection:
            return overview.list_views(connection, now)

    def source_names(self) -> list[str]:
        """Those of all sources, in order."""
        with self.database.read() as connection:
            return sources.names(connection)

    def source_detail(self, name: str, now: datetime) -> SourceDetail | None:
        """One source; None where there is none of that name."""
        with self.database.read() as connection:
            return overview.detail(connection, name, now)

    def rhythms(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Source -> the rhythms of its feeds, sitemaps and listings, for `crawler.schedule.volume`."""
        with self.database.read() as connection:
            return overview.rhythms(connection)

    def system(self, now: datetime) -> System:
        """The queue, the rates, the hosts left alone, and the database."""
        with self.database.read() as connection:
            return system.system(connection, self.database, now)
