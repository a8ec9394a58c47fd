"""Watches: saved queries, what they have found, and where they tell of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response

from crawler.web.desk import Desk, TheDesk
from crawler.web.filters import Before
from crawler.web.forms import Posted, see, word
from crawler.web.templating import page
from crawler.web.watch_forms import Typed
from pipelines.alerts import Watch
from pipelines.errors import UsageError

router = APIRouter()

_PER_PAGE = 25
# How far back "what would it have found" looks.
TRIAL = timedelta(days=30)
_SHOWN = 20


@router.get("/watches")
def watches(request: Request, desk: TheDesk) -> Response:
    return page(
        request,
        "watches.html",
        watches=desk.store.watches(),
        counts=desk.store.alert_counts(),
        channels=desk.store.channel_states(desk.clock()),
        configured=_channels(desk),
    )


@router.get("/watches/new")
def new(request: Request, desk: TheDesk, q: Annotated[str, Query(max_length=4000)] = "") -> Response:
    return _form(request, desk, Typed(query=q, name=_name_for(q)), known=None)


@router.post("/watches/new")
async def create(request: Request, desk: TheDesk, form: Posted) -> Response:
    typed = Typed.of(form)
    try:
        watch = _new(desk, typed)
    except UsageError as error:
        return _form(request, desk, typed, known=None, error=str(error))
    if word(form, "try"):
        return _form(request, desk, typed, known=None, trial=watch)
    desk.store.put_watch(watch, now=desk.clock())
    return see(f"/watches/{quote(watch.name, safe='')}")


@router.get("/watches/{name}")
def watch(request: Request, desk: TheDesk, name: str, before: Before = None) -> Response:
    known = _known(desk, name)
    matches = desk.store.watch_matches(known.name, limit=_PER_PAGE + 1, before=before)
    shown = matches[:_PER_PAGE]
    return page(
        request,
        "watch.html",
        watch=known,
        matches=shown,
        before=before,
        following=shown[-1].place if len(matches) > _PER_PAGE else None,
    )


@router.get("/watches/{name}/edit")
def edit(request: Request, desk: TheDesk, name: str) -> Response:
    known = _known(desk, name)
    return _form(request, desk, Typed.of_watch(known), known=known)


@router.post("/watches/{name}/edit")
async def change(request: Request, desk: TheDesk, name: str, form: Posted) -> Response:
    known, typed = _known(desk, name), Typed.of(form)
    try:
        watch = typed.watch(before=known)
    except UsageError as error:
        return _form(request, desk, typed, known=known, error=str(error))
    if word(form, "try"):
        return _form(request, desk, typed, known=known, trial=watch)
    desk.store.put_watch(watch, now=desk.clock())
    return see(f"/watches/{quote(watch.name, safe='')}")


@router.post("/watches/{name}/remove")
async def remove(desk: TheDesk, name: str, _: Posted) -> Response:
    desk.store.remove_watch(_known(desk, name).name)
    return see("/watches")


def _known(desk: Desk, name: str) -> Watch:
    known = desk.store.watch(name)
    if known is None:
        raise HTTPException(404, f"there is no watch named {name[:80]}")
    return known


def _name_for(query: str) -> str:
    """A name to begin with: the words of the query."""
    words = " ".join(re.sub(r"[^\w\s:-]", " ", query).split()).strip("-. ")
    return words if len(words) <= 40 else words[:40].rsplit(" ", 1)[0]


def _new(desk: Desk, typed: Typed) -> Watch:
    watch = typed.watch()
    if desk.store.watch(watch.name) is not None:
        raise UsageError(f"there is a watch named {watch.name} already")
    return watch


def _channels(desk: Desk) -> list[str]:
    return [channel.name for channel in desk.config().channels]


def _form(
    request: Request,
    desk: Desk,
    typed: Typed,
    *,
    known: Watch | None,
    error: str | None = None,
    trial: Watch | None = None,
) -> Response:
    found: Any = None
    if trial is not None:
        found = desk.store.try_watch(trial, since=desk.clock() - TRIAL)
    return page(
        request,
        "watch_form.html",
        status=200 if error is None else 422,
        typed=typed,
        known=known,
        error=error,
        found=found,
        shown=_SHOWN,
        channels=_channels(desk),
    )
