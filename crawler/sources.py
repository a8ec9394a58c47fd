"""Source: one monitored site, what may be said of it, and its block in wirewatch.toml. Pure."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import tomlkit

from crawler.durations import format_duration
from pipelines.boilerplate.lines import normal
from pipelines.items import Kind, Link
from pipelines.urls import canonical, host_of, site_of

if TYPE_CHECKING:
    from crawler.config import DefaultsSection

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One monitored site. Addresses are canonical; `delay` is in seconds.

    `discover`: sections and further pages found on its listings are followed too. `drop_lines` always go
    from its articles, `keep_lines` never, whatever was learned of the site. `configured` is False
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
    min_interval: timedelta = timedelta(minutes=5)
    max_interval: timedelta = timedelta(hours=6)
    delay: float = 1.0
    enabled: bool = True
    discover: bool = True
    drop_lines: tuple[str, ...] = ()
    keep_lines: tuple[str, ...] = ()
    configured: bool = True

    @classmethod
    def unconfigured(cls, url: str, *, defaults: DefaultsSection) -> Self:
        """The source of an address typed by hand: named by its authority.

        Takes what is no web address as it stands: whoever fetches it says what is wrong.
        """
        address = canonical(url) or url
        return cls(
            name=host_of(address) or address,
            url=address,
            min_interval=defaults.min_interval,
            max_interval=defaults.max_interval,
            delay=defaults.delay,
            configured=False,
        )

    @property
    def surveyed(self) -> bool:
        """Whether its pages are named; if not, the first crawl finds them by itself."""
        return bool(self.feeds or self.sitemaps or self.listings)

    def roots(self) -> tuple[Link, ...]:
        """The source's own feeds, sitemaps and listings, each address once; none: to be found by a survey."""
        kinds = ((Kind.FEED, self.feeds), (Kind.SITEMAP, self.sitemaps), (Kind.LISTING, self.listings))
        found: dict[str, Link] = {}
        for kind, urls in kinds:
            for url in urls:
                address = canonical(url) or url
                found.setdefault(address, Link(url=address, kind=kind))
        return tuple(found.values())

    def wants(self, url: str) -> bool:
        """Whether an article's address passes: no `exclude` matches, and one `include` if there are any."""
        return self.objection(url) is None

    def objection(self, url: str) -> str | None:
        """Why an article's address does not pass."""
        for pattern in self.exclude:
            if compiled(pattern).search(url):
                return f"exclude '{pattern}' matches"
        if self.include and not any(compiled(pattern).search(url) for pattern in self.include):
            return "no include pattern matches"
        return None


# --- what may stand in a block: each returns the value's one form, or raises ValueError ----------------


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready to search with. Raises ValueError saying what is wrong with it.

    Cached without limit: there are as many as the config has, more than re's own cache of 512 may hold.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: '{pattern}' ({error})") from error


def web_address(text: str) -> str:
    """The canonical form of an http(s) address. A refused one is not repeated where it holds a password."""
    try:
        parts = urlsplit(text.strip())
        secret = "@" in parts.netloc
    except ValueError:
        secret = "@" in text
    if secret:
        raise ValueError("not an address to keep here: it carries a user name or password")
    address = canonical(text)
    if address is None or any(character.isspace() for character in text.strip()):
        raise ValueError(f"not an http(s) address: '{text}'")
    return address


def source_name(text: str) -> str:
    """A name that can be typed as an argument: no option, no address, printable, 100 characters at most."""
    if not text or len(text) > 100 or not text.isprintable() or text != text.strip():
        raise ValueError(
            "not a name: use 1 to 100 printable characters, no spaces around"
            if len(text) > 60
            else f"not a name: {text!r} (use 1 to 100 printable characters, no spaces around)"
        )
    if text.startswith("-") or "://" in text:
        raise ValueError(f"not a name: '{text}' (it would be taken for an option or an address)")
    return text


def language_code(text: str) -> str:
    """A language as BCP 47 writes it: "de", "pt-BR"; "pt_br" is understood."""
    found = _LANGUAGE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a language code: '{text}' (say de or pt-BR)")
    parts = [part for part in re.split("[-_]", found[2]) if part]
    forms = {2: str.upper, 4: str.title}
    return "-".join([found[1].lower(), *(forms.get(len(part), str.lower)(part) for part in parts)])


def whole_line(text: str) -> str:
    """A line as it stands in an article. Raises ValueError for one that says nothing, or is several."""
    if not normal(text):
        raise ValueError("no line: it is empty" if not text.strip() else f"no line: '{text}' has no words")
    if "\n" in text.strip():
        raise ValueError("several lines: name each by itself")
    return text.strip()


def name_for(url: str, taken: Collection[str]) -> str:
    """A short name from the host: www.tagesblatt.example -> tagesblatt; numbered when it is taken."""
    return unique_name(_label(host_of(url)), taken)


def _label(host: str) -> str:
    host = host.removeprefix("www.")
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    labels = name.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or name.startswith("["):
        return re.sub(r"[^\w.-]+", "-", host).strip("-.") or "source"
    return site_of(name).split(".")[0]


def unique_name(name: str, taken: Collection[str]) -> str:
    """The name, or with the first number from 2 on that makes it one nobody has."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    return candidate


# --- its block -----------------------------------------------------------------------------------------


def block(source: Source) -> str:
    """The [[sources]] block to paste: what differs from the built-in defaults, a key a line."""
    return "[[sources]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in _written(source).items())


def _written(source: Source) -> dict[str, Any]:
    """Key -> value of the keys that a block needs. What is no valid language is left out."""
    values: dict[str, Any] = {"name": source.name, "url": source.url}
    for field in fields(source):
        value = getattr(source, field.name)
        if field.name not in ("name", "url", "configured") and value != field.default:
            values[field.name] = format_duration(value) if isinstance(value, timedelta) else value
    if isinstance(values.get("language"), str):
        try:
            values["language"] = language_code(values["language"])
        except ValueError:
            del values["language"]
    return values


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        items = [tomlkit.string(item).as_string() for item in value]
        short = f"[{', '.join(items)}]"
        return short if len(short) <= 80 else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    return str(tomlkit.item(value).as_string())


def plain(source: Source) -> dict[str, Any]:
    """What tomllib will read from the source's block."""
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in _written(source).items()
    }
