"""What is said when something is wrong: one JSON shape (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one parameter."""

    field: str
    detail: str


class Problem(BaseModel):
    """Every error of the API (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = Field(
        default=None, description="One entry a parameter that is wrong."
    )


def problem_json(
    status: int,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, media_type=PROBLEM_JSON, headers=dict(headers or {}))


def wants_json(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/metrics", "/healthz"))


def problem_page(
    request: Request,
    status: int,
    detail: str,
    *,
    advice: str = "",
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """The answer for a request that cannot be met, in the form that who asks can read."""
    if wants_json(request):
        return problem_json(status, detail, headers=headers, errors=errors)
    from crawler.web.templating import error_page

    content = error_page(status=status, detail=detail, advice=advice)
    return Response(content, status, media_type="text/html", headers=dict(headers or {}))
