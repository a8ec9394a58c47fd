"""A watch as people write it, in a form or on the command line, and in a sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any, TypeVar

from crawler.durations import format_duration, parse_duration
from pipelines.alerts import CHANGES, Event, Watch, checked
from pipelines.changes import ChangeKind
from pipelines.errors import UsageError

Word = TypeVar("Word", Event, ChangeKind)

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def read_watch(
    name: str,
    query: str,
    *,
    events: Sequence[str] = (Event.ARTICLE,),
    kinds: Sequence[str] = (),
    channels: Sequence[str] = (),
    digest: str = "",
    quiet: str = "",
    timezone: str = "UTC",
    per_story: bool = True,
    enabled: bool = True,
) -> Watch:
    """The watch that these words mean. Raises UsageError with what is wrong.

    `digest`: "1h" for one every hour, "08:00" for one a day; "" for at once. `quiet`: "22:00-07:00".
    """
    return checked(
        Watch(
            name=name.strip(),
            query=query.strip(),
            events=tuple(_word(Event, word, "event") for word in dict.fromkeys(events)),
            kinds=tuple(_word(ChangeKind, word, "kind of change") for word in dict.fromkeys(kinds))
            or CHANGES,
            channels=tuple(dict.fromkeys(channels)),
            digest=read_digest(digest),
            quiet=read_quiet(quiet),
            timezone=timezone.strip() or "UTC",
            per_story=per_story,
            enabled=enabled,
        )
    )


def read_digest(text: str) -> timedelta | time | None:
    """Raises UsageError."""
    if not text.strip():
        return None
    at = _clock(text)
    if at is not None:
        return at
    try:
        return parse_duration(text.strip())
    except ValueError as error:
        raise UsageError(f"not a digest: {text[:40]!r} (want 1h, 30m or 08:00)") from error


def read_quiet(text: str) -> tuple[time, time] | None:
    """Raises UsageError."""
    if not text.strip():
        return None
    start, _, end = text.replace("–", "-").partition("-")
    pair = _clock(start), _clock(end)
    if pair[0] is None or pair[1] is None:
        raise UsageError(f"not quiet hours: {text[:40]!r} (want 22:00-07:00)")
    return pair[0], pair[1]


def written_digest(digest: timedelta | time | None) -> str:
    if digest is None:
        return ""
    return f"{digest:%H:%M}" if isinstance(digest, time) else format_duration(digest)


def written_quiet(quiet: tuple[time, time] | None) -> str:
    return f"{quiet[0]:%H:%M}-{quiet[1]:%H:%M}" if quiet else ""


def watch_record(watch: Watch) -> dict[str, Any]:
    """A watch as JSON has it: the words that `read_watch` takes."""
    return {
        "name": watch.name,
        "query": watch.query,
        "events": [event.value for event in watch.events],
        "kinds": [kind.value for kind in watch.kinds],
        "channels": list(watch.channels),
        "digest": written_digest(watch.digest),
        "quiet": written_quiet(watch.quiet),
        "timezone": watch.timezone,
        "per_story": watch.per_story,
        "enabled": watch.enabled,
    }


def told(watch: Watch) -> str:
    """When it tells what: "articles, once a story; at once, but 22:00-07:00 (Europe/Berlin)"."""
    words = {Event.ARTICLE: "articles", Event.CHANGE: "changes", Event.HEALTH: "health"}
    what = ", ".join(words[event] for event in watch.events)
    if Event.ARTICLE in watch.events and watch.per_story:
        what += ", once a story"
    if watch.digest is None:
        how = "at once"
    elif isinstance(watch.digest, time):
        how = f"daily at {watch.digest:%H:%M}"
    else:
        how = f"every {format_duration(watch.digest)}"
    if watch.quiet:
        how += f", but {written_quiet(watch.quiet)}"
    zoned = watch.quiet or watch.digest is not None
    return f"{what}; {how}" + (f" ({watch.timezone})" if zoned else "")


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text.strip())
    return time(int(found[1]), int(found[2])) if found else None


def _word(words: type[Word], text: str, name: str) -> Word:
    try:
        return words(text.strip().lower())
    except ValueError as error:
        raise UsageError(f"no such {name}: '{text[:40]}' (want {', '.join(words)})") from error
