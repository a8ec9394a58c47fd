"""Where in a TOML text a key stands: parsers give values without lines, people need lines."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line, from 1, of the key at `location` (a path of keys and list places, as pydantic gives it).

    Falls back to the nearest thing that is there: the block's header, then the first line.
    """
    best, depth = 1, 0
    for line, path in _keys(text):
        shared = _shared(path, location)
        if shared > depth:
            best, depth = line, shared
    return best


def _shared(path: tuple[int | str, ...], location: tuple[int | str, ...]) -> int:
    """How many leading parts of `path` are those of `location`; 0 if it leads elsewhere."""
    if len(path) > len(location):
        return 0
    return len(path) if path == location[: len(path)] else 0


def _keys(text: str) -> list[tuple[int, tuple[int | str, ...]]]:
    found: list[tuple[int, tuple[int | str, ...]]] = []
    table: tuple[int | str, ...] = ()
    counts: dict[str, int] = {}
    quote: str | None = None
    depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if quote is None and depth == 0:
            header, key = _HEADER.match(line), _KEY.match(line)
            if header:
                table = _table(header, counts)
                found.append((number, table))
                continue
            if key:
                found.append((number, (*table, *_parts(key[1]))))
                found.extend((number, (*table, *_parts(key[1]), inner)) for inner in _inline(line))
        quote, depth = _state(line, quote, depth)
    return found


def _table(header: re.Match[str], counts: dict[str, int]) -> tuple[int | str, ...]:
    parts = _parts(header[2])
    if header[1] == "[":
        return parts
    name = ".".join(parts)
    counts[name] = counts.get(name, -1) + 1
    return (*parts, counts[name])


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in key.split("."))


def _inline(line: str) -> list[str]:
    """The keys of an inline table on this line."""
    value = line.partition("=")[2]
    return re.findall(r"[{,]\s*([\w-]+)\s*=", value) if "{" in value else []


def _state(line: str, quote: str | None, depth: int) -> tuple[str | None, int]:
    """Whether a multi-line string or array goes on after this line."""
    place = 0
    while place < len(line):
        if quote is not None:
            end = line.find(quote, place)
            if end < 0:
                return (quote, depth) if len(quote) == 3 else (None, depth)
            place, quote = end + len(quote), None
            continue
        if line[place] == "#":
            break
        if line[place] in "\"'":
            quote = line[place] * 3 if line.startswith(line[place] * 3, place) else line[place]
            place += len(quote)
            continue
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(line[place], 0)
        place += 1
    return (quote if quote and len(quote) == 3 else None), max(0, depth)
