"""Source: one monitored site; and its block in wirewatch.toml, written without touching the rest."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import tomlkit
from tomlkit.items import AoT, Table

from pipelines.errors import UsageError
from pipelines.items import Kind, Link
from pipelines.urls import canonical, host_of, site_of

if TYPE_CHECKING:
    from crawler.config import DefaultsSection

HEAD = """\
# Wirewatch: what is watched. All keys are explained in docs/configuration.md.

"""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One monitored site. Addresses are canonical; `delay` is in seconds.

    `discover`: sections and further pages found on its listings are followed too. `configured` is False
    for a site that was only named on the command line.
    """

    name: str
    url: str
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    language: str | None = None
    tags: tuple[str, ...] = ()
    min_interval: timedelta = timedelta(minutes=15)
    max_interval: timedelta = timedelta(days=1)
    delay: float = 1.0
    enabled: bool = True
    discover: bool = True
    configured: bool = True

    @classmethod
    def unconfigured(cls, url: str, *, defaults: DefaultsSection) -> Self:
        """The source of an address typed by hand: named by its authority."""
        address = canonical(url)
        if address is None:
            raise UsageError(f"'{url}' is no http(s) address")
        return cls(
            name=host_of(address),
            url=address,
            min_interval=defaults.min_interval,
            max_interval=defaults.max_interval,
            delay=defaults.delay,
            configured=False,
        )

    def roots(self) -> tuple[Link, ...]:
        """The source's own feeds, sitemaps and listings; none means: to be found by a survey."""
        kinds = ((Kind.FEED, self.feeds), (Kind.SITEMAP, self.sitemaps), (Kind.LISTING, self.listings))
        return tuple(Link(url=url, kind=kind) for kind, urls in kinds for url in urls)

    def wants(self, url: str) -> bool:
        """Whether an article's address passes the source's patterns."""
        if any(pattern.search(url) for pattern in self._exclude):
            return False
        return not self._include or any(pattern.search(url) for pattern in self._include)

    @cached_property
    def _include(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.include)

    @cached_property
    def _exclude(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.exclude)


def name_for(url: str, taken: Collection[str]) -> str:
    """A short name from the host: www.tagesblatt.example -> tagesblatt; numbered when it is taken."""
    host = host_of(url)
    site = site_of(host)
    name = (
        site.split(".")[0] if "." in site and not site.replace(".", "").replace(":", "").isdigit() else host
    )
    base = re.sub(r"[^\w.-]+", "-", name).strip("-") or "source"
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}-{number}", number + 1
    return candidate


def _table(source: Source) -> Table:
    table = tomlkit.table()
    table.add("name", source.name)
    table.add("url", source.url)
    for key in ("feeds", "sitemaps", "listings", "include", "exclude", "tags"):
        if values := getattr(source, key):
            array = tomlkit.array()
            array.extend(values)
            table.add(key, array.multiline(multiline=len(values) > 1))
    if source.language:
        table.add("language", source.language)
    if not source.enabled:
        table.add("enabled", False)
    return table


def block(source: Source) -> str:
    """The [[sources]] block to paste."""
    return "[[sources]]\n" + tomlkit.dumps(_table(source))


def add_block(text: str, source: Source) -> str:
    """The text with the source's block at its end; what was there stays to the byte."""
    if not text.strip():
        return (text or HEAD) + block(source)
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = newline if text.endswith(newline) else 2 * newline
    return text + gap + block(source).replace("\n", newline)


def remove_block(text: str, name: str) -> str:
    """The text without the block of that name. Raises KeyError when it is not there."""
    document = tomlkit.parse(text)
    sources = document.get("sources")
    if not isinstance(sources, AoT):
        raise KeyError(name)
    for place, table in enumerate(sources):
        if table.get("name") == name:
            del sources[place]
            if not len(sources):
                del document["sources"]
            return tomlkit.dumps(document)
    raise KeyError(name)


def edit_file(path: Path, edit: Callable[[str], str], *, check: Callable[[str], object]) -> None:
    """Replace a file by its edited text, whole or not at all; `check` raises when the result is no good."""
    old = path.read_bytes().decode("utf-8") if path.exists() else ""
    new = edit(old)
    check(new)
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(new.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    temporary = Path(name)
    temporary.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
    temporary.replace(target)
