"""The store: the only place that knows SQL."""

from __future__ import annotations

from pipelines.store.briefs import Brief
from pipelines.store.changes import ChangeRow
from pipelines.store.cleaning import Step
from pipelines.store.database import sqlite_path
from pipelines.store.health import Episode, History
from pipelines.store.maintenance import backup as backup_database
from pipelines.store.maintenance import check as check_database
from pipelines.store.outbox import Alert, AlertCounts, ChannelState
from pipelines.store.overview import SourceView
from pipelines.store.rehearsal import Rehearsed
from pipelines.store.rules import LineRule
from pipelines.store.search import Found, Hit, Order, RecordHit
from pipelines.store.sources import SourceRow
from pipelines.store.store import Store
from pipelines.store.today import Today
from pipelines.store.visits import VisitRow
from pipelines.store.watches import Match

__all__ = [
    "Alert",
    "AlertCounts",
    "Brief",
    "ChangeRow",
    "ChannelState",
    "Episode",
    "Found",
    "History",
    "Hit",
    "LineRule",
    "Match",
    "Order",
    "RecordHit",
    "Rehearsed",
    "SourceRow",
    "SourceView",
    "Step",
    "Store",
    "Today",
    "VisitRow",
    "backup_database",
    "check_database",
    "sqlite_path",
]
