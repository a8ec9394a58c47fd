"""Search: every search is an address, a feed, and an alert in one click."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from crawler.web.desk import Desk, TheDesk
from crawler.web.filters import MOST, Filters
from crawler.web.lists import page_of
from crawler.web.templating import page
from pipelines.errors import UsageError
from pipelines.store import Hit

router = APIRouter()

_PER_PAGE = 25
# More matches than this are not counted.
COUNTED = 1000
_FRESH = 60.0


class Asked(Filters):
    before: int | None = Field(None, ge=1, le=MOST)


@router.get("/search")
def search(request: Request, desk: TheDesk, asked: Annotated[Asked, Query()]) -> Response:
    values = asked.values
    hits: list[Hit] = []
    error, following, count = None, None, None
    try:
        terms = asked.asked(desk.clock(), before=asked.before)
        hits, following = page_of(desk.store.search, terms, limit=_PER_PAGE)
        count = _count(desk, asked, shown=len(hits), more=following is not None)
    except UsageError as wrong:
        error = str(wrong)
    return page(
        request,
        "search.html",
        status=200 if error is None else 422,
        asked=asked,
        values=values,
        hits=hits,
        following=following,
        count=count,
        counted=COUNTED,
        error=error,
        sources=desk.fresh.get("source names", _FRESH, desk.store.desk.source_names),
    )


def _count(desk: Desk, asked: Asked, *, shown: int, more: bool) -> int | None:
    """How many there are, `COUNTED` for more; None where nothing was asked for."""
    if asked.before is None and not more and asked.order == "newest":
        return shown
    if asked.is_empty:
        return None
    return desk.store.count_matches(asked.q, at_most=COUNTED, **asked.terms(desk.clock()))
