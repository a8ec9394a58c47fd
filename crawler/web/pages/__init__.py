"""The pages that people read: a module a page, each with a template of its name."""

from __future__ import annotations

from fastapi import APIRouter

from crawler.web.pages import (
    article,
    changes,
    login,
    reference,
    search,
    sources,
    stories,
    system,
    today,
    watches,
)

router = APIRouter()
for part in (today, search, article, stories, changes, sources, watches, system, reference, login):
    router.include_router(part.router)
