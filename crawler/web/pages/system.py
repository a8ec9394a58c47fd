"""System: the queue, the rates, what fails, hosts left alone, the size of the database."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from crawler.web.desk import Desk, TheDesk
from crawler.web.templating import page
from pipelines.items import FAILURES, OUTCOME_MEANING
from pipelines.store.system import System

router = APIRouter()

# Seconds that what was counted is shown to others as well: counting targets takes a while in a large store.
_FRESH = 10.0
# A crawler that has ended no visit for so long is not running, or has nothing to do.
_QUIET = timedelta(minutes=30)


def counted(desk: Desk) -> System:
    """What was counted within the last seconds, for the page and for Prometheus."""
    return desk.fresh.get("system", _FRESH, lambda: desk.store.desk.system(desk.clock()))


@router.get("/system")
def system(request: Request, desk: TheDesk) -> Response:
    now, found = desk.clock(), counted(desk)
    newest = found.rates.newest_at
    return page(
        request,
        "system.html",
        system=found,
        failures=FAILURES,
        meaning=OUTCOME_MEANING,
        quiet=newest is None or now - newest > _QUIET,
        channels=desk.store.channel_states(now),
        alerts=list(desk.store.alert_counts().values()),
    )
