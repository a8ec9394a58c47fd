"""The API for people: what OpenAPI says of each path, as a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from crawler.web.templating import page

router = APIRouter()


@router.get("/api")
def reference(request: Request) -> Response:
    document = request.app.openapi()
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return page(request, "reference.html", about=document["info"], operations=list(map(_told, operations)))


def _told(operation: tuple[str, str, Mapping[str, Any]]) -> dict[str, Any]:
    method, path, about = operation
    return {
        "method": method,
        "path": path,
        "text": about.get("description", ""),
        "example": path if method == "GET" and "{" not in path else None,
        "parameters": [
            (one["name"], _kind(one["schema"]), one.get("description", ""))
            for one in about.get("parameters", ())
        ],
        "body": "requestBody" in about,
    }


def _kind(schema: Mapping[str, Any]) -> str:
    """A parameter's type and default in words: "integer, 25"."""
    kinds = [part.get("type", "") for part in schema.get("anyOf", [schema])]
    said = next((kind for kind in kinds if kind != "null"), "") or "word"
    default = schema.get("default")
    return f"{said}, {default}" if default not in (None, "", [], False) else said
