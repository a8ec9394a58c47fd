"""wirewatch.toml and the environment -> one frozen Config; every mistake is named with its line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError

from crawler.channels import Channel, ChannelType, channel_url, has_variables, key_of, web_url
from crawler.config_errors import Problem, config_error, doubles, explain, one_line, where
from crawler.durations import format_duration, parse_duration
from crawler.schedule.plan import REREAD
from crawler.sources import Source, compiled, language_code, source_name, web_address, whole_line
from pipelines.boilerplate.line import fingerprint
from pipelines.errors import ConfigError
from pipelines.limits import KIB, LIMITS, MIB, Limits

CONTACT = "https://example.org/bot"
# Where the web is served, and where its second servers and test copies are.
PORTS = (80, 443, 8000, 8080, 8443)
# Below this an interval is a slip of the pen: polling a feed without a pause is no monitoring.
SHORTEST_INTERVAL = timedelta(seconds=1)
_ASCII = re.compile(r"[\x20-\x7e]+")
_TOKEN = re.compile(r"(?:read|write):[0-9a-f]{64}")
_ORIGIN = re.compile(r"https?://[\x21-\x2e\x30-\x7e]+(?:/[\x21-\x7e]*)?")
_CONTACT = re.compile(r"https?://[\x21-\x27\x2a-\x7e]+|[\x21-\x27\x2a-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+")


def _seconds(value: object) -> object:
    """A written duration as seconds; what else there is stays for the number check."""
    return parse_duration(value).total_seconds() if isinstance(value, str) else value


def _interval(value: object) -> timedelta:
    interval = parse_duration(value)
    if interval < SHORTEST_INTERVAL:
        raise ValueError(f"too short: it must be at least {format_duration(SHORTEST_INTERVAL)}")
    return interval


def _network(value: str) -> str:
    try:
        return str(ip_network(value.strip(), strict=False))
    except ValueError as error:
        raise ValueError(f"not an address range: '{value}' (say 127.0.0.0/8 or ::1/128)") from error


def _pattern(value: str) -> str:
    compiled(value)
    return value


def _agent(value: str) -> str:
    if not _ASCII.fullmatch(value) or not value.strip():
        raise ValueError("not fit for an HTTP header: use plain ASCII characters")
    return value.strip()


def _contact(value: str) -> str:
    if not _CONTACT.fullmatch(value):
        raise ValueError(f"not an http(s) address or a mail address: '{value}'")
    return value


def _database(value: str) -> str:
    if not value or not value.isprintable():
        raise ValueError("not a database URL: say sqlite:///FILE")
    return value


def _web_url(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError(f"not an http(s) address: '{value}'")
    return value.rstrip("/")


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"not HOST:PORT: '{value}' (say 127.0.0.1:8080)")
    return value


def _password_hash(value: str) -> str:
    if not value.startswith("$argon2"):
        raise ValueError("not the hash of a password: `wirewatch serve --set-password` makes one")
    return value


def _token_digest(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise ValueError("not the digest of a token: `wirewatch serve --new-token` makes one")
    return value


def _secret(value: str) -> str:
    if not has_variables(value):
        key_of(value)
    return value


def _ages(value: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if any(later <= earlier for earlier, later in pairwise(value)):
        raise ValueError("not in order: each age must be longer than the one before")
    return value


def _tag(value: str) -> str:
    if not value.strip():
        raise ValueError("no tag: it is empty")
    return value.strip()


Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Seconds = Annotated[Number, BeforeValidator(_seconds)]
Interval = Annotated[timedelta, BeforeValidator(_interval)]
Address = Annotated[Text, AfterValidator(web_address)]
Pattern = Annotated[Text, AfterValidator(_pattern)]
Network = Annotated[Text, AfterValidator(_network)]
Port = Annotated[Count, Field(ge=1, le=65535)]
Tag = Annotated[Text, AfterValidator(_tag)]
WholeLine = Annotated[Text, AfterValidator(whole_line)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NetworkSection(_Section):
    """How we go out: who we say we are, what we may reach, how many seconds and MiB an answer may take.

    `ports`: those of public addresses that may be reached; `verify`: whether certificates are verified;
    `obey_tags`: the robots tags of pages that are obeyed; `tdmrep`: whether tdmrep.json is asked for.
    """

    user_agent: Annotated[Text, AfterValidator(_agent)] = "Wirewatch/0.1"
    contact: Annotated[Text, AfterValidator(_contact)] | None = None
    allow: tuple[Network, ...] = ()
    ports: tuple[Port, ...] = PORTS
    verify: Flag = True
    timeout: Seconds = Field(default=30.0, gt=0, le=600)
    max_body: Number = Field(default=15.0, gt=0, le=1024)
    obey_tags: tuple[Literal["noindex", "noarchive"], ...] = ()
    tdmrep: Flag = True

    @property
    def agent(self) -> str:
        """The User-Agent header: the name, and in brackets where its owner can be reached."""
        if "(" in self.user_agent and (self.contact is None or self.contact in self.user_agent):
            return self.user_agent
        return f"{self.user_agent} (+{self.contact or CONTACT})"


class DefaultsSection(_Section):
    """What holds for sources that do not say otherwise. `delay` is in seconds."""

    min_interval: Interval = timedelta(minutes=5)
    max_interval: Interval = timedelta(hours=6)
    delay: Seconds = Field(default=1.0, ge=0, le=3600)


class ExtractionSection(_Section):
    """The worker processes: how many, seconds and MiB that a page may take, pages until one is replaced."""

    workers: Count = Field(default_factory=lambda: max(1, min(2, os.cpu_count() or 1)), ge=1, le=64)
    timeout: Seconds = Field(default=20.0, gt=0, le=600)
    memory: Number = Field(default=128.0, ge=16, le=65536)
    recycle: Count = Field(default=1000, ge=1)


class CrawlSection(_Section):
    """`jitter`: a share of each interval that is added at random; `tick`: seconds of the service's clock;
    `learn`: seconds between two times that the service learns sites' lines and cleans stored articles;
    `drain`: seconds that what is in flight may take when the run is stopped; `reread`: the ages at which an
    article is read again; `max_requests_...`: requests an hour, on average over some days, None for no limit.
    """

    jitter: Number = Field(default=0.1, ge=0, le=1)
    tick: Seconds = Field(default=1.0, ge=0.05, le=3600)
    learn: Seconds = Field(default=3600.0, ge=1, le=7 * 86400)
    drain: Seconds = Field(default=60.0, ge=1, le=3600)
    reread: Annotated[tuple[Interval, ...], AfterValidator(_ages)] = REREAD
    max_requests_per_hour: Number | None = Field(default=None, gt=0)
    max_requests_per_hour_per_host: Number | None = Field(default=None, gt=0)


class LimitsSection(_Section):
    """How much is taken of a site, in the units of docs/configuration.md: MiB, KiB, characters, counts."""

    headers: Number = Field(default=LIMITS.headers / KIB, ge=1, le=1024)
    header_count: Count = Field(default=LIMITS.header_count, ge=1)
    encodings: Count = Field(default=LIMITS.encodings, ge=0, le=16)
    redirects: Count = Field(default=LIMITS.redirects, ge=0, le=100)
    robots: Number = Field(default=LIMITS.robots / KIB, ge=500, le=8192)
    url_length: Count = Field(default=LIMITS.url_length, ge=100, le=LIMITS.url_length)
    path_repeats: Count = Field(default=LIMITS.path_repeats, ge=1)
    path_variants: Count = Field(default=LIMITS.path_variants, ge=1)
    feed_entries: Count = Field(default=LIMITS.feed_entries, ge=1)
    sitemap_size: Number = Field(default=LIMITS.sitemap_size / MIB, gt=0, le=1024)
    sitemap_entries: Count = Field(default=LIMITS.sitemap_entries, ge=1, le=50_000)
    sitemap_depth: Count = Field(default=LIMITS.sitemap_depth, ge=0, le=10)
    page_links: Count = Field(default=LIMITS.page_links, ge=1)
    sitemaps_per_index: Count = Field(default=LIMITS.sitemaps_per_index, ge=1)
    sitemaps_per_host: Count = Field(default=LIMITS.sitemaps_per_host, ge=1)
    listings_per_host: Count = Field(default=LIMITS.listings_per_host, ge=1)
    targets_per_host: Count = Field(default=LIMITS.targets_per_host, ge=1)
    article_length: Count = Field(default=LIMITS.article_length, ge=1000)

    @property
    def limits(self) -> Limits:
        """The same in bytes."""
        values = self.model_dump()
        for name, unit in (("headers", KIB), ("robots", KIB), ("sitemap_size", MIB)):
            values[name] = int(values[name] * unit)
        return Limits(**values)


class StoreSection(_Section):
    """Where everything is kept; `keep_visits`: how long the log of visits reaches back in the service;
    `durable`: each visit waits for the disk, so that a loss of power costs none that was stored.
    """

    database: Annotated[Text, AfterValidator(_database)] | None = None
    keep_visits: Interval = timedelta(days=90)
    durable: Flag = False


class ServeSection(_Section):
    """The desk: where it listens (`listen`), under which address others reach it (`url`) and by which
    further `hosts`; the hash of its `password`, its `tokens` ("read:" or "write:" and a digest); whether
    pages load the articles' `images`; origins whose scripts may read the API (`cors`).
    """

    listen: Annotated[Text, AfterValidator(_listen)] = "127.0.0.1:8080"
    url: Annotated[Text, AfterValidator(_web_url)] | None = None
    hosts: tuple[Text, ...] = ()
    password: Annotated[Text, AfterValidator(_password_hash)] | None = None
    tokens: tuple[Annotated[Text, AfterValidator(_token_digest)], ...] = ()
    images: Flag = False
    cors: tuple[Annotated[Text, AfterValidator(_web_url)], ...] = ()

    @property
    def secure(self) -> bool:
        """Whether readers reach it by https: cookies are for that only then."""
        return (self.url or "").startswith("https:")

    @property
    def names(self) -> tuple[str, ...]:
        """The host names that are the desk's."""
        own = urlsplit(self.url).hostname if self.url else None
        return (*self.hosts, *((own,) if own else ()))


class ChannelSection(_Section):
    """One [[channels]] block: where alerts go; without `type`, an http(s) address is a webhook's."""

    name: Annotated[Text, AfterValidator(source_name)]
    url: Annotated[Text, AfterValidator(channel_url)]
    secret: Annotated[Text, AfterValidator(_secret)] | None = None
    type: ChannelType | None = None

    @property
    def channel(self) -> Channel:
        kind = (
            ChannelType.WEBHOOK if self.url.lower().startswith(("http:", "https:")) else ChannelType.APPRISE
        )
        return Channel(name=self.name, url=self.url, secret=self.secret, type=self.type or kind)


class SourceSection(_Section):
    """One [[sources]] block as written; `None` means: as in [defaults]."""

    name: Annotated[Text, AfterValidator(source_name)]
    url: Address
    feeds: tuple[Address, ...] = ()
    sitemaps: tuple[Address, ...] = ()
    listings: tuple[Address, ...] = ()
    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    language: Annotated[Text, AfterValidator(language_code)] | None = None
    tags: tuple[Tag, ...] = ()
    min_interval: Interval | None = None
    max_interval: Interval | None = None
    delay: Annotated[Seconds, Field(ge=0, le=3600)] | None = None
    enabled: Flag = True
    discover: Flag = True
    drop_lines: tuple[WholeLine, ...] = ()
    keep_lines: tuple[WholeLine, ...] = ()


class _File(_Section):
    network: NetworkSection = NetworkSection()
    defaults: DefaultsSection = DefaultsSection()
    extraction: ExtractionSection = Field(default_factory=ExtractionSection)
    crawl: CrawlSection = CrawlSection()
    limits: LimitsSection = LimitsSection()
    store: StoreSection = StoreSection()
    serve: ServeSection = ServeSection()
    channels: tuple[ChannelSection, ...] = ()
    sources: tuple[SourceSection, ...] = ()


SECTIONS: Mapping[str, type[BaseModel]] = {
    "network": NetworkSection,
    "defaults": DefaultsSection,
    "extraction": ExtractionSection,
    "crawl": CrawlSection,
    "limits": LimitsSection,
    "store": StoreSection,
    "serve": ServeSection,
    "channels": ChannelSection,
    "sources": SourceSection,
}
_KNOWN = {"": list(SECTIONS)} | {name: list(model.model_fields) for name, model in SECTIONS.items()}


class Config(BaseModel):
    """The whole configuration, checked. `sources` are resolved against the defaults."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    network: NetworkSection
    defaults: DefaultsSection
    extraction: ExtractionSection
    crawl: CrawlSection
    limits: Limits = LIMITS
    store: StoreSection
    serve: ServeSection = ServeSection()
    channels: tuple[Channel, ...] = ()
    sources: tuple[Source, ...]


def load(path: Path | None, *, env: Mapping[str, str]) -> Config:
    """The config in `path` (None: the defaults) with what the environment adds. Raises ConfigError."""
    text = "" if path is None else read_text(path)
    return read_config(text, name=str(path or "wirewatch.toml"), env=env)


def read_text(path: Path) -> str:
    """The file's text, line ends as they are, without a byte order mark. Raises ConfigError."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(one_line(f"{path}: cannot be read: {error.strerror or error}")) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(one_line(f"{path}:{line}: is not UTF-8 (byte {error.start})")) from error
    except ValueError as error:  # a NUL in the path itself
        raise ConfigError(one_line(f"{path}: cannot be read: {error}")) from error


def read_config(text: str, *, name: str, env: Mapping[str, str]) -> Config:
    """As `load`, of a text; `name` stands for the file in messages."""
    data = _parsed(text, name=name)
    checked, problems = _checked(data)
    problems += _doubled(data, text=text)
    if checked is not None:
        problems += _unordered(checked, data) + _contradicting(checked, data) + _no_webhooks(checked, data)
    if problems or checked is None:
        raise config_error(problems, text=text, name=name)
    return _resolved(checked, env)


def _parsed(text: str, *, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)$", str(error))
        line = int(found[1]) if found else text.rstrip().count("\n") + 1
        reason = str(error).rsplit(" (at", 1)[0]
        raise ConfigError(one_line(f"{name}:{line}: not TOML: {reason}")) from error
    except ValueError as error:
        raise ConfigError(one_line(f"{name}: not TOML: a number has too many digits")) from error
    except RecursionError as error:
        raise ConfigError(one_line(f"{name}: not TOML: nested too deeply")) from error


def _checked(data: Mapping[str, Any]) -> tuple[_File | None, list[Problem]]:
    try:
        return _File.model_validate(data), []
    except ValidationError as error:
        return None, [explain(one, data, _KNOWN) for one in error.errors()]


def _doubled(data: Mapping[str, Any], *, text: str) -> list[Problem]:
    """Names and addresses that two blocks share, looked for even where something else is wrong too."""
    blocks, channels = data.get("sources"), data.get("channels")
    named = {
        number: block["name"]
        for number, block in enumerate(channels if isinstance(channels, list) else [])
        if isinstance(block, dict) and isinstance(block.get("name"), str)
    }
    names: dict[int, str] = {}
    urls: dict[int, str] = {}
    for number, block in enumerate(blocks if isinstance(blocks, list) else []):
        name, url = (block.get("name"), block.get("url")) if isinstance(block, dict) else (None, None)
        if isinstance(name, str):
            names[number] = name
        try:
            urls[number] = web_address(url) if isinstance(url, str) else f"none {number}"
        except ValueError:
            continue
    found = doubles(data, "name", names, text=text) + doubles(data, "url", urls, text=text)
    return found + doubles(data, "name", named, text=text, table="channels")


def _unordered(checked: _File, data: Mapping[str, Any]) -> list[Problem]:
    """Where the shortest interval is the longer one, a source's own against the defaults included."""
    defaults = checked.defaults
    if defaults.min_interval > defaults.max_interval:
        return [_too_long(("defaults", "min_interval"), defaults.min_interval, defaults.max_interval, data)]
    problems = []
    for number, section in enumerate(checked.sources):
        shortest = section.min_interval or defaults.min_interval
        longest = section.max_interval or defaults.max_interval
        if shortest > longest:
            key = "min_interval" if section.min_interval else "max_interval"
            problems.append(_too_long(("sources", number, key), shortest, longest, data))
    return problems


def _contradicting(checked: _File, data: Mapping[str, Any]) -> list[Problem]:
    """Lines that are always to go and never to go."""
    problems = []
    for number, section in enumerate(checked.sources):
        dropped = {fingerprint(line) for line in section.drop_lines}
        for place, line in enumerate(section.keep_lines):
            if fingerprint(line) in dropped:
                path = ("sources", number, "keep_lines", place)
                message = f"'keep_lines'{where(path, data)}: '{line}' is in drop_lines too"
                problems.append(Problem(path, message))
    return problems


def _no_webhooks(checked: _File, data: Mapping[str, Any]) -> list[Problem]:
    """Addresses that are none of a webhook; those that are still to be put together are looked at later."""
    problems = []
    for number, section in enumerate(checked.channels):
        if section.channel.type is ChannelType.WEBHOOK and not has_variables(section.url):
            path = ("channels", number, "url")
            try:
                web_url(section.url)
            except ValueError as error:
                problems.append(Problem(path, f"'url'{where(path, data)} is {error}"))
    return problems


def _too_long(
    path: tuple[str | int, ...], shortest: timedelta, longest: timedelta, data: Mapping[str, Any]
) -> Problem:
    spelt = f"min_interval {format_duration(shortest)} is longer than max_interval {format_duration(longest)}"
    return Problem(path, f"'{path[-1]}'{where(path, data)}: {spelt}")


def _resolved(checked: _File, env: Mapping[str, str]) -> Config:
    network, store = checked.network, checked.store
    named = env.get("WIREWATCH_ALLOW_NETWORK", "").replace(",", " ").split()
    if ranges := address_ranges(named, said_in="$WIREWATCH_ALLOW_NETWORK"):
        network = network.model_copy(update={"allow": (*network.allow, *ranges)})
    if env.get("WIREWATCH_DATABASE"):
        store = store.model_copy(update={"database": env["WIREWATCH_DATABASE"]})
    return Config(
        network=network,
        defaults=checked.defaults,
        extraction=checked.extraction,
        crawl=checked.crawl,
        limits=checked.limits.limits,
        store=store,
        serve=checked.serve,
        channels=tuple(section.channel for section in checked.channels),
        sources=tuple(_source(section, checked.defaults) for section in checked.sources),
    )


def address_ranges(texts: Iterable[str], *, said_in: str) -> tuple[str, ...]:
    """The ranges in their one form. Raises ConfigError that names where they were said."""
    try:
        return tuple(map(_network, texts))
    except ValueError as error:
        raise ConfigError(one_line(f"{said_in}: {error}")) from error


def _source(section: SourceSection, defaults: DefaultsSection) -> Source:
    values = {name: getattr(section, name) for name in SourceSection.model_fields}
    for name in ("min_interval", "max_interval", "delay"):
        if values[name] is None:
            values[name] = getattr(defaults, name)
    return Source(**values)
