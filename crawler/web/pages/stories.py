"""Stories: what several articles tell; who was first, who has it, who has not."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from crawler.web.desk import TheDesk
from crawler.web.filters import Before
from crawler.web.templating import page

router = APIRouter()

_PER_PAGE = 30


@router.get("/stories")
def stories(request: Request, desk: TheDesk, before: Before = None) -> Response:
    found = desk.store.desk.stories(before=before, limit=_PER_PAGE)
    return page(request, "stories.html", found=found, before=before)


@router.get("/stories/{cluster_id}")
def story(request: Request, desk: TheDesk, cluster_id: str) -> Response:
    found = desk.store.desk.story(cluster_id)
    if found is None:
        raise HTTPException(
            404, "there is no such story, or no longer: its articles may tell different ones now"
        )
    return page(request, "story.html", story=found)
