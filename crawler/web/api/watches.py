"""/watches: saved queries, kept, removed, and what they found."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.params import Path
from pydantic import BaseModel, ConfigDict, Field

from crawler.watch_words import read_watch, watch_record
from crawler.web.api.models import ArticleOut, Json, Page
from crawler.web.desk import Desk, TheDesk
from crawler.web.filters import Before
from pipelines.alerts import CHANGES, Event, Watch
from pipelines.changes import ChangeKind
from pipelines.items import article_record, iso_utc

router = APIRouter(tags=["watches"])

Name = Annotated[
    str,
    Path(
        min_length=1,
        max_length=100,
        description="A watch's name: printable characters, not beginning with a dot or a dash, without /.",
        json_schema_extra={"format": "watch-name"},
    ),
]
# A query may be missing only where nothing but the health of sources is told.
_NEEDS: dict[str, Any] = {
    "anyOf": [
        {"required": ["query"], "properties": {"query": {"format": "query", "minLength": 1}}},
        {"required": ["events"], "properties": {"events": {"items": {"const": "health"}}}},
    ]
}


class WatchIn(BaseModel):
    """A watch. `digest`: "1h", "08:00", or "" for at once; `quiet`: "22:00-07:00", in `timezone`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_NEEDS)

    query: str = Field("", max_length=4000)
    events: list[Event] = Field([Event.ARTICLE], min_length=1, max_length=3)
    kinds: list[ChangeKind] = Field(list(CHANGES), min_length=1, max_length=50)
    channels: list[str] = Field([], max_length=50)
    digest: str = Field("", max_length=40, json_schema_extra={"format": "digest"})
    quiet: str = Field("", max_length=40, json_schema_extra={"format": "quiet-hours"})
    timezone: str = Field("UTC", max_length=64, json_schema_extra={"format": "time-zone"})
    per_story: bool = True
    enabled: bool = True


class WatchOut(WatchIn):
    name: str


class WatchList(BaseModel):
    items: list[WatchOut]


class MatchOut(BaseModel):
    article: ArticleOut
    matched_at: datetime


class MatchPage(Page):
    items: list[MatchOut]


@router.get("/watches", response_model=WatchList)
def watches(desk: TheDesk) -> Json:
    """All watches, by name."""
    return Json({"items": [watch_record(watch) for watch in desk.store.watches()]})


@router.get("/watches/{name}", response_model=WatchOut)
def watch(desk: TheDesk, name: Name) -> Json:
    """One watch."""
    return Json(watch_record(_known(desk, name)))


@router.put("/watches/{name}", response_model=WatchOut, responses={201: {"model": WatchOut}})
def put_watch(desk: TheDesk, name: Name, wanted: WatchIn) -> Json:
    """Keep a watch under this name, in the place of the one there may be. Wants a token that may write."""
    made = read_watch(name, **wanted.model_dump())
    is_new = desk.store.put_watch(made, now=desk.clock())
    return Json(watch_record(made), status_code=201 if is_new else 200)


@router.delete("/watches/{name}", status_code=204)
def remove_watch(desk: TheDesk, name: Name) -> Response:
    """Forget a watch with what it has found. Wants a token that may write."""
    desk.store.remove_watch(_known(desk, name).name)
    return Response(status_code=204)


@router.get("/watches/{name}/matches", response_model=MatchPage)
def matches(
    desk: TheDesk,
    name: Name,
    limit: Annotated[int, Query(ge=1, le=200)] = 25,
    before: Before = None,
    text: Annotated[bool, Query(description="Send the articles' text too.")] = False,
) -> Json:
    """The articles that a watch has found, the newest first."""
    found = desk.store.watch_matches(_known(desk, name).name, limit=limit + 1, before=before)
    items: list[dict[str, Any]] = []
    for match in found[:limit]:
        record = article_record(match.article)
        items.append(
            {"article": record if text else {**record, "text": None}, "matched_at": iso_utc(match.matched_at)}
        )
    return Json({"items": items, "next": found[limit - 1].place if len(found) > limit else None})


def _known(desk: Desk, name: str) -> Watch:
    known = desk.store.watch(name)
    if known is None:
        raise HTTPException(404, f"there is no watch named {name}")
    return known
