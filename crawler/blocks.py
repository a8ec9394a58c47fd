"""The [[sources]] blocks of a wirewatch.toml, added and removed without touching the rest of the file."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array

from crawler.sources import Source, block, plain
from crawler.toml_lines import places
from pipelines.errors import ConfigError

HEAD = """\
# Wirewatch: what is watched. All keys are explained in docs/configuration.md.
"""
_BOM = "\ufeff"


def add_block(text: str, source: Source) -> str:
    """The text with the source's block at its end; what was there stays to the byte."""
    return add_blocks(text, [source])


def add_blocks(text: str, sources: Iterable[Source]) -> str:
    """As add_block, for many. Raises ConfigError where the text cannot take them."""
    added = list(sources)
    before = _data(text)
    if isinstance(before.get("sources"), list) and not _has_blocks(text):
        result = _with_inline(text, added)
    else:
        result = _with_blocks(text or HEAD, added)
    _expect(result, before, [*before.get("sources", []), *(plain(source) for source in added)])
    return result


def _with_blocks(text: str, sources: list[Source]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    parts = [block(source).replace("\n", newline) for source in sources]
    start = text if not text or text.endswith("\n") else text + newline
    return newline.join([start, *parts] if start.strip(_BOM) else parts)


def _with_inline(text: str, sources: list[Source]) -> str:
    """For `sources = [{...}, {...}]`, which no [[sources]] may follow."""
    document = tomlkit.parse(text)
    array = document["sources"]
    assert isinstance(array, Array)
    for source in sources:
        table = tomlkit.inline_table()
        table.update(plain(source))
        array.append(table)
    return tomlkit.dumps(document)


def remove_block(text: str, name: str) -> str:
    """The text without the block of that name, comments around it kept. Raises KeyError without one.

    A block goes from its header to its last value; a comment above the header may be about more than
    one source, so it stays.
    """
    before = _data(text)
    kept: list[Any] = list(before.get("sources", []))
    number = next((place for place, entry in enumerate(kept) if _is_named(entry, name)), None)
    if number is None:
        raise KeyError(name)
    del kept[number]
    result = _without_lines(text, number) if _has_blocks(text) else _without_inline(text, number)
    _expect(result, before, kept)
    return result


def set_enabled(text: str, name: str, *, enabled: bool) -> str:
    """The text with the source of that name switched on or off. Raises KeyError without one.

    Switched on is what it is without a word: the key goes.
    """
    before = _data(text)
    entries: list[Any] = list(before.get("sources", []))
    number = next((place for place, entry in enumerate(entries) if _is_named(entry, name)), None)
    if number is None:
        raise KeyError(name)
    document = tomlkit.parse(text)
    block: Any = document["sources"][number]
    wanted = dict(entries[number])
    if enabled:
        block.pop("enabled", None)
        wanted.pop("enabled", None)
    else:
        block["enabled"] = wanted["enabled"] = False
    result = tomlkit.dumps(document)
    entries[number] = wanted
    _expect(result, before, entries)
    return result


def _without_lines(text: str, number: int) -> str:
    span = places(text).span(("sources", number))
    assert span is not None
    # Not splitlines: it also parts at characters that are no line end in TOML.
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    head, tail = lines[: span.first - 1], lines[span.last :]
    # The blank lines that set the block off go with it: those before it where it was the last one, else
    # those after it, as long as something still parts its neighbours.
    if not "".join(tail).strip():
        while head and not head[-1].strip():
            head.pop()
    elif not head or not head[-1].strip():
        while tail and not tail[0].strip():
            tail.pop(0)
    return "".join(head + tail)


def _without_inline(text: str, number: int) -> str:
    document = tomlkit.parse(text)
    array = document["sources"]
    assert isinstance(array, Array)
    array.pop(number)
    return tomlkit.dumps(document)


def _has_blocks(text: str) -> bool:
    """Whether the sources are [[sources]] blocks (or none) and not one array of inline tables."""
    span, first = places(text).span(("sources",)), places(text).span(("sources", 0))
    if span is None or first is None:
        return False
    return text.split("\n")[first.first - 1].lstrip(f" \t{_BOM}").startswith("[[")


def _is_named(entry: object, name: str) -> bool:
    return isinstance(entry, dict) and entry.get("name") == name


def _data(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix(_BOM))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"not TOML: {error}") from error


def _expect(text: str, before: dict[str, Any], sources: list[Any]) -> None:
    """Refuse an edit that changes anything else: better no edit than a spoilt file."""
    after = _data(text)
    others = {key: value for key, value in before.items() if key != "sources"}
    if {key: value for key, value in after.items() if key != "sources"} != others or (
        after.get("sources", []) != sources
    ):
        raise ConfigError("the [[sources]] are written in a way that cannot be edited here: edit the file")


# --- the file -------------------------------------------------------------------------------------------


def edit_file(path: Path, edit: Callable[[str], str], *, check: Callable[[str], object]) -> None:
    """Replace a file by its edited text, whole or not at all; `check` raises when the result is no good.

    A missing file counts as empty. Its mode and owner stay, a byte order mark and line ends too, and a
    symbolic link stays one. Two edits at once come one after the other. Raises ConfigError.
    """
    target = path.resolve()
    try:
        with _alone(target.parent):
            old = target.read_bytes().decode("utf-8") if target.exists() else ""
            mark = _BOM if old.startswith(_BOM) else ""
            new = edit(old.removeprefix(_BOM))
            check(new)
            if mark + new != old:
                _replace(target, (mark + new).encode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: it leaves no file behind and ends with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            about = target.stat()
            temporary.chmod(about.st_mode & 0o7777)
            if (about.st_uid, about.st_gid) != (os.getuid(), os.getgid()):
                os.chown(temporary, about.st_uid, about.st_gid)
        else:
            temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
