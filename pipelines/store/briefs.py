"""Articles as lists show them: a few fields and the first words, read without the whole text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipelines.store.database import driver
from pipelines.store.types import clean_text, to_bool, to_names, to_time

# So much of a text is enough for a snippet; characters.
_READ, SNIPPET = 400, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """An article in a list. `pk` is its place in the order of storing, which cursors name; `dated_at` is when
    it was published, or first seen where that is unknown or in the future; `snippet` is what the publisher
    says of it, or else the first words of its text: at most 200 characters and an ellipsis.
    """

    pk: int
    id: str
    source: str
    domain: str
    url: str
    title: str
    snippet: str
    language: str | None
    section: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    published_precision: str | None
    first_seen_at: datetime
    dated_at: datetime
    withdrawn_at: datetime | None
    is_accessible_for_free: bool | None
    word_count: int
    cluster_id: str | None
    copy_of: str | None
    revision: int

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


_FIELDS = [name for name in Brief.__dataclass_fields__ if name not in ("url", "snippet")]
_PLAIN: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("published_at", "first_seen_at", "dated_at", "withdrawn_at"), to_time),
    "authors": to_names,
    "is_accessible_for_free": to_bool,
}
_BRIEF = (
    f"SELECT {', '.join(_FIELDS)}, url_canonical, substr(coalesce(description, ''), 1, {_READ}),"  # noqa: S608
    f" substr(text, 1, {_READ}) FROM articles "
)
_BY_PKS = f"{_BRIEF} WHERE pk IN (SELECT value FROM json_each(?))"  # noqa: S608
_OF_SOURCE = f"{_BRIEF} WHERE source = ? ORDER BY dated_at DESC, pk DESC LIMIT ?"
_OF_CLUSTER = f"{_BRIEF} WHERE cluster_id = ?"


def by_pks(connection: sa.Connection, pks: Iterable[int]) -> dict[int, Brief]:
    rows = driver(connection).execute(_BY_PKS, (json.dumps(list(pks)),))
    return {brief.pk: brief for brief in map(_to_brief, rows)}


def of_source(connection: sa.Connection, source: str, limit: int) -> list[Brief]:
    """The newest ones by `dated_at`."""
    return [_to_brief(row) for row in driver(connection).execute(_OF_SOURCE, (clean_text(source), limit))]


def of_cluster(connection: sa.Connection, cluster: str) -> list[Brief]:
    """All of a cluster, the one that was seen first at the head, as `Store.copies` has them."""
    found = [_to_brief(row) for row in driver(connection).execute(_OF_CLUSTER, (clean_text(cluster),))]
    return sorted(found, key=_as_seen)


def _as_seen(brief: Brief) -> tuple[bool, datetime, int]:
    return brief.copy_of is not None, brief.first_seen_at, brief.pk


def _to_brief(row: Sequence[Any]) -> Brief:
    *fields, url, described, begun = row
    values = dict(zip(_FIELDS, fields, strict=True))
    for name, read in _PLAIN.items():
        values[name] = read(values[name])
    return Brief(**values, url=url, snippet=start(described) or start(begun))


def start(text: str) -> str:
    """The first words of a text, on one line."""
    line = " ".join(text[:_READ].split())
    return line if len(line) <= SNIPPET else line[:SNIPPET].rsplit(" ", 1)[0] + "…"
