"""robots.txt as RFC 9309 reads it, for one agent. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines.path_patterns import PathPattern, path_of
from pipelines.urls import host_of

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether an address may be fetched, and the rule that says so: "Disallow: /private/".

    No rule: none matches, and that allows it.
    """

    allowed: bool
    rule: str | None = None

    @property
    def refusal(self) -> str:
        return "forbidden by robots.txt" + (f" ({self.rule})" if self.rule else "")


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What one agent may fetch of one origin. `crawl_delay` is in seconds, as the file says it.

    `plain` are the rules without * and $, path -> allowed; `special` the others, the longest first. `group`
    is the agent whose rules they are: ours in small letters or "*"; None where the file has no such group.
    """

    plain: dict[str, bool]
    special: tuple[tuple[PathPattern, bool], ...]
    crawl_delay: float | None = None
    sitemaps: tuple[str, ...] = ()
    group: str | None = None

    def allow(self, url: str) -> bool:
        return self.ruling(url).allowed

    def ruling(self, url: str) -> Ruling:
        """The longest match decides, and allows where two are as long (2.2.2)."""
        if urlsplit(url).path == "/robots.txt":
            return Ruling(True)
        path = path_of(url)
        size, allowed = self._longest_plain(path)
        plain = path[:size] if size else None
        for pattern, allows in self.special:
            if len(pattern.text) < size:
                break
            if pattern.matches(path):
                if not allows and allowed and len(pattern.text) == size:
                    break
                return _ruling(pattern.text, allowed=allows)
        return _ruling(plain, allowed=allowed)

    def _longest_plain(self, path: str) -> tuple[int, bool]:
        for size in range(len(path), 0, -1) if self.plain else ():
            allows = self.plain.get(path[:size])
            if allows is not None:
                return size, allows
        return 0, True


NO_RULES = RobotsRules({}, ())


def _ruling(path: str | None, *, allowed: bool) -> Ruling:
    return Ruling(allowed, None if path is None else f"{'Allow' if allowed else 'Disallow'}: {path}")


def origin_of(url: str) -> str:
    """scheme://authority, which a robots.txt holds for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{host_of(url) or parts.netloc}"


def product_token(user_agent: str) -> str:
    """What the groups of a robots.txt name us by (2.2.1)."""
    return user_agent.split("/", 1)[0].strip()


def read_robots(text: str, *, agent: str) -> RobotsRules:
    """The rules of all groups that name the agent; only where there are none, of those for * (2.2.1).

    Crawl-delay, which the RFC does not know, counts as one of a group's rules; of several the longest.
    """
    rules: dict[str, dict[PathPattern, bool]] = {}
    delays: dict[str, float] = {}
    sitemaps: list[str] = []
    wanted = agent.casefold()
    names: set[str] = set()
    naming = False
    for key, value in _lines(text):
        if key == "user-agent":
            names = names if naming else set()
            naming = True
            name = _product(value)
            if name in (wanted, "*"):
                names.add(name)
                rules.setdefault(name, {})
        elif key == "sitemap":
            sitemaps.append(value)  # belongs to no group, and ends none
        elif key in ("allow", "disallow", "crawl-delay"):
            naming = False
            for name in names:
                _add(key, value, rules[name], delays, name)
    chosen = wanted if wanted in rules else "*"
    group = chosen if chosen in rules else None
    return _rules(rules.get(chosen, {}), delays.get(chosen), sitemaps, group)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in _LINE_END.split(text):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _product(value: str) -> str:
    """A group's agent, without the version that some put behind it."""
    name = value.partition("/")[0].strip()
    return "*" if name.split()[:1] == ["*"] else name.casefold()


def _add(key: str, value: str, rules: dict[PathPattern, bool], delays: dict[str, float], name: str) -> None:
    if key == "crawl-delay":
        seconds = _seconds(value)
        if seconds is not None:
            delays[name] = max(seconds, delays.get(name, 0.0))
    elif value:
        pattern = PathPattern.of(value)
        rules[pattern] = rules.get(pattern, False) or key == "allow"


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _rules(
    rules: dict[PathPattern, bool], delay: float | None, sitemaps: list[str], group: str | None
) -> RobotsRules:
    special = [(pattern, allows) for pattern, allows in rules.items() if not pattern.plain]
    special.sort(key=lambda rule: (len(rule[0].text), rule[1]), reverse=True)
    plain = {pattern.text: allows for pattern, allows in rules.items() if pattern.plain}
    return RobotsRules(plain, tuple(special), crawl_delay=delay, sitemaps=tuple(sitemaps), group=group)
