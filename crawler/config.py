"""wirewatch.toml and the environment -> one frozen Config; every mistake is named with its line."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from crawler.sources import Source
from crawler.tomllines import line_of
from pipelines.errors import ConfigError
from pipelines.urls import canonical

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def duration(value: Any) -> Any:
    """'1d', '1h30m', '45s' or seconds as a timedelta; anything else is left for the validator."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return value
    if isinstance(value, (int, float)):
        return timedelta(seconds=value)
    found = _DURATION.fullmatch(value.strip())
    if not found or not value.strip():
        raise ValueError(f"'{value}' is no duration: say it as 45s, 5m, 1h30m or 1d")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _network(value: str) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError as error:
        raise ValueError(f"'{value}' is no address range: say it as 127.0.0.0/8") from error


def _address(value: str) -> str:
    address = canonical(value)
    if address is None:
        raise ValueError(f"'{value}' is no http(s) address")
    return address


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"'{value}' is no regular expression: {error}") from error
    return value


Duration = Annotated[timedelta, BeforeValidator(duration)]
Address = Annotated[str, BeforeValidator(_address)]
Pattern = Annotated[str, BeforeValidator(_pattern)]
Network = Annotated[str, BeforeValidator(_network)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Intervals(_Section):
    min_interval: Duration = Field(default=timedelta(minutes=15), ge=timedelta(seconds=1))
    max_interval: Duration = Field(default=timedelta(days=1), ge=timedelta(seconds=1))

    @model_validator(mode="after")
    def _ordered(self) -> _Intervals:
        if self.min_interval > self.max_interval:
            raise ValueError("min_interval is longer than max_interval")
        return self


class NetworkSection(_Section):
    """How we go out: who we say we are, what we may reach, and how long and how much we take."""

    user_agent: str = Field(default="Wirewatch/0.1", min_length=3, pattern=r"^[\x20-\x7e]+$")
    contact: str | None = Field(default=None, pattern=r"^[\x21-\x7e]+$")
    allow: tuple[Network, ...] = ()
    timeout: float = Field(default=30.0, gt=0, le=600)
    max_body: float = Field(default=15.0, gt=0, le=1024)

    @property
    def agent(self) -> str:
        """The User-Agent header: the name, and in brackets where its owner can be reached."""
        if "(" in self.user_agent:
            return self.user_agent
        return f"{self.user_agent} (+{self.contact or 'https://example.org/bot'})"


class DefaultsSection(_Intervals):
    """What holds for sources that do not say otherwise. `delay` is in seconds."""

    delay: float = Field(default=1.0, ge=0, le=3600)


class ExtractionSection(_Section):
    """The worker processes: how many, how many seconds a page may take, pages until one is replaced."""

    workers: int = Field(default_factory=lambda: max(1, min(2, os.cpu_count() or 1)), ge=1, le=64)
    timeout: float = Field(default=20.0, gt=0, le=600)
    recycle: int = Field(default=500, ge=1)


class CrawlSection(_Section):
    """`jitter`: a share of each interval that is added at random; `tick`: seconds of the service's clock."""

    jitter: float = Field(default=0.1, ge=0, le=1)
    tick: float = Field(default=1.0, ge=0.05, le=3600)


class StoreSection(_Section):
    database: str | None = None


class SourceSection(_Section):
    """One [[sources]] block as written; `None` means: as in [defaults]."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\s/][^\n/]*$")
    url: Address
    feeds: tuple[Address, ...] = ()
    sitemaps: tuple[Address, ...] = ()
    listings: tuple[Address, ...] = ()
    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")
    tags: tuple[str, ...] = ()
    min_interval: Annotated[timedelta | None, BeforeValidator(duration)] = None
    max_interval: Annotated[timedelta | None, BeforeValidator(duration)] = None
    delay: float | None = Field(default=None, ge=0, le=3600)
    enabled: bool = True
    discover: bool = True


class _File(_Section):
    network: NetworkSection = NetworkSection()
    defaults: DefaultsSection = DefaultsSection()
    extraction: ExtractionSection = Field(default_factory=ExtractionSection)
    crawl: CrawlSection = CrawlSection()
    store: StoreSection = StoreSection()
    sources: tuple[SourceSection, ...] = ()


class Config(BaseModel):
    """The whole configuration, checked. `sources` are resolved against the defaults."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    network: NetworkSection
    defaults: DefaultsSection
    extraction: ExtractionSection
    crawl: CrawlSection
    store: StoreSection
    sources: tuple[Source, ...]


def load(path: Path | None, *, env: Mapping[str, str]) -> Config:
    """The config in `path` (None: the defaults) with what the environment adds. Raises ConfigError."""
    if path is None:
        return read_config("", name="wirewatch.toml", env=env)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 (byte {error.start})") from error
    return read_config(text, name=str(path), env=env)


def read_config(text: str, *, name: str, env: Mapping[str, str]) -> Config:
    """As `load`, of a text; `name` stands for the file in messages."""
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = int(found[1]) if (found := re.search(r"line (\d+)", str(error))) else text.count("\n") + 1
        raise ConfigError(f"{name}:{line}: not TOML: {str(error).split(' (at')[0]}") from error
    try:
        checked = _File.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_message(error, text=text, data=data, name=name)) from error
    _refuse_doubles(checked.sources, text=text, name=name)
    _refuse_unordered(checked, text=text, name=name)
    return _resolved(checked, env)


def _resolved(checked: _File, env: Mapping[str, str]) -> Config:
    network = checked.network
    if extra := env.get("WIREWATCH_ALLOW_NETWORK", "").replace(",", " ").split():
        try:
            ranges = tuple(_network(text) for text in extra)
        except ValueError as error:
            raise ConfigError(f"$WIREWATCH_ALLOW_NETWORK: {error}") from error
        network = network.model_copy(update={"allow": (*network.allow, *ranges)})
    store = checked.store
    if env.get("WIREWATCH_DATABASE"):
        store = StoreSection(database=env["WIREWATCH_DATABASE"])
    defaults = checked.defaults
    return Config(
        network=network,
        defaults=defaults,
        extraction=checked.extraction,
        crawl=checked.crawl,
        store=store,
        sources=tuple(_source(section, defaults) for section in checked.sources),
    )


def _source(section: SourceSection, defaults: DefaultsSection) -> Source:
    values = {name: getattr(section, name) for name in SourceSection.model_fields}
    for name in ("min_interval", "max_interval", "delay"):
        if values[name] is None:
            values[name] = getattr(defaults, name)
    return Source(**values)


def _message(error: ValidationError, *, text: str, data: Mapping[str, Any], name: str) -> str:
    errors = error.errors()
    first = min(errors, key=lambda one: line_of(text, one["loc"]))
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{name}:{line_of(text, first['loc'])}: {_explained(first, data)}{more}"


def _explained(error: ErrorDetails, data: Mapping[str, Any]) -> str:
    path = [part for part in error["loc"] if isinstance(part, str)]
    key, where = (path[-1] if path else ""), _where(error["loc"], data)
    if error["type"] == "extra_forbidden":
        known = _keys_beside(path)
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(known)}"
        return f"unknown key '{key}'{where}{hint}"
    if error["type"] == "missing":
        return f"'{key}' is missing{where}"
    reason = error["msg"].removeprefix("Value error, ")
    reason = reason[0].lower() + reason[1:]
    return f"'{key}'{where}: {reason}" if key else reason


def _where(location: tuple[int | str, ...], data: Mapping[str, Any]) -> str:
    if len(location) < 2 or not isinstance(location[0], str):
        return ""
    if location[0] != "sources":
        return f" in [{location[0]}]"
    try:
        return f' in [[sources]] "{data["sources"][location[1]]["name"]}"'
    except (KeyError, TypeError, IndexError):
        return " in [[sources]]"


def _keys_beside(path: list[str]) -> list[str]:
    if len(path) < 2:
        return list(_File.model_fields)
    section = _File.model_fields[path[0]].annotation
    model = SourceSection if path[0] == "sources" else section
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return list(model.model_fields)


def _refuse_doubles(sections: tuple[SourceSection, ...], *, text: str, name: str) -> None:
    for key in ("name", "url"):
        seen: dict[str, int] = {}
        for number, section in enumerate(sections):
            value = getattr(section, key)
            if value in seen:
                line = line_of(text, ("sources", number, key))
                first = line_of(text, ("sources", seen[value], key))
                raise ConfigError(f"{name}:{line}: the {key} '{value}' is there already, on line {first}")
            seen[value] = number


def _refuse_unordered(checked: _File, *, text: str, name: str) -> None:
    for number, section in enumerate(checked.sources):
        shortest = section.min_interval or checked.defaults.min_interval
        longest = section.max_interval or checked.defaults.max_interval
        if shortest > longest:
            key = "min_interval" if section.min_interval else "max_interval"
            line = line_of(text, ("sources", number, key))
            raise ConfigError(
                f'{name}:{line}: in [[sources]] "{section.name}" min_interval is longer than max_interval'
            )
