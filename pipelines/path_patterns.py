"""Paths as robots.txt writes them, with * and $: RFC 9309, 2.2.2 and 2.2.3; tdmrep.json uses the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# In a query these two mean the same encoded or not (the RFC's table in 2.2.2).
_QUERY = _UNRESERVED | {":", "/"}
_KEPT = "%/?:@!&'()+,;=[]-._~"


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path to compare with others: `pieces` follow each other with anything between, `whole` to the end.

    Found piece by piece, not as a regular expression: a hostile one could take for ever to match.
    """

    text: str
    pieces: tuple[str, ...]
    whole: bool

    @classmethod
    def of(cls, text: str) -> PathPattern:
        normal = _normal(text, special="*$")
        whole = normal.endswith("$")
        stem = (normal[:-1] if whole else normal).replace("$", "%24")
        return cls(text=stem + "$" * whole, pieces=tuple(stem.split("*")), whole=whole)

    @property
    def plain(self) -> bool:
        """Whether it is just the beginning of a path."""
        return len(self.pieces) == 1 and not self.whole

    def matches(self, path: str) -> bool:
        """Whether it matches a path that `path_of` gave."""
        first, *rest = self.pieces
        if not path.startswith(first):
            return False
        if not rest:
            return not self.whole or path == first
        at = len(first)
        for piece in rest[:-1]:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        if self.whole:
            return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at
        return path.find(rest[-1], at) >= 0


def path_of(url: str) -> str:
    """The URL's path and query in the form that patterns are compared with."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query or url.partition("#")[0].endswith("?") else ""
    return _normal((parts.path or "/") + query)


def _normal(text: str, *, special: str = "") -> str:
    """Escapes of what needs none undone, all others in capitals, and nothing unescaped that needs it."""
    path, mark, query = text.partition("?")
    return _unescaped(path, special, _UNRESERVED) + mark + _unescaped(query, special, _QUERY)


def _unescaped(text: str, special: str, plain: frozenset[str]) -> str:
    def character(found: re.Match[str]) -> str:
        decoded = chr(int(found[1], 16))
        return decoded if decoded in plain else found[0].upper()

    return _ESCAPE.sub(character, quote(text, safe=_KEPT + special, errors="replace"))
