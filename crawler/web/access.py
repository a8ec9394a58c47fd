"""Who may do what: passwords, tokens, sessions, the tokens of forms, and how often one may try to log in."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadData, URLSafeTimedSerializer

if TYPE_CHECKING:
    from crawler.config import ServeSection

SESSION_SECONDS = 30 * 86400
# Failed tries of one address, and of all together, within the window; then nobody is asked for a while.
# OWASP's guidance names a handful of tries; all together may try more, or a stranger could lock us out.
TRIES, TRIES_OF_ALL, WINDOW = 5, 50, 300.0
_ADDRESSES = 10_000
# What an empty or broken hash costs as long as a real one to be refused.
_TOKEN_PREFIX = "wwt_"  # noqa: S105 - the start of every token, for scanners of secrets to find


class Right(IntEnum):
    """What a visitor may do; each includes those before."""

    NONE = 0
    READ = 1
    WRITE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks. `session` is the name of a browser's session, None for a program with a token."""

    right: Right
    session: str | None = None


class Access:
    """Judges credentials. Without a password or token everyone who reaches us may do everything: that is only
    for loopback (`serving.check_listen`)."""

    def __init__(self, *, password: str | None, tokens: Mapping[str, Right]) -> None:
        self._password = password
        self._tokens = dict(tokens)
        self._hasher = PasswordHasher()
        self._verifying = Lock()
        key = _key(password, tokens)
        self._sessions = URLSafeTimedSerializer(key, salt="session")
        self._forms = sha256(b"form" + key).digest()

    @classmethod
    def of(cls, section: ServeSection, env: Mapping[str, str]) -> Self:
        """As the config says, and $WIREWATCH_PASSWORD and $WIREWATCH_TOKEN (read-only) add."""
        password = section.password
        if env.get("WIREWATCH_PASSWORD"):
            password = hash_password(env["WIREWATCH_PASSWORD"])
        tokens = dict(map(_token_right, section.tokens))
        if env.get("WIREWATCH_TOKEN"):
            tokens[digest(env["WIREWATCH_TOKEN"])] = Right.READ
        return cls(password=password, tokens=tokens)

    @property
    def is_open(self) -> bool:
        return self._password is None and not self._tokens

    def by_token(self, token: str) -> Right:
        """What the bearer of this token may do."""
        given, found = digest(token), Right.NONE
        for known, right in self._tokens.items():
            if hmac.compare_digest(known, given):
                found = right
        return found

    def by_password(self, text: str) -> Right:
        """What who types this at the login may do: the password's owner everything, a token's what it allows.

        Takes some 50 ms and 64 MiB, so one at a time.
        """
        if self._password is not None:
            with self._verifying:
                try:
                    self._hasher.verify(self._password, text)
                except (VerificationError, InvalidHashError, UnicodeError):
                    pass
                else:
                    return Right.WRITE
        return self.by_token(text)

    def new_session(self, right: Right) -> str:
        """The value of the cookie of a new session."""
        return self._sessions.dumps([secrets.token_urlsafe(16), int(right)])

    def by_session(self, cookie: str) -> Visitor | None:
        """Whose session it is; None for one that is none, too old, or of an earlier password."""
        try:
            session, right = self._sessions.loads(cookie, max_age=SESSION_SECONDS)
            return Visitor(right=Right(right), session=str(session))
        except (BadData, ValueError, TypeError):
            return None

    def form_token(self, session: str) -> str:
        """What a form of this session must send back: signed, bound to it (OWASP's CSRF sheet)."""
        return hmac.new(self._forms, session.encode(), sha256).hexdigest()

    def is_form_token(self, session: str | None, token: str) -> bool:
        expected = self.form_token(session or "")
        return session is not None and hmac.compare_digest(
            expected.encode(), token.encode("utf-8", "replace")
        )


class Tries:
    """How often somebody has failed to log in of late; `clock` gives seconds that never go back."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failed: OrderedDict[str, list[float]] = OrderedDict()
        self._all: list[float] = []

    def wait(self, address: str) -> float:
        """Seconds until the address may try again; 0: now."""
        with self._lock:
            now = self._clock()
            mine, all_of_them = self._recent(self._failed.get(address, ()), now), self._recent(self._all, now)
            free = (
                of[-most] + WINDOW
                for of, most in ((mine, TRIES), (all_of_them, TRIES_OF_ALL))
                if len(of) >= most
            )
            return max((at - now for at in free), default=0.0)

    def failed(self, address: str) -> None:
        with self._lock:
            now = self._clock()
            self._failed[address] = [*self._recent(self._failed.pop(address, ()), now), now]
            self._all = [*self._recent(self._all, now), now][-TRIES_OF_ALL:]
            while len(self._failed) > _ADDRESSES:
                self._failed.popitem(last=False)

    def passed(self, address: str) -> None:
        with self._lock:
            self._failed.pop(address, None)

    @staticmethod
    def _recent(times: Sequence[float], now: float) -> list[float]:
        return [at for at in times if now - at < WINDOW]


def hash_password(text: str) -> str:
    """The password as the config keeps it: Argon2id with the library's parameters (RFC 9106)."""
    return PasswordHasher().hash(text)


def new_token(right: Right) -> tuple[str, str]:
    """A new token, and how the config knows it: 256 random bits need no slow hash."""
    token = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    return token, f"{'write' if right is Right.WRITE else 'read'}:{digest(token)}"


def digest(token: str) -> str:
    return sha256(token.strip().encode("utf-8", "replace")).hexdigest()


def _token_right(text: str) -> tuple[str, Right]:
    """A line of [serve] tokens, whose form the config has checked."""
    right, _, known = text.partition(":")
    return known, Right[right.upper()]


def _key(password: str | None, tokens: Mapping[str, Right]) -> bytes:
    """What signs sessions: another one with every other password; by chance where there is none."""
    if password is None and not tokens:
        return secrets.token_bytes(32)
    return sha256("\n".join(["sessions", password or "", *sorted(tokens)]).encode()).digest()
