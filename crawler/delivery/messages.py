"""What a message says: as text for people, as JSON for machines. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pipelines.alerts import Event
from pipelines.changes import ChangeKind
from pipelines.items import Article, article_record, iso_utc

if TYPE_CHECKING:
    from pipelines.store import Alert

TYPE = "wirewatch.alerts"
_FIELDS = (
    *("id", "url", "source", "domain", "title", "description", "authors", "published_at", "first_seen_at"),
    *("withdrawn_at", "language", "section", "tags", "agency", "cluster_id", "copy_of", "revision"),
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# What chat services take for a call to everybody.
_CALLS = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#])")
_SAID: Mapping[str, str] = {
    ChangeKind.WITHDRAWN: "taken away by its publisher",
    ChangeKind.RESTORED: "there again",
    ChangeKind.HEADLINE: "headline changed",
    ChangeKind.CORRECTION: "correction",
}
_TITLE, _LINE = 150, 300


def title_of(alerts: Sequence[Alert]) -> str:
    """One line: the watch, and what there is."""
    first = alerts[0]
    if len(alerts) == 1:
        return f"{line(first.watch)}: {_headline(first)}"
    counts = [(event, sum(alert.event is event for alert in alerts)) for event in Event]
    words = {Event.ARTICLE: "article", Event.CHANGE: "change", Event.HEALTH: "source event"}
    said = ", ".join(f"{count} {words[event]}{'s' * (count > 1)}" for event, count in counts if count)
    return f"{line(first.watch)}: {said}"


def text_of(alerts: Sequence[Alert], *, desk: str | None = None) -> str:
    """Plain text for a person: title, source, time, link and a piece of each. `desk`: the desk's address."""
    parts = [_part(alert, desk) for alert in alerts]
    footer = f"Wirewatch, watch {line(alerts[0].watch)}, {alerts[0].message}"
    return "\n\n".join([*parts, f"-- \n{footer}"])


def payload_of(alerts: Sequence[Alert], *, desk: str | None = None) -> bytes:
    """The body of a webhook: one JSON object; `data.alerts` has them as they arose."""
    first = alerts[0]
    record = {
        "type": TYPE,
        "timestamp": iso_utc(max(alert.at for alert in alerts)),
        "data": {
            "message": first.message,
            "watch": first.watch,
            "channel": first.channel,
            "title": title_of(alerts),
            "alerts": [_record(alert, desk) for alert in alerts],
        },
    }
    return json.dumps(record, ensure_ascii=False).encode()


def line(text: str, most: int = _TITLE) -> str:
    """The text as one line that steers nothing and calls nobody."""
    shown = _CALLS.sub(lambda match: match[0] + "\u200b", _UNPRINTABLE.sub(" ", text).strip())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _record(alert: Alert, desk: str | None) -> dict[str, Any]:
    record = {
        "id": alert.id,
        "event": alert.event.value,
        "source": alert.source,
        "at": iso_utc(alert.at),
        **alert.detail,
    }
    if alert.article is not None:
        fields = article_record(alert.article)
        record["article"] = {name: fields[name] for name in _FIELDS}
        record["snippet"] = alert.snippet
        if desk is not None:
            record["desk_url"] = _desk_url(alert.article, desk)
    return record


def _headline(alert: Alert) -> str:
    if alert.article is None:
        state = "recovered" if alert.detail.get("ended") else alert.detail.get("finding", "")
        return f"{line(alert.source)} {line(str(state))}"
    title = line(alert.article.title) or alert.article.url
    if alert.event is Event.CHANGE:
        kinds = [str(change["kind"]) for change in alert.detail.get("changes", ())]
        said = ", ".join(dict.fromkeys(_SAID.get(kind, kind.replace("_", " ")) for kind in kinds))
        return f"{said}: {title}"
    return title


def _part(alert: Alert, desk: str | None) -> str:
    article = alert.article
    if article is None:
        return "\n".join([_headline(alert), _when(alert.at, alert.timezone), *_health(alert)])
    seen = article.published_at or article.first_seen_at if alert.event is Event.ARTICLE else alert.at
    byline = [line(article.source), _when(seen, alert.timezone), line(", ".join(article.authors))]
    lines = [_headline(alert), " · ".join(part for part in byline if part), *_changes(alert)]
    if alert.event is Event.ARTICLE and alert.snippet:
        lines.append(line(alert.snippet, _LINE))
    lines.append(article.url)
    if desk is not None:
        lines.append(_desk_url(article, desk))
    return "\n".join(lines)


def _changes(alert: Alert) -> list[str]:
    found = []
    for change in alert.detail.get("changes", ()):
        before, after = (line(change[key] or "", _LINE) for key in ("before", "after"))
        if before:
            found.append(f"- {before}")
        if after:
            found.append(f"+ {after}")
    return found


def _health(alert: Alert) -> list[str]:
    finding, detail = (line(str(alert.detail.get(key, "")), _LINE) for key in ("finding", "detail"))
    said = f"{finding}: {detail}" if detail else finding
    return [f"over: {said}" if alert.detail.get("ended") else said]


def _when(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def _desk_url(article: Article, desk: str) -> str:
    return f"{desk.rstrip('/')}/articles/{quote(article.id)}"
