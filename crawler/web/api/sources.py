"""/sources and /health."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from crawler.web.api.models import HealthOut, Json, SourceList, SourceOut
from crawler.web.desk import TheDesk
from crawler.web.pages.sources import Expected, views
from pipelines.items import iso_utc
from pipelines.store import SourceView

router = APIRouter(tags=["sources"])


@router.get("/sources", response_model=SourceList)
def sources(desk: TheDesk) -> Json:
    """All sources, by name, with their volume and what is wrong with them now."""
    return Json({"items": [source_record(*view) for view in views(desk)]})


@router.get("/sources/{name}", response_model=SourceOut)
def source(desk: TheDesk, name: str) -> Json:
    """One source."""
    for view, expected in views(desk):
        if view.name == name:
            return Json(source_record(view, expected))
    raise HTTPException(404, f"there is no source named {name[:80]}")


@router.get("/health", response_model=HealthOut)
def health(
    desk: TheDesk,
    days: Annotated[int, Query(ge=1, le=365, description="Tell what was over within these days.")] = 1,
) -> Json:
    """What is wrong now, and what was over of late, as the crawler found it last."""
    now = desk.clock()
    episodes = desk.store.episodes(ended_since=now - timedelta(days=days))
    return Json(
        {
            "checked_at": iso_utc(now),
            "findings": [one.record() for one in episodes if one.ended_at is None],
            "recovered": [one.record() for one in episodes if one.ended_at is not None],
        }
    )


def source_record(view: SourceView, expected: Expected) -> dict[str, Any]:
    return {
        "name": view.name,
        "url": view.url,
        "configured": view.configured,
        "enabled": view.enabled,
        "added_at": iso_utc(view.added_at),
        "article_at": iso_utc(view.newest_at),
        "visited_at": iso_utc(view.last_visit_at),
        "last_outcome": view.last_outcome.value if view.last_outcome else None,
        "visits_24h": view.visits,
        "failures_24h": view.failures,
        "volume": list(view.daily),
        "expected": [None if one is None else round(one, 2) for one in expected] or None,
        "findings": [one.record() for one in view.episodes],
    }
