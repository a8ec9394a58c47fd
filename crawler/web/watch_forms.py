"""The form of a watch: what was typed into it, and the form of one that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from starlette.datastructures import FormData

from crawler.watch_words import read_watch, written_digest, written_quiet
from crawler.web.forms import word
from pipelines.alerts import Event, Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The fields as they stand in the form, right or wrong."""

    name: str = ""
    query: str = ""
    events: tuple[str, ...] = (Event.ARTICLE.value,)
    channels: tuple[str, ...] = ()
    digest: str = ""
    quiet: str = ""
    timezone: str = "UTC"
    per_story: bool = True
    enabled: bool = True

    @classmethod
    def of(cls, form: FormData) -> Self:
        return cls(
            name=word(form, "name"),
            query=word(form, "query"),
            events=tuple(map(str, form.getlist("events"))),
            channels=tuple(map(str, form.getlist("channels"))),
            digest=word(form, "digest"),
            quiet=word(form, "quiet"),
            timezone=word(form, "timezone") or "UTC",
            per_story=word(form, "per_story") != "",
            enabled=word(form, "enabled") != "",
        )

    @classmethod
    def of_watch(cls, watch: Watch) -> Self:
        return cls(
            name=watch.name,
            query=watch.query,
            events=tuple(event.value for event in watch.events),
            channels=watch.channels,
            digest=written_digest(watch.digest),
            quiet=written_quiet(watch.quiet),
            timezone=watch.timezone,
            per_story=watch.per_story,
            enabled=watch.enabled,
        )

    def watch(self, *, before: Watch | None = None) -> Watch:
        """The watch that was meant; the name and kinds of change of `before` stay. Raises UsageError."""
        return read_watch(
            before.name if before else self.name,
            self.query,
            events=self.events,
            kinds=before.kinds if before else (),
            channels=self.channels,
            digest=self.digest,
            quiet=self.quiet,
            timezone=self.timezone,
            per_story=self.per_story,
            enabled=self.enabled,
        )
