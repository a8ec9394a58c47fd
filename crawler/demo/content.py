"""What the sample outlets say, from outlets/*.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
    modified_at: datetime | None = None

    @property
    def changed_at(self) -> datetime:
        return self.modified_at or self.published_at

    @property
    def lines(self) -> tuple[str, ...]:
        """The text of every block."""
        return tuple(text for _, text in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One outlet. `furniture` is what its pages put around an article, by kind: a line or several.

    `design` is the key of the design it uses. `withdrawn` are stories that it took away again.
    """

    key: str
    design: str
    name: str
    language: str
    tagline: str
    sections: Mapping[str, str]
    furniture: Mapping[str, Any]
    stories: tuple[Story, ...]
    withdrawn: tuple[Story, ...] = ()

    @property
    def changed_at(self) -> datetime:
        """When its newest story came, or one was changed last."""
        return max(story.changed_at for story in self.stories)

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
    return tuple(_outlet(key, data, now) for key, data in read_folder("outlets").items())


def read_folder(name: str) -> dict[str, dict[str, Any]]:
    """What a folder of this package says: file name without suffix -> content, in the order of the names."""
    folder = files("crawler.demo") / name
    entries = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {
        entry.removesuffix(".toml"): tomllib.loads((folder / entry).read_text(encoding="utf-8"))
        for entry in entries
    }


def like(key: str, data: Mapping[str, Any], model: Outlet, now: datetime) -> Outlet:
    """An outlet that has the design of another, and its furniture where it names none of its own."""
    furniture = {**model.furniture, **data["furniture"]}
    return replace(_outlet(key, {**data, "furniture": furniture}, now), design=model.design)


def _outlet(key: str, data: Mapping[str, Any], now: datetime) -> Outlet:
    stories = [story_of(entry, 100_000 + 7 * place, now) for place, entry in enumerate(data["articles"], 1)]
    return Outlet(
        key=key,
        design=key,
        name=data["name"],
        language=data["language"],
        tagline=data["tagline"],
        sections=data["sections"],
        furniture=data["furniture"],
        stories=newest_first(stories),
    )


def newest_first(stories: Iterable[Story]) -> tuple[Story, ...]:
    return tuple(sorted(stories, key=lambda story: story.published_at, reverse=True))


def story_of(entry: Mapping[str, Any], number: int, now: datetime) -> Story:
    """The story that an entry of a file describes."""
    return Story(
        slug=entry["slug"],
        number=number,
        title=entry["title"],
        authors=tuple(entry["authors"]),
        section=entry["section"],
        tags=tuple(entry["tags"]),
        description=entry["description"],
        published_at=(now - timedelta(hours=entry["hours_ago"])).replace(microsecond=0),
        blocks=blocks_of(entry["text"]),
        paywalled=entry.get("paywalled", False),
    )


def blocks_of(text: str) -> tuple[tuple[str, str], ...]:
    """A text's blocks as a story has them."""
    return tuple(block for part in re.split(r"\n{2,}", text.strip()) for block in _blocks(part))


def _blocks(part: str) -> list[tuple[str, str]]:
    if part.startswith("- "):
        return [("item", line.removeprefix("- ").strip()) for line in part.splitlines()]
    for mark, kind in (("## ", "head"), ("> ", "quote")):
        if part.startswith(mark):
            return [(kind, part.removeprefix(mark).strip())]
    return [("p", part.strip())]
