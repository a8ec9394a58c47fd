"""The application: routes, what stands before them, and what is said when something is wrong."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match
from starlette.staticfiles import StaticFiles

from crawler.job import utc_now
from crawler.web import api, feeds, metrics, pages
from crawler.web.access import Access, Tries
from crawler.web.caching import ETags, Fresh
from crawler.web.desk import Desk
from crawler.web.guard import Gate, HostGuard, SafeHeaders
from crawler.web.lists import Readers
from crawler.web.probes import Probes
from crawler.web.problems import problem_page
from pipelines.errors import ConfigError, StoreError, UsageError, WorkerError

if TYPE_CHECKING:
    from crawler.config import Config
    from pipelines.store import Store

logger = logging.getLogger("wirewatch")

# Readers at once: more threads than cores only wait for each other (4 on 2 cores answered an eighth less),
# and each has a cache of the database.
_THREADS = max(2, os.cpu_count() or 1)
_ASKED_WITH = ["Authorization", "If-None-Match"]
_LARGEST_BODY = 256 * 1024


def create_app(
    *,
    store: Store,
    config: Callable[[], Config],
    config_path: Path | None = None,
    access: Access | None = None,
    clock: Callable[[], datetime] = utc_now,
    command: Sequence[str] = (),
) -> FastAPI:
    """The desk over `store`, which must be open for writing: watches are kept in it.

    `config` gives the config as it is now. Without `access` nobody is asked who they are. `command` runs
    wirewatch with the same global options, for looks at new sites.
    """
    access = access or Access(password=None, tokens={})
    section = config().serve
    app = FastAPI(
        title="Wirewatch",
        version=version("wirewatch"),
        summary="Articles, their changes and copies, sources and watches of one Wirewatch store.",
        description=api.DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=_LARGEST_BODY,
        lifespan=_lifespan,
        middleware=[
            Middleware(SafeHeaders, images=section.images),
            Middleware(HostGuard, hosts=section.names),
            *(
                [Middleware(CORSMiddleware, allow_origins=section.cors, allow_headers=_ASKED_WITH)]
                if section.cors
                else []
            ),
            Middleware(ETags),
            Middleware(Gate, access=access, secure=section.secure),
        ],
        exception_handlers=_HANDLERS,
    )
    app.state.desk = Desk(
        store=store,
        config=config,
        config_path=config_path,
        access=access,
        clock=clock,
        fresh=Fresh(clock=time.monotonic),
        tries=Tries(clock=time.monotonic),
        probes=Probes(command=command),
        readers=Readers(store),
    )
    app.include_router(api.router, prefix="/api/v1")
    for router in (pages.router, feeds.router, metrics.router):
        app.include_router(router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=str(files("crawler.web") / "static")), name="static")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = _THREADS
    try:
        yield
    finally:
        app.state.desk.readers.close()


# --- what is wrong --------------------------------------------------------------------------------------


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    advice = "Look for it by its words." if error.status_code == 404 else ""
    detail = "there is no such page" if error.detail == "Not Found" else str(error.detail)
    status, headers = error.status_code, error.headers
    if status == 405:
        headers = {"Allow": ", ".join(_methods(request))}
    elif status == 400 and request.url.path.startswith("/api/"):
        # FastAPI's word for a body whose bytes are no text; what is no JSON it calls invalid, as we do.
        status, detail = 422, "the body is no JSON"
    return problem_page(request, status, detail, advice=advice, headers=headers)


def _methods(request: Request) -> list[str]:
    """What may be done with the path: several routes may share it, each for a method of its own."""
    scope = dict(request.scope)
    return [
        method
        for method in ("GET", "POST", "PUT", "DELETE")
        if any(
            route.matches({**scope, "method": method})[0] is Match.FULL for route in request.app.router.routes
        )
    ]


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [{"field": str(one["loc"][-1]), "detail": _plain(one["msg"])} for one in error.errors()]
    detail = "; ".join(f"{one['field']}: {one['detail']}" for one in errors[:3])
    return problem_page(request, 422, detail, errors=errors)


def _plain(message: str) -> str:
    return message.encode("utf-8", "replace").decode()


async def _usage(request: Request, error: Exception) -> Response:
    return problem_page(request, 422, str(error), errors=[{"field": "request", "detail": str(error)}])


async def _store(request: Request, error: Exception) -> Response:
    logger.error("%s", error)
    advice = "The store cannot be read just now. `wirewatch db check` says whether it is damaged."
    return problem_page(request, 503, str(error), advice=advice, headers={"Retry-After": "10"})


async def _too_much(request: Request, error: Exception) -> Response:
    """A list that its reader did not live to answer."""
    logger.error("%s: %s", request.url.path, error)
    return problem_page(request, 503, f"the list cannot be read: {error}", headers={"Retry-After": "10"})


async def _config(request: Request, error: Exception) -> Response:
    return problem_page(request, 503, str(error), advice="Mend the config file; it is read again by itself.")


_HANDLERS: dict[Any, Any] = {
    HTTPException: _http,
    RequestValidationError: _invalid,
    UsageError: _usage,
    StoreError: _store,
    ConfigError: _config,
    WorkerError: _too_much,
}
