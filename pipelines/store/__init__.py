"""The store: the only place that knows SQL."""

from __future__ import annotations

from pipelines.store.briefs import Brief
from pipelines.store.changes import ChangeRow
from pipelines.store.cleaning import Step
from pipelines.store.database import sqlite_path
from pipelines.store.health import Episode, History
from pipelines.store.maintenance import backup as backup_database
from pipelines.store.maintenance import check as check_database
from pipelines.store.overview import SourceView
from pipelines.store.rules import LineRule
from pipelines.store.search import Hit, Order
from pipelines.store.sources import SourceRow
from pipelines.store.store import Store
from pipelines.store.today import Today
from pipelines.store.visits import VisitRow

__all__ = [
    "Brief",
    "ChangeRow",
    "Episode",
    "History",
    "Hit",
    "LineRule",
    "Order",
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
