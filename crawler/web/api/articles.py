"""/articles: search and filter, one article, its revisions, copies and changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.params import Path
from pydantic import Field

from crawler.web.api.models import ArticleList, ArticleOut, ChangeList, HitPage, Json
from crawler.web.desk import Desk, TheDesk
from crawler.web.filters import MOST, Filters
from pipelines.items import Article, article_record

router = APIRouter(tags=["articles"])

ArticleId = Annotated[
    str, Path(pattern="^[0-9a-f]{6,64}$", description="An article's id, or the start of one.")
]


class Listing(Filters):
    limit: int = Field(25, ge=1, le=200)
    before: int | None = Field(None, ge=1, le=MOST, description="The `next` of the page before.")
    text: bool = Field(False, description="Send the articles' text too.")


@router.get("/articles", response_model=HitPage)
async def list_articles(desk: TheDesk, listing: Annotated[Listing, Query()]) -> Response:
    """Search the articles, newest first as they came in; without `q` all that pass the filters."""
    asked = listing.asked(desk.clock(), before=listing.before)
    found = await desk.readers.listed(asked, limit=listing.limit, text=listing.text)
    return Response(found, media_type=Json.media_type)


@router.get("/articles/{id}", response_model=ArticleOut)
def one_article(desk: TheDesk, id: ArticleId) -> Json:  # noqa: A002 - the design's name
    """One article, whole."""
    return Json(article_record(article_of(desk, id)))


@router.get("/articles/{id}/revisions", response_model=ArticleList)
def revisions(desk: TheDesk, id: ArticleId) -> Json:  # noqa: A002
    """All states of an article, the first one first, the present one last."""
    article = article_of(desk, id)
    return Json({"items": [article_record(state) for state in desk.store.revisions(article.id)]})


@router.get("/articles/{id}/copies", response_model=ArticleList)
def copies(desk: TheDesk, id: ArticleId) -> Json:  # noqa: A002
    """The articles that tell the same story, itself included, the first one seen first."""
    article = article_of(desk, id)
    return Json({"items": [article_record(copy) for copy in desk.store.copies(article)]})


@router.get("/articles/{id}/changes", response_model=ChangeList)
def changes(desk: TheDesk, id: ArticleId) -> Json:  # noqa: A002
    """What happened to an article, the first first."""
    article = article_of(desk, id)
    return Json({"items": [row.record() for row in desk.store.changes_of(article.id)]})


def article_of(desk: Desk, name: str) -> Article:
    """Raises HTTPException where there is none, UsageError where several ids start so."""
    article = desk.store.article(name)
    if article is None:
        raise HTTPException(404, f"there is no article {name}")
    return article
