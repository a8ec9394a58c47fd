from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.dates import parse_since
from pipelines.errors import UsageError

NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-10-30", datetime(2026, 10, 30, tzinfo=UTC)),
        ("2026-10-30T07:15", datetime(2026, 10, 30, 7, 15, tzinfo=UTC)),
        ("2026-10-30 07:15:30Z", datetime(2026, 10, 30, 7, 15, 30, tzinfo=UTC)),
        ("2026-10-30T07:15+02:00", datetime(2026, 10, 30, 5, 15, tzinfo=UTC)),
        ("3d", NOW - timedelta(days=3)),
        (" 12H ", NOW - timedelta(hours=12)),
        ("90 m", NOW - timedelta(minutes=90)),
        ("2w", NOW - timedelta(weeks=2)),
        ("0d", NOW),
    ],
)
def test_dates(text: str, when: datetime) -> None:
    assert parse_since(text, NOW) == when


@pytest.mark.parametrize(
    "text", ["", "yesterday", "3", "3y", "-3d", "2026-13-01", "99999999999d", "0001-01-01T00:00+14:00", "٣x"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(UsageError, match="not a date"):
        parse_since(text, NOW)
