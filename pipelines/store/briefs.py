"""Articles as lists show them: a few fields and the first words, read without the whole text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipelines.store.schema import articles

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
_BRIEF: sa.Select[Any] = sa.select(
    *(articles.c[name] for name in _FIELDS),
    articles.c.url_canonical.label("url"),
    sa.func.substr(articles.c.description, 1, _READ).label("described"),
    sa.func.substr(articles.c.text, 1, _READ).label("begun"),
)
_BY_PKS = _BRIEF.where(articles.c.pk.in_(sa.bindparam("pks", expanding=True)))
_OF_CLUSTER = _BRIEF.where(articles.c.cluster_id == sa.bindparam("cluster"))
# Most queries name one size of a list: SQLAlchemy expands each size anew.
_CHUNK = 200


def by_pks(connection: sa.Connection, pks: Iterable[int]) -> dict[int, Brief]:
    wanted = list(pks)
    found: dict[int, Brief] = {}
    for at in range(0, len(wanted), _CHUNK):
        rows = connection.execute(_BY_PKS, {"pks": wanted[at : at + _CHUNK]})
        found.update((row.pk, _to_brief(row)) for row in rows)
    return found


def of_source(connection: sa.Connection, source: str, limit: int) -> list[Brief]:
    """The newest ones by `dated_at`."""
    query = _BRIEF.where(articles.c.source == source).order_by(
        articles.c.dated_at.desc(), articles.c.pk.desc()
    )
    return [_to_brief(row) for row in connection.execute(query.limit(limit))]


def of_cluster(connection: sa.Connection, cluster: str) -> list[Brief]:
    """All of a cluster, the one that was seen first at the head, as `Store.copies` has them."""
    found = [_to_brief(row) for row in connection.execute(_OF_CLUSTER, {"cluster": cluster})]
    return sorted(found, key=_as_seen)


def _as_seen(brief: Brief) -> tuple[bool, datetime, int]:
    return brief.copy_of is not None, brief.first_seen_at, brief.pk


def _to_brief(row: sa.Row[Any]) -> Brief:
    values = dict(row._mapping)
    described, begun = values.pop("described") or "", values.pop("begun")
    values["authors"] = tuple(values["authors"] or ())
    return Brief(**values, snippet=start(described) or start(begun))


def start(text: str) -> str:
    """The first words of a text, on one line."""
    line = " ".join(text[:_READ].split())
    return line if len(line) <= SNIPPET else line[:SNIPPET].rsplit(" ", 1)[0] + "…"
