"""What stands before every page: the names we answer to, the headers that keep a browser safe, who asks."""

from __future__ import annotations

import binascii
import logging
from base64 import b64decode
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from crawler.web.access import SESSION_SECONDS, Access, Right, Visitor
from crawler.web.problems import problem_page

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("wirewatch")

SESSION_COOKIE = "wirewatch_session"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Open to everybody: what the login page needs, and the word that we are well.
_PUBLIC = ("/login", "/static/", "/healthz")
# The paths that programs ask for: they are told in a status, not by a login page.
_PROGRAMS = ("/api/", "/feeds/", "/metrics", "/healthz")


class HostGuard:
    """Refuses names that are not ours: a page elsewhere whose name was made to point here (DNS rebinding)
    could otherwise read the desk. Numbers are let through, since no name can be rebound to one."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = _LOOPBACK | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope).getlist("host")):
            response = problem_page(
                Request(scope),
                421,
                "the Host header names another site",
                advice="Add the name to [serve] hosts.",
            )
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, headers: list[str]) -> bool:
        if len(headers) != 1:
            return False
        try:
            host = urlsplit(f"//{headers[0]}").hostname or ""
        except ValueError:
            return False
        return host in self._hosts or _is_number(host)


class SafeHeaders:
    """Puts the headers that keep a browser safe on every answer, and answers where something broke: the
    trace is for the log only.

    The policy lets nothing run or load that is not ours (W3C Content Security Policy 3); with `images`
    pictures of the articles are loaded from their sites.
    """

    def __init__(self, app: ASGIApp, *, images: bool) -> None:
        self._app = app
        pictures = "'self' https:" if images else "'self'"
        self._policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started, cut_off = False, False

        async def with_headers(message: Message) -> None:
            nonlocal started, cut_off
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
                headers.setdefault("Cache-Control", "no-cache, private")
            cut_off = True
            await send(message)
            cut_off = False

        try:
            await self._app(scope, receive, with_headers)
        except Exception:
            if cut_off:
                raise  # a body over the limit: the server answers that by itself
            logger.exception("the desk could not answer %s %s", scope["method"], scope["path"])
            if started:
                raise
            answer = problem_page(Request(scope), 500, "something went wrong here; the log says what")
            await answer(scope, receive, with_headers)


class Gate:
    """Tells who asks (`request.state.visitor`), turns away who may not, and gives each browser a session.

    Whatever changes something is taken from our own pages only: a browser says in Sec-Fetch-Site or Origin
    where a request comes from, and forms carry a token besides (`forms.checked`).
    """

    def __init__(self, app: ASGIApp, *, access: Access, secure: bool) -> None:
        self._app = app
        self._access = access
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        visitor, cookie = self._visitor(request)
        scope.setdefault("state", {})["visitor"] = visitor
        refusal = self._refusal(request, visitor)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif cookie is not None:
            await self._app(scope, receive, self._with_cookie(send, cookie))
        else:
            await self._app(scope, receive, send)

    def _visitor(self, request: Request) -> tuple[Visitor, str | None]:
        """Who asks, and the cookie of a new session where there is none."""
        token = _token_of(request)
        if token is not None:
            right = Right.WRITE if self._access.is_open else self._access.by_token(token)
            return Visitor(right=right), None
        cookie = request.cookies.get(SESSION_COOKIE, "")
        known = self._access.by_session(cookie) if cookie else None
        if known is not None:
            return (
                Visitor(right=Right.WRITE, session=known.session) if self._access.is_open else known
            ), None
        right = Right.WRITE if self._access.is_open else Right.NONE
        if _is_programs(request.scope["path"]):
            # Programs are sent no cookie, and have no forms that a session would stand for.
            return Visitor(right=right), None
        cookie = self._access.new_session(right)
        fresh = self._access.by_session(cookie)
        assert fresh is not None
        return fresh, cookie

    def _refusal(self, request: Request, visitor: Visitor) -> Response | None:
        path, unsafe = request.scope["path"], request.method in _UNSAFE
        if unsafe and not _is_from_here(request):
            return problem_page(request, 403, "this was sent by another site's page")
        if path.startswith(_PUBLIC):
            return None
        if visitor.right is Right.NONE:
            if _is_programs(path):
                realm = {"WWW-Authenticate": 'Basic realm="wirewatch"' if "/feeds/" in path else "Bearer"}
                return problem_page(
                    request, 401, "a token is wanted: Authorization: Bearer TOKEN", headers=realm
                )
            here = path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(here, safe='')}", status_code=303)
        if unsafe and visitor.right < Right.WRITE and path != "/logout":
            return problem_page(request, 403, "who reads may not change anything here")
        return None

    def _with_cookie(self, send: Send, cookie: str) -> Send:
        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "set-cookie" not in headers:
                    headers.append("Set-Cookie", cookie_header(cookie, secure=self._secure))
            await send(message)

        return with_cookie


def cookie_header(value: str, *, secure: bool) -> str:
    """The session's cookie: no script can read it and no other site's form sends it."""
    age = SESSION_SECONDS if value else 0
    rest = "; Secure" if secure else ""
    return f"{SESSION_COOKIE}={value}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax{rest}"


def visitor_of(request: HTTPConnection) -> Visitor:
    visitor = request.state.visitor
    assert isinstance(visitor, Visitor)
    return visitor


def _token_of(request: Request) -> str | None:
    """A token sent as bearer, as a password by feed readers that know no other way, or in an address."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() == "basic":
        try:
            return b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    if request.scope["path"].startswith("/feeds/"):
        return request.query_params.get("token")
    return None


def _is_from_here(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _is_programs(path: str) -> bool:
    return path.startswith(_PROGRAMS)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
