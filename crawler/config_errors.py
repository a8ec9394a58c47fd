"""What is wrong with a wirewatch.toml, in one line that names file, line and the nearest valid key. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from pydantic_core import ErrorDetails

from crawler.toml_lines import Path, Places, places
from pipelines.errors import ConfigError

# The keys that each section knows; "" is the top of the file.
KnownKeys = Mapping[str, Sequence[str]]

_WANTED = {
    "string_type": "a string",
    "tuple_type": "a list",
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "model_type": "a table",
    "finite_number": "a finite number",
}
_LIMITS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "string_too_short": ("min_length", "at least as many characters as"),
    "string_too_long": ("max_length", "at most as many characters as"),
}
# Sections that are there several times.
_BLOCKS = ("sources", "channels")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_LINE = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the path of the key it is about, and what a person is told."""

    path: Path
    message: str


def one_line(text: str) -> str:
    """The text as one line that cannot steer a terminal."""
    line = _UNPRINTABLE.sub(" ", text)
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 4] + " ..."


def config_error(problems: Iterable[Problem], *, text: str, name: str) -> ConfigError:
    """The error for at least one problem: the one that comes first in the file, and how many more."""
    found = places(text)
    ordered = sorted(problems, key=lambda problem: found.line(problem.path))
    first = ordered[0]
    more = f" (and {len(ordered) - 1} more)" if len(ordered) > 1 else ""
    return ConfigError(f"{one_line(name)}:{found.line(first.path)}: {one_line(first.message)}{more}")


def doubles(
    data: Mapping[str, Any], key: str, values: Mapping[int, str], *, text: str, table: str = "sources"
) -> list[Problem]:
    """A problem for each block whose name or url (block number -> value) an earlier one has too."""
    problems = []
    first: dict[str, int] = {}
    # Only where there is one to name: reading the lines costs more than reading the file.
    found = places(text) if len(set(values.values())) < len(values) else Places({})
    for number, value in values.items():
        path: Path = (table, number, key)
        if value in first:
            line = found.line((table, first[value], key))
            message = f"'{key}'{where(path, data)}: '{value}' is there already, on line {line}"
            problems.append(Problem(path, message))
        first.setdefault(value, number)
    return problems


def explain(error: ErrorDetails, data: Mapping[str, Any], known: KnownKeys) -> Problem:
    """What pydantic found, in our words."""
    path: Path = error["loc"]
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    place = where(path, data)
    if error["type"] == "extra_forbidden":
        return Problem(path, f"unknown key '{key}'{place}{_hint(path, known)}")
    if error["type"] == "missing":
        return Problem(path, f"'{key}' is missing{place}")
    return Problem(path, f"'{key}'{place} {_demand(error)}")


def _demand(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _WANTED:
        in_list = isinstance(error["loc"][-1], int) and kind == "string_type"
        wanted = "a list of strings" if in_list else _WANTED[kind]
        return f"must be {wanted}, not {_kind_of(error['input'])}"
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        limit = context[name]
        return f"must be {words} {limit:g}" if isinstance(limit, float) else f"must be {words} {limit}"
    cause = context.get("error")
    return f"is {cause}" if isinstance(cause, ValueError) else f"is wrong: {error['msg']}"


def _kind_of(value: object) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "a string"),
        (list, "a list"),
        (dict, "a table"),
        ((date, time), "a date or time"),
    )
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return next((name for kind, name in kinds if isinstance(value, kind)), type(value).__name__)


def where(path: Sequence[str | int], data: Mapping[str, Any]) -> str:
    """Where a key stands: ` in [network]`, ` in [[sources]] "tagesblatt"`; nothing at the top of the file."""
    if len(path) < 2:
        return ""
    table = path[0]
    if table not in _BLOCKS:
        return f" in [{table}]"
    try:
        name = data[str(table)][path[1]]["name"]
    except (KeyError, TypeError, IndexError):
        name = None
    if isinstance(name, str):
        return f' in [[{table}]] "{name}"'
    return f" in [[{table}]] number {path[1] + 1}" if isinstance(path[1], int) else f" in [[{table}]]"


def _hint(path: Path, known: KnownKeys) -> str:
    """The nearest key of the same section; else the section that has this very key; else what there is."""
    key = str(path[-1])
    section = str(path[0]) if len(path) > 1 else ""
    here = known.get(section, ())
    near = difflib.get_close_matches(key.lower(), here, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    elsewhere = [name for name, keys in known.items() if name and name != section and key in keys]
    if elsewhere:
        shown = [f"[[{name}]]" if name in _BLOCKS else f"[{name}]" for name in elsewhere]
        return f"; it belongs in {' or '.join(shown)}"
    return f"; known are {', '.join(here)}"
