"""/clusters: stories that several articles tell."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.params import Path

from crawler.web.api.models import ClusterDetail, ClusterPage, Json
from crawler.web.desk import TheDesk
from crawler.web.filters import Before
from pipelines.items import iso_utc
from pipelines.store import Brief

router = APIRouter(tags=["clusters"])


@router.get("/clusters", response_model=ClusterPage)
def clusters(
    desk: TheDesk,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    before: Before = None,
) -> Json:
    """Stories told by more than one article, the last one that got a new article first."""
    found = desk.store.desk.stories(before=before, limit=limit)
    items = [
        {
            "cluster_id": story.id,
            "first": brief_record(story.first),
            "articles": story.copies + 1,
            "sources": [holder.source for holder in story.sources],
            "newest_at": iso_utc(story.newest_at),
        }
        for story in found.stories
    ]
    return Json({"items": items, "next": found.before})


@router.get("/clusters/{cluster_id}", response_model=ClusterDetail)
def cluster(
    desk: TheDesk, cluster_id: Annotated[str, Path(pattern="^[0-9a-f]{1,64}$", description="A `cluster_id`.")]
) -> Json:
    """One story: who has it, in the order it was seen, and which sources have not."""
    found = desk.store.desk.story(cluster_id)
    if found is None:
        raise HTTPException(404, f"there is no cluster {cluster_id}")
    members = [brief_record(member) for member in found.members]
    return Json({"cluster_id": found.id, "items": members, "missing": list(found.without)})


def brief_record(brief: Brief) -> dict[str, Any]:
    return {
        "id": brief.id,
        "title": brief.title,
        "source": brief.source,
        "url": brief.url,
        "language": brief.language,
        "published_at": iso_utc(brief.published_at),
        "first_seen_at": iso_utc(brief.first_seen_at),
    }
