"""Plans for `Store.end_visit` that do not ask the scheduler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from pipelines.items import Target, Visit


def due_at(at: datetime | None) -> Callable[[Visit], Target]:
    """Every target is due again at this time; None: never."""
    return lambda visit: replace(visit.target, due_at=at)
