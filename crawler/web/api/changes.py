"""/changes: what changed in articles, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from crawler.dates import parse_since
from crawler.web.api.models import ChangePage, Json
from crawler.web.desk import TheDesk
from crawler.web.filters import MOMENT, MOST
from pipelines.changes import ChangeKind

router = APIRouter(tags=["changes"])


class Listing(BaseModel):
    kind: list[ChangeKind] = Field([], description="Only these kinds (docs/versions.md); none: all.")
    source: str = Field("", max_length=200, description="Of this source's articles only.")
    since: str = Field(
        "",
        max_length=40,
        description="2026-11-01, 2026-11-01T08:30 (UTC), or 3d, 12h ago.",
        json_schema_extra=MOMENT,
    )
    until: str = Field("", max_length=40, description="Older than this.", json_schema_extra=MOMENT)
    limit: int = Field(50, ge=1, le=500)
    before: int | None = Field(None, ge=1, le=MOST, description="The `next` of the page before.")


@router.get("/changes", response_model=ChangePage)
def changes(desk: TheDesk, listing: Annotated[Listing, Query()]) -> Json:
    """What publishers changed, and what our cleaning did: newest first by when we found it."""
    now = desk.clock()
    rows = desk.store.changes(
        kinds=listing.kind,
        source=listing.source or None,
        since=_date(listing.since, now),
        until=_date(listing.until, now),
        limit=listing.limit + 1,
        before=listing.before,
    )
    shown = rows[: listing.limit]
    following = shown[-1].id if len(rows) > listing.limit else None
    return Json({"items": [row.record() for row in shown], "next": following})


def _date(text: str, now: datetime) -> datetime | None:
    return parse_since(text, now) if text.strip() else None
