"""Changes: headlines edited, corrections, withdrawals, with the words that differ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from crawler.web.desk import TheDesk
from crawler.web.filters import Before
from crawler.web.templating import page
from pipelines.changes import CHANGE_MEANING, ChangeKind
from pipelines.changes.marks import Fate, Piece, word_diff
from pipelines.store import ChangeRow

router = APIRouter()

_PER_PAGE = 60
# Our own cleaning is no news; it is there for who asks for it.
NEWS = tuple(kind for kind in ChangeKind if kind not in (ChangeKind.CLEANING, ChangeKind.TYPOGRAPHY))


@router.get("/changes")
def changes(
    request: Request,
    desk: TheDesk,
    kind: Annotated[list[ChangeKind] | None, Query()] = None,
    source: Annotated[str, Query(max_length=200)] = "",
    before: Before = None,
) -> Response:
    chosen = tuple(kind or ())
    rows = desk.store.changes(kinds=chosen or NEWS, source=source or None, limit=_PER_PAGE + 1, before=before)
    shown, more = rows[:_PER_PAGE], len(rows) > _PER_PAGE
    return page(
        request,
        "changes.html",
        groups=_groups(shown),
        chosen=chosen,
        kinds=CHANGE_MEANING,
        source=source,
        before=before,
        following=shown[-1].id if more else None,
    )


def _groups(rows: Sequence[ChangeRow]) -> list[tuple[ChangeRow, list[tuple[ChangeRow, list[list[Piece]]]]]]:
    """The changes that were found at one look at one article stand together."""
    found = []
    for _, some in groupby(rows, key=lambda row: (row.at, row.article_id)):
        group = list(some)
        found.append((group[0], [(row, _pieces(row)) for row in group]))
    return found


def _pieces(row: ChangeRow) -> list[list[Piece]]:
    """What was cut before what took its place."""
    diff = word_diff(row.before or "", row.after or "") if row.before or row.after else []
    return sorted(diff, key=lambda parts: all(piece.fate is Fate.ADDED for piece in parts))
