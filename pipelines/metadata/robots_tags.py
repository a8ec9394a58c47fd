"""What a page asks of robots: the X-Robots-Tag header, and meta elements named robots or as our agent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from dateutil import parser as dates

from pipelines.metadata.markup import Metas

# Those that can be obeyed by setting; "none" and a passed unavailable_after mean noindex too.
TAGS = ("noindex", "noarchive")

_AGENT = re.compile(r"\s*([\w*.+-]+)\s*:")
# These have a colon of their own, and are no agents.
_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_UNAVAILABLE = re.compile(r"\bunavailable_after\s*:\s*(.+?)\s*$", re.IGNORECASE)


def refusal(
    headers: Mapping[str, str], metas: Metas, *, agent: str, obey: Collection[str], now: datetime
) -> str | None:
    """Why the page is not to be kept, if it says a tag that is obeyed: `noindex by X-Robots-Tag`."""
    for where, tags in (
        ("X-Robots-Tag", _in_header(headers.get("x-robots-tag", ""), agent, now)),
        ("a meta element", _in_metas(metas, agent, now)),
    ):
        found = [tag for tag in TAGS if tag in tags and tag in obey]
        if found:
            return f"{' and '.join(found)} by {where}"
    return None


def _in_header(value: str, agent: str, now: datetime) -> set[str]:
    """Each line's tags; a line that begins with an agent's name is for that agent alone."""
    tags: set[str] = set()
    for line in value.split("\n"):
        named = _AGENT.match(line)
        if named and named[1].lower() not in _VALUED:
            if named[1].lower() not in (agent.lower(), "*"):
                continue
            line = line[named.end() :]
        tags |= _tags(line, now)
    return tags


def _in_metas(metas: Metas, agent: str, now: datetime) -> set[str]:
    contents: Iterable[str] = (*metas.get("robots", ()), *metas.get(agent.lower(), ()))
    return set().union(*(_tags(content, now) for content in contents))


def _tags(text: str, now: datetime) -> set[str]:
    return set(_meant(text, now))


def _meant(text: str, now: datetime) -> Iterator[str]:
    dated = _UNAVAILABLE.search(text)
    if dated is not None:
        text = text[: dated.start()]
        if _passed(dated[1], now):
            yield "noindex"
    for word in re.split(r"[,;\s]+", text.lower()):
        yield "noindex" if word == "none" else word


def _passed(text: str, now: datetime) -> bool:
    """Whether this date is over; one that nobody can read is not."""
    try:
        when = dates.parse(text.strip(" ,;"))
    except (ValueError, ArithmeticError):
        return False
    return bool(when.replace(tzinfo=when.tzinfo or UTC) < now)
