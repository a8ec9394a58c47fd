"""What a form sent, once its token says that it is one of our own."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from crawler.web.desk import desk_of
from crawler.web.guard import visitor_of


async def checked(request: Request) -> FormData:
    """Raises HTTPException 403 without the token of this session."""
    form = await request.form(max_files=0, max_fields=50)
    token = form.get("form_token")
    if not desk_of(request).access.is_form_token(visitor_of(request).session, str(token or "")):
        raise HTTPException(
            403, "this form is not from a page you have open, or too old: go back, reload, send it again"
        )
    return form


Posted = Annotated[FormData, Depends(checked)]


def word(form: FormData, name: str) -> str:
    """The field's text without spaces around it; "" where there is none."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def see(path: str) -> RedirectResponse:
    """Go on to a page, so that reloading it sends nothing again."""
    return RedirectResponse(path, status_code=303)
