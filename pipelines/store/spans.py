"""Counts by hour or day: one statement for all spans of time, each a range of an index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pipelines.store.fields import written

# What a statement counts by: names `span (number, begins, ends)`, from the parameter that `listed` makes.
SPANS = """
    span AS MATERIALIZED (
        SELECT key AS number, json_extract(value, '$[0]') AS begins, json_extract(value, '$[1]') AS ends
        FROM json_each(:spans))
"""
# Later than every time; no number, which SQLite would sort before all of them.
_END = "9999-12-31 24"


def listed(begins: Sequence[datetime]) -> str:
    """The spans from each of these times to the next, the last one without an end."""
    times = [written(when) for when in begins]
    return json.dumps(list(zip(times, [*times[1:], _END], strict=True)))
