"""Sources: health at a glance, one source in detail, pausing, and adding a site after a look at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response

from crawler import source_edits
from crawler.schedule.volume import expected_daily
from crawler.sources import Source, block, name_for, source_name, web_address
from crawler.web.desk import Desk, TheDesk
from crawler.web.forms import Posted, see, word
from crawler.web.probes import Probe
from crawler.web.templating import page
from pipelines.errors import UsageError, WirewatchError
from pipelines.store import SourceView
from pipelines.store.overview import DAYS

router = APIRouter()

Rhythms = Iterable[Mapping[str, Any] | None]

# Seconds that what was counted is shown to others as well.
_FRESH = 10.0


Expected = list[float | None]


def views(desk: Desk) -> list[tuple[SourceView, Expected]]:
    """Each source with what its past lets expect of each of its days; empty where that is not known."""
    now = desk.clock()

    def counted() -> list[tuple[SourceView, Expected]]:
        found, rhythms = desk.store.desk.sources(now), desk.store.desk.rhythms()
        days = _days(now)
        return [(view, _expected(view, rhythms.get(view.name, ()), days)) for view in found]

    return desk.fresh.get("sources", _FRESH, counted)


def _days(now: datetime) -> list[date]:
    """The days that `SourceView.daily` counts, today last."""
    return [(now - timedelta(days=ago)).date() for ago in reversed(range(DAYS))]


def _expected(view: SourceView, rhythms: Rhythms, days: Sequence[date]) -> Expected:
    """What is expected of each day since it was added, None for those before; [] where nothing is known."""
    expected = expected_daily(rhythms, days)
    since = view.added_at.date()
    return (
        [one if day >= since else None for one, day in zip(expected, days, strict=True)]
        if any(expected)
        else []
    )


@router.get("/sources")
def sources(request: Request, desk: TheDesk) -> Response:
    found = sorted(views(desk), key=lambda pair: (not pair[0].enabled, not pair[0].episodes, pair[0].name))
    return page(request, "sources.html", sources=found, editable=desk.config_path is not None)


# --- adding ---------------------------------------------------------------------------------------------


@router.get("/sources/add")
def add(request: Request, desk: TheDesk) -> Response:
    return page(request, "source_add.html", url="", error=None, editable=desk.config_path is not None)


@router.post("/sources/add")
async def look(request: Request, desk: TheDesk, form: Posted) -> Response:
    typed = word(form, "url")[:2000]
    try:
        address = web_address(typed if "://" in typed else f"https://{typed}")
    except ValueError as error:
        return page(request, "source_add.html", status=422, url=typed, error=str(error), editable=True)
    return see(f"/sources/add/{desk.probes.start(address)}")


@router.get("/sources/add/{key}")
def preview(request: Request, desk: TheDesk, key: str) -> Response:
    probe = _probe(desk, key)
    offered = _offered(desk, probe) if probe.found and probe.found["shape"] != "article" else None
    return page(
        request,
        "source_preview.html",
        probe=probe,
        source=offered,
        written=block(offered) if offered else "",
        error=None,
        name=offered.name if offered else "",
        editable=desk.config_path is not None,
    )


@router.post("/sources/add/{key}")
async def confirm(request: Request, desk: TheDesk, key: str, form: Posted) -> Response:
    probe = _probe(desk, key)
    if probe.found is None or desk.config_path is None:
        raise HTTPException(409, "there is nothing to add yet")
    configured = desk.config().sources
    offered = _offered(desk, probe)
    try:
        name = source_name(word(form, "name") or offered.name)
        tags = tuple(tag.strip() for tag in word(form, "tags").split(",") if tag.strip())
        chosen = _offered(desk, probe, name=name, tags=tags)
        source_edits.add(desk.config_path, chosen, configured=configured)
    except (ValueError, WirewatchError) as error:
        return page(
            request,
            "source_preview.html",
            status=422,
            probe=probe,
            source=offered,
            written=block(offered),
            error=str(error),
            name=word(form, "name"),
            editable=True,
        )
    return see(f"/sources?added={chosen.name}")


def _probe(desk: Desk, key: str) -> Probe:
    probe = desk.probes.get(key)
    if probe is None:
        raise HTTPException(404, "that look at a site is forgotten: begin again at Sources, Add a site")
    return probe


def _offered(desk: Desk, probe: Probe, *, name: str | None = None, tags: tuple[str, ...] = ()) -> Source:
    """What would be written for the site that was looked at."""
    assert probe.found is not None
    found = probe.found
    feeds = tuple(found["feeds"])
    return Source(
        name=name or name_for(found["url"], [source.name for source in desk.config().sources]),
        url=found["url"],
        feeds=feeds,
        sitemaps=tuple(found["sitemaps"]),
        listings=tuple(found["listings"]),
        language=found["language"],
        tags=tags,
    )


# --- one source -----------------------------------------------------------------------------------------


@router.get("/sources/{name}")
def source(request: Request, desk: TheDesk, name: str) -> Response:
    now = desk.clock()
    found = desk.store.desk.source_detail(name, now)
    if found is None:
        raise HTTPException(404, f"there is no source named {name[:80]}")
    days = _days(now)
    return page(
        request,
        "source.html",
        source=found.view,
        detail=found,
        days=days,
        expected=_expected(found.view, [root.rhythm for root in found.roots], days),
        editable=_is_written(desk, name),
        waiting=_waiting(desk, found.view),
    )


@router.post("/sources/{name}/pause")
async def pause(desk: TheDesk, name: str, _: Posted) -> Response:
    return _switch(desk, name, enabled=False)


@router.post("/sources/{name}/resume")
async def resume(desk: TheDesk, name: str, _: Posted) -> Response:
    return _switch(desk, name, enabled=True)


def _switch(desk: Desk, name: str, *, enabled: bool) -> Response:
    if desk.config_path is None:
        raise UsageError("there is no config file to write to")
    source_edits.switch(desk.config_path, name, enabled=enabled)
    return see(f"/sources/{quote(name, safe='')}")


def _written(desk: Desk, name: str) -> Source | None:
    if desk.config_path is None:
        return None
    return next((source for source in desk.config().sources if source.name == name), None)


def _is_written(desk: Desk, name: str) -> bool:
    return _written(desk, name) is not None


def _waiting(desk: Desk, view: SourceView) -> str | None:
    """What the config says that the crawler has not taken over yet."""
    written = _written(desk, view.name)
    if written is None or written.enabled == view.enabled:
        return None
    return "resumed" if written.enabled else "paused"
