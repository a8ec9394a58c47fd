"""What the sample outlets say, from outlets/*.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article. `blocks` are (kind, text): "p", "head", "quote" or "item"; `number` is its id."""

    slug: str
    number: int
    title: str
    authors: tuple[str, ...]
    section: str
    tags: tuple[str, ...]
    description: str
    published_at: datetime
    blocks: tuple[tuple[str, str], ...]
    paywalled: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """The text of every block."""
        return tuple(text for _, text in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One outlet. `furniture` is what its pages put around an article, by kind: a line or several."""

    key: str
    name: str
    language: str
    tagline: str
    sections: Mapping[str, str]
    furniture: Mapping[str, Any]
    stories: tuple[Story, ...]

    def line(self, kind: str) -> str:
        """A piece of furniture that is a single line."""
        return str(self.furniture[kind])

    def lines(self, kind: str) -> tuple[str, ...]:
        """A piece of furniture of several lines."""
        return tuple(self.furniture[kind])

    @property
    def leftovers(self) -> frozenset[str]:
        """Every line that stands around articles and belongs to none."""
        lines = {self.tagline, *self.sections.values()}
        for value in self.furniture.values():
            lines |= {value} if isinstance(value, str) else set(value)
        bios = {f"{name} {self.line('bio')}" for story in self.stories for name in story.authors}
        return frozenset(lines | bios)


def read_outlets(now: datetime) -> tuple[Outlet, ...]:
    """All outlets, their stories dated back from `now`, newest first."""
    folder = files("crawler.demo") / "outlets"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(
        _outlet(name.removesuffix(".toml"), tomllib.loads((folder / name).read_text(encoding="utf-8")), now)
        for name in names
    )


def _outlet(key: str, data: Mapping[str, Any], now: datetime) -> Outlet:
    stories = [_story(entry, 100_000 + 7 * place, now) for place, entry in enumerate(data["articles"], 1)]
    return Outlet(
        key=key,
        name=data["name"],
        language=data["language"],
        tagline=data["tagline"],
        sections=data["sections"],
        furniture=data["furniture"],
        stories=tuple(sorted(stories, key=lambda story: story.published_at, reverse=True)),
    )


def _story(entry: Mapping[str, Any], number: int, now: datetime) -> Story:
    return Story(
        slug=entry["slug"],
        number=number,
        title=entry["title"],
        authors=tuple(entry["authors"]),
        section=entry["section"],
        tags=tuple(entry["tags"]),
        description=entry["description"],
        published_at=(now - timedelta(hours=entry["hours_ago"])).replace(microsecond=0),
        blocks=tuple(block for part in re.split(r"\n{2,}", entry["text"].strip()) for block in _blocks(part)),
        paywalled=entry.get("paywalled", False),
    )


def _blocks(part: str) -> list[tuple[str, str]]:
    if part.startswith("- "):
        return [("item", line.removeprefix("- ").strip()) for line in part.splitlines()]
    for mark, kind in (("## ", "head"), ("> ", "quote")):
        if part.startswith(mark):
            return [(kind, part.removeprefix(mark).strip())]
    return [("p", part.strip())]
