"""Channels: where alerts are delivered to, and their blocks in wirewatch.toml. Pure.

Addresses and secrets of channels are never shown, in no message and no log: a name will do.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from urllib.parse import urlsplit

from pipelines.errors import ConfigError, UsageError

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://.", re.IGNORECASE)
_SIGNED = "whsec_"
# The Standard Webhooks specification asks for 24 to 64 bytes.
_SHORTEST, _LONGEST = 24, 64


class ChannelType(StrEnum):
    """How a channel is spoken to."""

    WEBHOOK = "webhook"
    APPRISE = "apprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A place that alerts are delivered to. `url` and `secret` may name variables of the environment."""

    name: str
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    type: ChannelType = ChannelType.APPRISE

    def opened(self, env: Mapping[str, str]) -> Channel:
        """The channel with its variables put in. Raises ConfigError."""
        secret = None if self.secret is None else self._expanded("secret", self.secret, env)
        url = self._expanded("url", self.url, env)
        try:
            channel_url(url)
            web_url(url) if self.type is ChannelType.WEBHOOK else None
            key_of(secret) if secret is not None else None
        except ValueError as error:
            raise ConfigError(f"channel {self.name}: {error}") from error
        return Channel(name=self.name, url=url, secret=secret, type=self.type)

    def _expanded(self, key: str, text: str, env: Mapping[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            if match[3]:
                return "$"
            name = match[1] or match[2]
            if name not in env:
                raise ConfigError(f"channel {self.name}: {key} names ${name}, which is not set")
            return env[name]

        return _VARIABLE.sub(value, text)


def named(channels: Iterable[Channel], name: str) -> Channel:
    """The channel of that name. Raises UsageError with the nearest one."""
    known = {channel.name: channel for channel in channels}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else " (see [[channels]] in docs/configuration.md)"
    raise UsageError(f"no channel is named {name!r}{hint}")


def has_variables(text: str) -> bool:
    return _VARIABLE.search(text) is not None


def channel_url(text: str) -> str:
    """An address, as Apprise or a webhook has it. The error does not repeat it: it may be a secret."""
    if not text.isprintable() or not (has_variables(text) or _SCHEME.match(text)):
        raise ValueError("not an address like mailtos://... or https://... (docs/alerts.md)")
    return text


def web_url(text: str) -> str:
    """The address of a webhook. Raises ValueError, which does not repeat it."""
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        fine = False
    if not fine:
        raise ValueError("not an http(s) address without a user name, as a webhook needs")
    return text


def key_of(secret: str) -> bytes:
    """The bytes to sign with: what `whsec_` names in base64, or the text itself. Raises ValueError."""
    if not secret.startswith(_SIGNED):
        if not secret:
            raise ValueError("a secret that is empty")
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(_SIGNED), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a secret that starts with whsec_ and is no base64 behind it") from error
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"a secret of {len(key)} bytes; Standard Webhooks wants {_SHORTEST} to {_LONGEST}")
    return key
