"""Watches: what a person wants to be told, and when it is to be delivered. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pipelines import query as language
from pipelines.changes import ChangeKind
from pipelines.errors import UsageError
from pipelines.query import And, Near, Node, Not, Term, terms_of, unquoted


class Event(StrEnum):
    """What a watch tells of."""

    ARTICLE = "article"
    CHANGE = "change"
    HEALTH = "health"


# What is told of an article that changed, unless the watch says otherwise.
CHANGES = (ChangeKind.WITHDRAWN, ChangeKind.RESTORED, ChangeKind.HEADLINE, ChangeKind.CORRECTION)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A saved query, and what becomes of what it finds.

    `events` it tells of; of articles that change, only these `kinds`. With `channels` empty, what it finds
    stands in its list only. `digest`: everything is told together, each so long (counted from midnight) or at
    this time of the day; None: at once. Nothing is delivered within `quiet` (from, to), and no digest.
    Times of the day are those of `timezone`. `per_story`: one alert for all copies of a story.
    """

    name: str
    query: str = ""
    events: tuple[Event, ...] = (Event.ARTICLE,)
    kinds: tuple[ChangeKind, ...] = CHANGES
    channels: tuple[str, ...] = ()
    digest: timedelta | time | None = None
    quiet: tuple[time, time] | None = None
    timezone: str = "UTC"
    per_story: bool = True
    enabled: bool = True


def checked(watch: Watch) -> Watch:
    """The watch, if it makes sense. Raises UsageError; whether there are such channels is not known here."""
    _check_name(watch.name)
    if not watch.events:
        raise UsageError(f"watch {watch.name}: no events (want {', '.join(Event)})")
    root = language.parse(watch.query).root
    if root is None and set(watch.events) != {Event.HEALTH}:
        raise UsageError(f"watch {watch.name}: no query (source:NAME is all of a source)")
    if root is not None and not any(char.isalnum() for term in terms_of(root) for char in term.text):
        raise UsageError(f"watch {watch.name}: nothing can be found by {watch.query!r}")
    if Event.CHANGE in watch.events and not watch.kinds:
        raise UsageError(f"watch {watch.name}: no kinds of changes (want {', '.join(ChangeKind)})")
    _zone(watch)
    if isinstance(watch.digest, timedelta) and not SHORTEST <= watch.digest <= LONGEST:
        raise UsageError(f"watch {watch.name}: a digest comes once a minute at the most, once a day at least")
    if watch.quiet is not None and watch.quiet[0] == watch.quiet[1]:
        raise UsageError(f"watch {watch.name}: quiet hours that begin when they end")
    return watch


def due_at(watch: Watch, at: datetime) -> datetime:
    """When an alert that arises at this time is to be delivered, in UTC: at once, with the next digest, after
    the quiet hours. A time that the clock skips is taken an hour later, the first of one that comes twice."""
    zone = _zone(watch)
    due = at.astimezone(UTC)
    if isinstance(watch.digest, time):
        due = next(moment for moment in _moments(due, watch.digest, zone) if moment >= due)
    elif watch.digest is not None:
        due = _next_step(due, watch.digest, zone)
    if watch.quiet is not None and _is_quiet(due.astimezone(zone).time(), *watch.quiet):
        due = next(moment for moment in _moments(due, watch.quiet[1], zone) if moment > due)
    return due


def speaks_of(watch: Watch, source: str) -> bool:
    """Whether the health of a source is this watch's matter: only what its query says of sources counts."""
    root = _sources_only(language.parse(watch.query).root)
    return root is None or _is_true(root, _value(source))


def _check_name(name: str) -> None:
    if not name or len(name) > 100 or not name.isprintable() or name != name.strip():
        raise UsageError(f"not a name of a watch: {name[:60]!r} (use 1 to 100 printable characters)")
    if name.startswith(("-", ".")) or "/" in name:
        raise UsageError(f"not a name of a watch: {name!r} (it would be taken for an option or a path)")


def _zone(watch: Watch) -> ZoneInfo:
    try:
        return ZoneInfo(watch.timezone)
    except (KeyError, OSError, ValueError) as error:
        raise UsageError(
            f"watch {watch.name}: no time zone {watch.timezone!r} (want one like Europe/Berlin)"
        ) from error


def _is_quiet(now: time, start: time, end: time) -> bool:
    return start <= now < end if start < end else now >= start or now < end


def _moments(after: datetime, at: time, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clocks of the zone show this time, from the day before on: twice where they are set back."""
    for days in range(-1, 4):
        day = after.astimezone(zone).date() + timedelta(days=days)
        first, second = (_moment(day, at.replace(fold=fold), zone) for fold in (0, 1))
        yield first
        if second > first:
            yield second


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _next_step(at: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    """The next of the times that lie so far apart from midnight on; a day has a step less or more where the
    clocks are set."""
    day = at.astimezone(zone).date()
    begun, over = (_moment(day + timedelta(days=days), time(), zone) for days in (0, 1))
    if begun > at:
        # Midnight came twice, or not at all.
        return begun
    return min(begun + -(-(at - begun) // step) * step, over)


def _sources_only(node: Node | None) -> Node | None:
    if isinstance(node, Term):
        return node if node.field == "source" else None
    if isinstance(node, Not):
        inner = _sources_only(node.node)
        return None if inner is None else Not(inner)
    if node is None or isinstance(node, Near):
        return None
    found = [part for one in node.nodes if (part := _sources_only(one)) is not None]
    return type(node)(tuple(found)) if found else None


def _is_true(node: Node, source: str) -> bool:
    if isinstance(node, Term):
        wanted = _value(node.text)
        return source.startswith(wanted) if node.prefix else source == wanted
    if isinstance(node, Not):
        return not _is_true(node.node, source)
    assert not isinstance(node, Near)
    return (all if isinstance(node, And) else any)(_is_true(part, source) for part in node.nodes)


def _value(text: str) -> str:
    """As the search index takes a value that is matched as a whole."""
    return " ".join(unquoted(text).split()).casefold()
