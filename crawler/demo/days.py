"""Days of news on the sample sites: what stands on each at any moment of the last three days. Pure.

Eight outlets, the six of the plain sample site and two whose stories partly are those of others. Stories come
at their times, are edited and withdrawn, and a site is out of order for some hours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from crawler.demo.content import (
    Outlet,
    Story,
    blocks_of,
    like,
    newest_first,
    read_folder,
    read_outlets,
    story_of,
)

MOST_DAYS = 3
# What each outlet begins with: its oldest stories, moved back; the others fill the days.
_OPENING, _MOVED_BACK = 3, timedelta(hours=48)
_SPAN = timedelta(hours=70)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a publisher does to a story at one moment."""

    slug: str
    at: datetime
    title: str | None = None
    replace: tuple[tuple[str, str], ...] = ()
    add: str | None = None
    withdrawn: bool = False

    def applied(self, story: Story) -> Story:
        blocks = [(kind, self._edited(text)) for kind, text in story.blocks]
        blocks += blocks_of(self.add) if self.add else ()
        return replace(story, title=self.title or story.title, blocks=tuple(blocks), modified_at=self.at)

    def _edited(self, text: str) -> str:
        for old, new in self.replace:
            text = text.replace(old, new)
        return text


@dataclass(frozen=True, kw_only=True)
class Course:
    """One outlet in the course of time. `whole` has all its stories; `outages` are from and to."""

    whole: Outlet
    edits: tuple[Edit, ...]
    outages: tuple[tuple[datetime, datetime], ...]
    _states: dict[int, Outlet] = field(default_factory=dict, repr=False)

    @property
    def moments(self) -> list[datetime]:
        """When something changes on the site, earliest first."""
        stories = [story.published_at for story in self.whole.stories]
        return sorted({*stories, *(edit.at for edit in self.edits)})

    def at(self, now: datetime) -> Outlet | None:
        """The outlet as it is then, the same object while nothing changes; None while it is out of order."""
        if any(since <= now < until for since, until in self.outages):
            return None
        number = bisect_right(self.moments, now)
        if number not in self._states:
            self._states[number] = self._state(now)
        return self._states[number]

    def _state(self, now: datetime) -> Outlet:
        past = [edit for edit in self.edits if edit.at <= now]
        taken = {edit.slug for edit in past if edit.withdrawn}
        stories = [self._edited(story, past) for story in self.whole.stories if story.published_at <= now]
        return replace(
            self.whole,
            stories=tuple(story for story in stories if story.slug not in taken),
            withdrawn=tuple(story for story in stories if story.slug in taken),
        )

    @staticmethod
    def _edited(story: Story, edits: Iterable[Edit]) -> Story:
        for edit in edits:
            story = edit.applied(story) if edit.slug == story.slug else story
        return story


def read_days(now: datetime) -> dict[str, Course]:
    """The courses of all outlets up to `now`, by key."""
    later = read_folder("later")
    events = later.pop("events")
    outlets = {outlet.key: _spread(outlet, now) for outlet in read_outlets(now)}
    outlets |= {key: like(key, data, outlets[data["like"]], now) for key, data in later.items()}
    return {
        key: _course(_with_wires(outlet, events["wires"], now), events, now)
        for key, outlet in outlets.items()
    }


def _spread(outlet: Outlet, now: datetime) -> Outlet:
    """The outlet's stories dated anew, so that they fill the days."""
    fresh, opening = outlet.stories[:-_OPENING], outlet.stories[-_OPENING:]
    factor = _SPAN / (now - fresh[-1].published_at)
    dated = [
        replace(story, published_at=(now - factor * (now - story.published_at)).replace(microsecond=0))
        for story in fresh
    ]
    old = [replace(story, published_at=story.published_at - _MOVED_BACK) for story in opening]
    return replace(outlet, stories=newest_first([*dated, *old]))


def _with_wires(outlet: Outlet, wires: Iterable[Mapping[str, Any]], now: datetime) -> Outlet:
    return replace(outlet, stories=newest_first([*outlet.stories, *_carried(outlet.key, wires, now)]))


def _carried(key: str, wires: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[Story]:
    for place, wire in enumerate(wires, 1):
        for own in wire["carried"]:
            if own["outlet"] == key:
                text = f"{wire['text']}\n\n{own.get('extra', '')}"
                yield story_of({**wire, **own, "text": text}, 200_000 + 7 * place, now)


def _course(outlet: Outlet, events: Mapping[str, Any], now: datetime) -> Course:
    published = {story.slug: story.published_at for story in outlet.stories}
    edits = [
        _edit(entry, published[entry["slug"]]) for entry in events["edits"] if entry["outlet"] == outlet.key
    ]
    outages = [
        (now - timedelta(hours=entry["hours_ago"][0]), _end(entry["hours_ago"][1], now))
        for entry in events["outages"]
        if entry["outlet"] == outlet.key
    ]
    return Course(whole=outlet, edits=tuple(sorted(edits, key=lambda edit: edit.at)), outages=tuple(outages))


def _edit(entry: Mapping[str, Any], published: datetime) -> Edit:
    return Edit(
        slug=entry["slug"],
        at=published + timedelta(hours=entry["hours_later"]),
        title=entry.get("title"),
        replace=tuple((old, new) for old, new in entry.get("replace", ())),
        add=entry.get("add"),
        withdrawn=entry.get("withdrawn", False),
    )


def _end(hours_ago: float, now: datetime) -> datetime:
    # What lasts until now goes on for as long as anybody looks.
    return now - timedelta(hours=hours_ago) if hours_ago else datetime.max.replace(tzinfo=now.tzinfo)
