"""Login and logout, where a password or token is set."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from crawler.web.access import Right
from crawler.web.desk import TheDesk
from crawler.web.forms import Posted, see, word
from crawler.web.guard import cookie_header
from crawler.web.templating import page

router = APIRouter()


@router.get("/login")
def login(request: Request, desk: TheDesk, next: Annotated[str, Query(max_length=4000)] = "/") -> Response:  # noqa: A002
    return (
        see(_own(next)) if desk.access.is_open else page(request, "login.html", next=_own(next), error=None)
    )


@router.post("/login")
async def log_in(request: Request, desk: TheDesk, form: Posted) -> Response:
    address = request.client.host if request.client else ""
    following = _own(word(form, "next"))
    wait = desk.tries.wait(address)
    if wait > 0:
        error = f"too many tries: wait {wait:.0f} seconds"
        answer = page(request, "login.html", status=429, next=following, error=error)
        answer.headers["Retry-After"] = f"{wait:.0f}"
        return answer
    # Counted before it is looked at: many tries sent at once must not all find the count at nothing.
    desk.tries.failed(address)
    right = await run_in_threadpool(desk.access.by_password, word(form, "password")[:1000])
    if right is Right.NONE:
        return page(request, "login.html", status=403, next=following, error="that is not the password")
    desk.tries.passed(address)
    onward = see(following)
    secure = desk.config().serve.secure
    onward.headers["Set-Cookie"] = cookie_header(desk.access.new_session(right), secure=secure)
    return onward


@router.post("/logout")
async def log_out(desk: TheDesk, _: Posted) -> Response:
    answer = see("/login")
    answer.headers["Set-Cookie"] = cookie_header("", secure=desk.config().serve.secure)
    return answer


def _own(path: str) -> str:
    """The path if it is one of ours: no other site may be led to from here."""
    plain = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
    )
    return path if plain else "/"
