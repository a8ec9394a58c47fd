"""Where in a TOML text each key stands: what tomllib reads but does not tell. Pure.

Reads text that tomllib has accepted, so it need not judge, only walk: it knows strings, arrays, inline
tables, headers and dotted keys, and takes everything else for a plain value.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

# Keys and array indices from the top: ("sources", 1, "feeds", 0).
Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_PLAIN = re.compile(r"[^,\]}#\r\n]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Lines from `first` to `last`, both counted from 1 and included."""

    first: int
    last: int


class Places:
    """The lines of every key, array element and table of a text.

    A table's span begins at its header and ends with its last value. Comments belong to no span but by
    standing within one.
    """

    def __init__(self, spans: dict[Path, Span]) -> None:
        self.spans = spans

    def span(self, path: Sequence[str | int]) -> Span | None:
        """The span of what stands at the path, or of the nearest thing around it."""
        for length in range(len(path), 0, -1):
            found = self.spans.get(tuple(path[:length]))
            if found is not None:
                return found
        return None

    def line(self, path: Sequence[str | int]) -> int:
        """The line on which that begins; 1 when nothing of the path is there."""
        found = self.span(path)
        return found.first if found else 1


def places(text: str) -> Places:
    """The places of all that stands in a TOML text; of a broken one, those before the break."""
    scanner = _Scanner(text)
    with suppress(_Lost, RecursionError):
        scanner.document()
    ends = [match.end() for match in re.finditer("\n", text)]

    def line(offset: int) -> int:
        return bisect_right(ends, offset) + 1

    return Places(
        {path: Span(line(start), line(scanner.ends[path])) for path, start in scanner.starts.items()}
    )


class _Lost(Exception):  # noqa: N818 - no error: the end of what can be read
    """The text is not what tomllib would have accepted."""


class _Scanner:
    """Walks the text once; `starts` and `ends` are offsets of the first and the last character."""

    def __init__(self, text: str) -> None:
        self.starts: dict[Path, int] = {}
        self.ends: dict[Path, int] = {}
        self._text = text
        self._at = 0
        # How many tables each array of tables has had so far.
        self._tables: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self._space()
        while self._at < len(self._text):
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)
            self._space()

    def _header(self) -> Path:
        start = self._at
        closing = "]]" if self._text.startswith("[[", start) else "]"
        self._at += len(closing)
        self._blank()
        keys = self._keys()
        self._blank()
        self._take(closing)
        table = self._resolve(keys, opens=closing == "]]")
        self._mark(table, start)
        return table

    def _resolve(self, keys: list[str], *, opens: bool) -> Path:
        """The path of a header's table: an array of tables on the way means its latest table."""
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if opens and position == len(keys) - 1:
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        start = self._at
        path = (*table, *self._keys())
        self._blank()
        self._take("=")
        self._blank()
        self._value(path)
        self._mark(path, start)

    def _keys(self) -> list[str]:
        keys = [self._key()]
        while dot := _DOT.match(self._text, self._at):
            self._at = dot.end()
            keys.append(self._key())
        return keys

    def _key(self) -> str:
        found = _BARE_KEY.match(self._text, self._at) or _STRING.match(self._text, self._at)
        if found is None:
            raise _Lost
        self._at = found.end()
        if found[0][0] not in "\"'":
            return found[0]
        try:
            return str(tomllib.loads(f"key = {found[0]}")["key"])
        except ValueError as error:
            raise _Lost from error

    def _value(self, path: Path) -> None:
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline_table(path)
        else:
            found = _STRING.match(self._text, self._at) or _PLAIN.match(self._text, self._at)
            if found is None:
                raise _Lost
            self._at += len(found[0].rstrip())

    def _array(self, path: Path) -> None:
        self._take("[")
        self._space()
        index = 0
        while not self._peek("]"):
            start = self._at
            self._value((*path, index))
            self._mark((*path, index), start)
            index += 1
            self._comma("]")
        self._take("]")

    def _inline_table(self, path: Path) -> None:
        self._take("{")
        self._space()
        while not self._peek("}"):
            self._pair(path)
            self._comma("}")
        self._take("}")

    def _comma(self, closing: str) -> None:
        self._space()
        if not self._peek(closing):
            self._take(",")
            self._space()

    def _mark(self, path: Path, start: int) -> None:
        """Note the path as ending here; it and what is around it begin where they were first seen."""
        for length in range(1, len(path) + 1):
            part = path[:length]
            self.starts.setdefault(part, start)
            self.ends[part] = max(self._at - 1, start)

    def _peek(self, token: str) -> bool:
        if self._at >= len(self._text):
            raise _Lost
        return self._text.startswith(token, self._at)

    def _take(self, token: str) -> None:
        if not self._peek(token):
            raise _Lost
        self._at += len(token)

    def _space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _blank(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in " \t":
            self._at += 1
