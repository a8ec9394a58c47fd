"""What a list of articles is asked for by: the same parameters for the search page, the API and the feeds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from crawler.dates import parse_since
from pipelines.query import with_filters

Order = Literal["newest", "relevance"]
# SQLite's largest integer.
MOST = 2**63 - 1
# The description says what it is; OpenAPI leaves formats open.
MOMENT: dict[str, Any] = {"format": "moment"}


# The cursor of a list, as a parameter of its own.
Before = Annotated[int | None, Query(ge=1, le=MOST, description="The `next` of the page before.")]


class Filters(BaseModel):
    """The parameters as they were sent; "" is none."""

    model_config = ConfigDict(frozen=True)

    q: str = Field("", max_length=4000, description="Words, phrases, fields: see docs/search.md.")
    source: str = Field("", max_length=200, description="A source's name.")
    language: str = Field("", max_length=40, description="A language code; pt takes in pt-BR.")
    section: str = Field("", max_length=200, description="A section as the publisher names it.")
    author: str = Field("", max_length=200, description="An author's name, or words of it.")
    since: str = Field(
        "",
        max_length=40,
        description="2026-11-01, 2026-11-01T08:30 (UTC), or 3d, 12h ago.",
        json_schema_extra=MOMENT,
    )
    until: str = Field("", max_length=40, description="Older than this.", json_schema_extra=MOMENT)
    unique: bool = Field(False, description="One article a story: of copies, the one seen first.")
    order: Order = Field("newest", description="`relevance` ranks the newest 2,000 that match.")

    @property
    def values(self) -> Mapping[str, Any]:
        """Those that were set, as parameters of an address."""
        set_ = {
            name: getattr(self, name)
            for name in ("q", "source", "language", "section", "author", "since", "until")
        }
        shown = {name: value for name, value in set_.items() if value}
        if self.unique:
            shown["unique"] = "1"
        if self.order != "newest":
            shown["order"] = self.order
        return shown

    @property
    def is_empty(self) -> bool:
        return not self.values

    @property
    def as_query(self) -> str:
        """The same as one query, for a watch; without the dates."""
        return with_filters(
            self.q,
            source=self.source or None,
            language=self.language or None,
            section=self.section or None,
            author=self.author or None,
        )

    def terms(self, now: datetime) -> dict[str, Any]:
        """As `Store.search` wants them. Raises UsageError for a date that is none."""
        return {
            "source": self.source or None,
            "language": self.language or None,
            "section": self.section or None,
            "author": self.author or None,
            "since": parse_since(self.since, now) if self.since.strip() else None,
            "until": parse_since(self.until, now) if self.until.strip() else None,
            "unique": self.unique,
        }

    def asked(self, now: datetime, *, before: int | None = None) -> dict[str, Any]:
        """As `lists.page_of` wants them; what is ranked has one page. Raises UsageError as `terms` does."""
        ranked = self.order == "relevance" and self.q.strip() != ""
        order: Order = "relevance" if ranked else "newest"
        return {**self.terms(now), "query": self.q, "order": order, "before": None if ranked else before}
