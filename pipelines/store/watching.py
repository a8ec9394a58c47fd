"""The store's methods for watches and alerts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pipelines.alerts import Watch, checked
from pipelines.store import outbox, rehearsal, watches
from pipelines.store.database import Database
from pipelines.store.outbox import Alert, AlertCounts, ChannelState
from pipelines.store.rehearsal import Rehearsed
from pipelines.store.watches import Match


class Watching:
    """What `Store` knows of watches: matched in the transaction that stores, delivered from here."""

    _database: Database

    def watches(self) -> list[Watch]:
        """All of them, by name."""
        with self._database.read() as connection:
            return watches.list_watches(connection)

    def watch(self, name: str) -> Watch | None:
        with self._database.read() as connection:
            return watches.find(connection, name)

    def put_watch(self, watch: Watch, now: datetime) -> bool:
        """Keep it under its name, in the place of the one of that name; whether it is new. What arose before
        is delivered as it was to be. Raises UsageError for one that makes no sense."""
        checked(watch)
        with self._database.write() as connection:
            return watches.put(connection, watch, now)

    def remove_watch(self, name: str) -> bool:
        """Forget a watch, what it has found, and its alerts, those that wait too. Was it there?"""
        with self._database.write() as connection:
            return watches.remove(connection, name)

    def watch_matches(self, name: str, *, limit: int = 50, before: int | None = None) -> list[Match]:
        """The articles that a watch has found, the newest first, one a story where it tells stories once."""
        with self._database.read() as connection:
            return watches.found_by(connection, name, limit=limit, before=before)

    def try_watch(self, watch: Watch, since: datetime) -> list[Rehearsed]:
        """What it would have told of what happened since, had it been there, in the order of delivery."""
        checked(watch)
        with self._database.read() as connection:
            return rehearsal.rehearse(connection, watch, since)

    def due_alerts(
        self, now: datetime, *, limit: int = 100, channels: Collection[str] | None = None
    ) -> list[Alert]:
        """The alerts of at most so many messages that are to be delivered now, message by message.

        Those of these channels only, and of none that is left alone after a failure. Alerts of one `message`
        are of one watch for one channel; they stay together under this id until `alerts_sent`.
        """
        with self._database.read() as connection:
            if not outbox.any_due(connection, now, channels):
                return []
        with self._database.write() as connection:
            return outbox.due(connection, now, limit=limit, of_channels=channels)

    def alerts_sent(self, ids: Collection[int], now: datetime) -> None:
        """The channel has confirmed these: they are never handed out again."""
        with self._database.write() as connection:
            outbox.sent(connection, ids, now)

    def alerts_failed(self, channel: str, ids: Collection[int], *, error: str, not_before: datetime) -> None:
        """The channel has not confirmed these: it is left alone until then, with all that waits for it."""
        with self._database.write() as connection:
            outbox.failed(connection, channel, ids, error=error, not_before=not_before)

    def alerts_of(self, article_id: str) -> list[Alert]:
        """What was or is to be told of an article, in the order in which it arose."""
        with self._database.read() as connection:
            return outbox.of_article(connection, article_id)

    def alert_counts(self) -> dict[str, AlertCounts]:
        """Watch -> how many alerts wait and were sent, of every watch."""
        with self._database.read() as connection:
            return outbox.counts(connection)

    def channel_states(self, now: datetime) -> list[ChannelState]:
        """How delivering goes, of every channel that has or had something to deliver, by name."""
        with self._database.read() as connection:
            return outbox.states(connection, now)
