"""What every command is handed: where the config and the store are, and how to print."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.survey import Survey
    from pipelines.items import Page
    from pipelines.store import Store

DEFAULT_CONFIG = Path("wirewatch.toml")
DEFAULT_DATABASE = "sqlite:///wirewatch.db"


@dataclass(kw_only=True)
class Context:
    """The global options, and the few things that commands share.

    Heavy parts are imported when first asked for: `wirewatch search` must not pay for Scrapy's start.
    """

    config_option: Path | None = None
    database_option: str | None = None
    log_format: str = "text"
    verbosity: int = 0
    quiet: bool = False
    allow_network: tuple[str, ...] = ()
    console: Console = field(default_factory=Console)
    errors: Console = field(default_factory=lambda: Console(stderr=True))

    @cached_property
    def config_path(self) -> Path:
        """The config file: --config, else $WIREWATCH_CONFIG, else wirewatch.toml here (it may not exist)."""
        named = self.config_option or os.environ.get("WIREWATCH_CONFIG")
        return Path(named) if named else DEFAULT_CONFIG

    def config(self) -> Config:
        """The config as it is on disk; the defaults when no file was named and none is here."""
        from crawler.config import address_ranges, load

        named = self.config_option is not None or "WIREWATCH_CONFIG" in os.environ
        path = self.config_path if named or self.config_path.exists() else None
        config = load(path, env=os.environ)
        if not self.allow_network:
            return config
        ranges = address_ranges(self.allow_network, said_in="--allow-network")
        network = config.network.model_copy(update={"allow": (*config.network.allow, *ranges)})
        return config.model_copy(update={"network": network})

    @property
    def global_options(self) -> tuple[str, ...]:
        """The options that make another wirewatch work with the same config and database."""
        ranges = (word for one in self.allow_network for word in ("--allow-network", one))
        config = ("--config", str(self.config_path.absolute())) if self.config_path.exists() else ()
        return (*config, "--database", self.database, "--log-format", self.log_format, *ranges)

    @property
    def database(self) -> str:
        """The database URL: --database, else $WIREWATCH_DATABASE, else the config's, else the default."""
        return self.database_option or self.config().store.database or DEFAULT_DATABASE

    def open_store(self, *, readonly: bool = True) -> Store:
        from pipelines.store import Store

        return Store.open(self.database, readonly=readonly)

    def fetch(self, url: str) -> Page:
        """One page, fetched as politely as a crawl would. Raises FetchError."""
        from crawler.errand import fetch_page

        return fetch_page(url, config=self.config())

    def survey(self, url: str) -> Survey:
        """What a site offers. Raises FetchError when its home page cannot be read."""
        from crawler.errand import survey_site

        return survey_site(url, config=self.config())


class FileConfig:
    """The config as it is on disk, read again when its file is another than before; for any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lock = Lock()
        self._seen: tuple[int, int, int] | None = None
        self._config: Config | None = None

    def __call__(self) -> Config:
        """Raises ConfigError as long as the file is no good."""
        with self._lock:
            now = file_state(self._ctx.config_path)
            if self._config is None or now != self._seen:
                self._config = self._ctx.config()
                self._seen = now
            return self._config


def file_state(path: Path) -> tuple[int, int, int] | None:
    """What is another once a file was written; None while there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size, about.st_ino
