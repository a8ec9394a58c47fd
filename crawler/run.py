"""Running: builds the application around one job, lets Scrapy's reactor run, and closes everything."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler.app import App
from crawler.job import Job, utc_now
from crawler.lock import CrawlLock
from crawler.spiders.news import NewsSpider
from crawler.summary import Summary
from pipelines.errors import UsageError
from pipelines.items import Visit
from pipelines.store import Store, sqlite_path
from pipelines.workers import Workers

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.config import Config

logger = logging.getLogger("wirewatch")


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended: its account, and the signal that stopped it, if one did."""

    summary: Summary
    signal: int | None

    @property
    def exit_code(self) -> int:
        return 128 + self.signal if self.signal is not None else self.summary.exit_code


def settings_for(config: Config) -> Settings:
    """Scrapy's settings with what the config says."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.setdict(overrides(config), priority="cmdline")
    return settings


def overrides(config: Config) -> dict[str, Any]:
    """The settings that the config decides."""
    network, limits = config.network, config.limits
    return {
        "USER_AGENT": network.agent,
        "DOWNLOAD_TIMEOUT": network.timeout,
        "DOWNLOAD_MAXSIZE": int(network.max_body * 1024 * 1024),
        "WIREWATCH_DELAY": config.defaults.delay,
        "WIREWATCH_TDMREP": network.tdmrep,
        "WIREWATCH_OBEY_TAGS": list(network.obey_tags),
        "WIREWATCH_ALLOW": list(network.allow),
        "WIREWATCH_PORTS": list(network.ports),
        "DOWNLOAD_VERIFY_CERTIFICATES": network.verify,
        "WIREWATCH_LIMITS": limits,
        "REDIRECT_MAX_TIMES": limits.redirects,
        "URLLENGTH_LIMIT": limits.url_length,
    }


def run(
    job: Job,
    *,
    config: Config,
    database: str,
    on_end: Iterable[Callable[[Visit], None]] = (),
    dry_run: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> Result:
    """Do the job to its end, or until a signal. Raises our errors, LockHeldError among them."""
    with _database(database, dry_run=dry_run) as url, CrawlLock(lock_path(url)) as lock:
        if dry_run:  # what is stored in a copy is no news
            config = config.model_copy(update={"channels": ()})
        make = partial(App, config=config, job=job, on_end=on_end, clock=clock, after_kill=lock.after_kill)
        return _run(make, config=config, database=url)


def lock_path(database: str) -> Path:
    # By its own name, whatever links lead to it.
    path = (sqlite_path(database) or Path("wirewatch.db")).resolve()
    return path.with_name(path.name + ".lock")


@contextmanager
def _database(url: str, *, dry_run: bool) -> Iterator[str]:
    """The database to write to: a throw-away copy for a dry run, so that it decides as the real one would."""
    if not dry_run:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="wirewatch-dry-run-") as folder:
        copy = Path(folder) / "copy.db"
        path = sqlite_path(url)
        if path is not None and path.exists():
            with Store.open(url, readonly=True) as store:
                store.backup(copy)
        yield f"sqlite:///{copy}"


def _run(make: Callable[..., App], *, config: Config, database: str) -> Result:
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
        store = thread.submit(Store.open, database, durable=config.store.durable).result()
        workers = _workers(config)
        try:
            return _crawl(make(store=store, store_thread=thread, workers=workers))
        finally:
            workers.close()
            thread.submit(store.close).result()


def _workers(config: Config) -> Workers:
    reading = config.extraction
    return Workers(
        count=reading.workers, timeout=reading.timeout, memory=reading.memory, recycle=reading.recycle
    )


def _crawl(app: App) -> Result:
    process = AsyncCrawlerProcess(settings_for(app.config))
    stop = StopSignals(app)
    process.crawl(process.create_crawler(NewsSpider), app=app)
    with stop:
        process.start(install_signal_handlers=False)
    if app.error is not None:
        raise app.error
    return Result(app.summary, stop.received)


def app_for_scrapy(crawler: Crawler, *, source: str | None) -> App:
    """The application for `scrapy crawl news [-a source=NAME]`, where Scrapy and not `run` is in charge.

    Closed when the spider closes. Config and database are found as by the wirewatch command.
    """
    from crawler.cli.context import Context

    context = Context()
    config = context.config()
    wanted = tuple(one for one in config.sources if source in (None, one.name))
    if not wanted:
        raise UsageError(f"no source is named '{source}'" if source else "no sources are configured")
    crawler.settings.setdict(overrides(config), priority="cmdline")
    stack = ExitStack()
    lock = stack.enter_context(CrawlLock(lock_path(context.database)))
    thread = stack.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="store"))
    store = thread.submit(Store.open, context.database, durable=config.store.durable).result()
    stack.callback(lambda: thread.submit(store.close).result())
    workers = _workers(config)
    stack.callback(workers.close)
    crawler.signals.connect(stack.close, signal=signals.engine_stopped, weak=False)
    return App(
        config=config,
        store=store,
        store_thread=thread,
        workers=workers,
        job=Job(sources=wanted),
        after_kill=lock.after_kill,
    )


class StopSignals:
    """SIGINT and SIGTERM: the first ends the run cleanly, a second one at once.

    Cleanly means: nothing new is asked for, what is in flight ends and is stored; what has not ended within
    [crawl] drain seconds is given up, as by a second signal. At once means: the
    workers are killed and the process is gone; what was in flight is simply due again.
    """

    def __init__(self, app: App) -> None:
        self.received: int | None = None
        self._app = app
        self._before: dict[int, Any] = {}
        self._bound: threading.Timer | None = None

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._handle)

    def __exit__(self, *error: object) -> None:
        if self._bound is not None:
            self._bound.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @staticmethod
    def _at_once(number: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()
        os._exit(128 + number)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            self._at_once(number)
        self.received = number
        logger.warning("stopping: what is in flight is finished; once more to stop at once")
        self._bound = threading.Timer(self._app.config.crawl.drain, self._at_once, (number,))
        self._bound.daemon = True
        self._bound.start()
        loop = self._app.loop
        if loop is None:  # nothing has been asked of anybody yet
            raise SystemExit(128 + number)
        loop.call_soon_threadsafe(self._app.stop)
