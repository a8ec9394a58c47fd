"""Today: what is new, by story, outlet and language, and how much of it by the hour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from crawler.web.desk import Desk, TheDesk
from crawler.web.templating import page
from pipelines.store import Hit, Today

router = APIRouter()

Group = Literal["stories", "sources", "languages"]
_HOURS = (24, 72, 168)
# Seconds that what was counted is shown to others as well.
_FRESH = 5.0
_STORIES, _GROUPS, _EACH = 40, 12, 4


@router.get("/")
def today(
    request: Request,
    desk: TheDesk,
    hours: Annotated[int, Query(ge=1, le=168)] = 24,
    group: Group = "stories",
) -> Response:
    hours = next((known for known in _HOURS if hours <= known), _HOURS[-1])
    now = desk.clock()
    found = desk.fresh.get(
        ("today", hours), _FRESH, lambda: desk.store.desk.today(now, hours=hours, stories=_STORIES)
    )
    if not found.total and not desk.store.search("", order="newest", limit=1):
        return page(request, "welcome.html", sources=desk.store.sources())
    return page(
        request,
        "today.html",
        today=found,
        hours=hours,
        choices=_HOURS,
        group=group,
        groups=list(_groups(desk, found, group)),
    )


def _groups(desk: Desk, found: Today, group: Group) -> Iterator[tuple[str, int, list[Hit]]]:
    """The largest outlets or languages, each with its number of articles and the newest of them."""
    if group == "stories":
        return
    counts = found.by_source if group == "sources" else found.by_language
    for name, count in [(name, count) for name, count in counts if name][:_GROUPS]:
        source, language = (name, None) if group == "sources" else (None, name)
        hits = desk.store.search("", source=source, language=language, order="newest", limit=_EACH)
        yield name, count, hits
