"""What the API answers with: the public fields of the design, under their names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field
from pydantic_core import to_json


class Json(Response):
    """An answer written as it is: the models are for OpenAPI, and a test holds answers against it."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return to_json(content)


class Part(BaseModel):
    """A piece of text, and whether it is what was looked for."""

    text: str
    match: bool


class ArticleOut(BaseModel):
    """An article; `text` is null in lists that were not asked for it."""

    id: str
    url: str
    url_canonical: str
    source: str
    domain: str
    title: str
    description: str | None
    text: str | None
    authors: list[str]
    published_at: datetime | None
    published_precision: str | None
    published_source: str | None
    published_flags: list[str]
    modified_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    withdrawn_at: datetime | None
    language: str | None
    section: str | None
    tags: list[str]
    image_url: str | None
    is_accessible_for_free: bool | None
    license: str | None
    tdm_reservation: bool | None
    tdm_policy: str | None
    word_count: int
    content_hash: str
    agency: str | None
    cluster_id: str | None
    copy_of: str | None
    revision: int
    revised_by: str
    discovered_via: str
    extractor: str
    extractor_version: str


class HitOut(ArticleOut):
    """An article found. `copies` is the number of other articles that tell its story."""

    copies: int
    score: float = Field(description="BM25, the higher the better; 0 where nothing was ranked.")
    marked_title: list[Part]
    snippet: list[Part]


class Page(BaseModel):
    next: int | None = Field(description="Send it as `before` for the next page; null: this is the last one.")


class HitPage(Page):
    items: list[HitOut]


class ArticleList(BaseModel):
    items: list[ArticleOut]


class ChangeOut(BaseModel):
    """What changed in an article, or happened to it; `revision` is that of the state since."""

    at: datetime
    id: str
    source: str
    title: str
    url: str
    revision: int
    kind: str
    before: str | None
    after: str | None


class ChangeList(BaseModel):
    items: list[ChangeOut]


class ChangePage(Page, ChangeList):
    pass


class BriefOut(BaseModel):
    """The little of an article that lists of stories show."""

    id: str
    title: str
    source: str
    url: str
    language: str | None
    published_at: datetime | None
    first_seen_at: datetime


class ClusterOut(BaseModel):
    """Copies of one story: `first` was seen first, `sources` are those that have it, in that order."""

    cluster_id: str
    first: BriefOut
    articles: int
    sources: list[str]
    newest_at: datetime


class ClusterPage(Page):
    items: list[ClusterOut]


class ClusterDetail(BaseModel):
    """All copies of one story, the first one first; `missing` are the enabled sources that have none."""

    cluster_id: str
    items: list[BriefOut]
    missing: list[str]


class EpisodeOut(BaseModel):
    """Trouble of a source: one of the words of docs/health.md, since when, until when (null: still)."""

    source: str
    finding: str
    detail: str
    since: datetime
    until: datetime | None


class SourceOut(BaseModel):
    """A source. `volume` has the articles of each of the last 14 days (UTC), today's last; `expected` what
    its past lets expect of them, null where that is not known yet, and for days before it was added."""

    name: str
    url: str
    configured: bool
    enabled: bool
    added_at: datetime
    article_at: datetime | None
    visited_at: datetime | None
    last_outcome: str | None
    visits_24h: int
    failures_24h: int
    volume: list[int]
    expected: list[float | None] | None
    findings: list[EpisodeOut]


class SourceList(BaseModel):
    items: list[SourceOut]


class HealthOut(BaseModel):
    """What is wrong now and what was over of late, as the crawler found it last."""

    checked_at: datetime
    findings: list[EpisodeOut]
    recovered: list[EpisodeOut]


def described(model: type[BaseModel], description: str) -> Mapping[int | str, dict[str, Any]]:
    """The entry of a route's `responses` for its good answer."""
    return {200: {"model": model, "description": description}}
