"""The HTTP API under /api/v1: a module a noun; errors are those of `crawler.web.problems`."""

from __future__ import annotations

from fastapi import APIRouter

from crawler.web.api import articles, changes, clusters, sources, watches
from crawler.web.problems import PROBLEM_JSON, Problem

DESCRIPTION = """\
Times are UTC, ISO-8601. Lists are newest first and come in pages: `next` is the cursor of the next page, \
sent back as `before`; null at the end. Errors are RFC 9457 problems. Every answer has an ETag: send it back \
as If-None-Match.

Where the desk asks for a password or token, send `Authorization: Bearer TOKEN`."""

_PROBLEM = {"model": Problem, "content": {PROBLEM_JSON: {}}}
_WRONG = {
    401: {**_PROBLEM, "description": "No token, or none we know."},
    403: {**_PROBLEM, "description": "The token may only read, or another site's page asked."},
    404: {**_PROBLEM, "description": "There is none."},
    422: {**_PROBLEM, "description": "A parameter is wrong; `errors` says which."},
    503: {**_PROBLEM, "description": "The store cannot be read just now."},
}

router = APIRouter(responses=_WRONG)  # type: ignore[arg-type]
for part in (articles, clusters, changes, sources, watches):
    router.include_router(part.router)
