"""Article: to read, with where each field comes from, its copies, its revisions, and what was cut and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response

from crawler.web.desk import TheDesk
from crawler.web.templating import page
from crawler.why import Account, account
from pipelines.changes.marks import Piece, word_diff
from pipelines.items import OUTCOME_MEANING, Article

router = APIRouter()

_VISITS = 20
_SPAN = re.compile(r"(\d{1,9})(?:\.\.(\d{1,9}))?")


@router.get("/articles/{id}")
def article(
    request: Request,
    desk: TheDesk,
    id: str,  # noqa: A002 - the design's name
    diff: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    found = desk.store.article(id)
    if found is None:
        raise HTTPException(404, f"there is no article {id[:80]}")
    known = account(desk.store, found.url, found.url, config=desk.config(), now=desk.clock(), last=_VISITS)
    states = desk.store.revisions(found.id)
    old, new = _pair(states, diff)
    return page(
        request,
        "article.html",
        article=found,
        known=known,
        states=states,
        changes=desk.store.changes_of(found.id),
        cuts=_cuts(known),
        old=old,
        new=new,
        title_diff=word_diff(old.title, new.title) if old and new else [],
        text_diff=_changed(word_diff(old.text, new.text)) if old and new else [],
        meaning=OUTCOME_MEANING,
        images=desk.config().serve.images,
    )


def _pair(states: Sequence[Article], text: str) -> tuple[Article | None, Article | None]:
    """The two revisions to compare: "2..5", "5" for what made it of the one before; else the last two."""
    by_number = {state.revision: state for state in states}
    if not text:
        return (states[-2], states[-1]) if len(states) > 1 else (None, None)
    named = _SPAN.fullmatch(text.strip())
    last = int(named[2] or named[1]) if named else 0
    first = int(named[1]) if named and named[2] else last - 1
    if first not in by_number or last not in by_number:
        raise HTTPException(
            404, f"there are no revisions {text[:40]} of this article: it has 1 to {len(states)}"
        )
    return by_number[first], by_number[last]


def _changed(diff: list[list[Piece]]) -> list[list[Piece] | int]:
    """The paragraphs that differ, and between them how many do not."""
    found: list[list[Piece] | int] = []
    for pieces in diff:
        if any(piece.fate != "same" for piece in pieces):
            found.append(pieces)
        elif found and isinstance(found[-1], int):
            found[-1] += 1
        else:
            found.append(1)
    return found


def _cuts(known: Account) -> list[tuple[str, list[str]]]:
    """What the last reading that cut something took from the page, by rule."""
    for visit in reversed(known.visits):
        if visit.cuts:
            by_rule: dict[str, list[str]] = {}
            for cut in visit.cuts:
                by_rule.setdefault(cut["rule"], []).append(cut["line"])
            return list(by_rule.items())
    return []
