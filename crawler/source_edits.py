"""Editing the sources in the config file, for the command line and the desk alike."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.blocks import add_block, edit_file, set_enabled
from crawler.sources import Source
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from crawler.config import Config


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Replace the file by its changed text, if that is a config still. Raises ConfigError."""
    from crawler.config import read_config

    def check(text: str) -> Config:
        return read_config(text, name=str(path), env=os.environ)

    edit_file(path, change, check=check)


def add(path: Path, source: Source, *, configured: Sequence[Source]) -> None:
    """Write the source's block. Raises UsageError when its name or site is there already."""
    refuse_doubles(path, configured, source.url, source.name)
    edit(path, lambda text: add_block(text, source))


def refuse_doubles(path: Path, configured: Sequence[Source], url: str, name: str | None) -> None:
    """Raises UsageError when the site or the name is there already."""
    for source in configured:
        if source.url == url:
            raise UsageError(f"{path}: {url} is there already, as {source.name}")
        if source.name == name:
            raise UsageError(f"{path}: the name {name} is taken, by {source.url}")


def switch(path: Path, name: str, *, enabled: bool) -> None:
    """Let a source be watched or not. Raises UsageError where the file has no such source."""
    try:
        edit(path, lambda text: set_enabled(text, name, enabled=enabled))
    except KeyError as error:
        raise UsageError(f"{path}: there is no source named {name}") from error
