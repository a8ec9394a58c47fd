"""What a person sees of a running crawl: a live table on a terminal, plain log lines elsewhere."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from pipelines.items import FAILURES, Outcome, Visit

logger = logging.getLogger("wirewatch")


@dataclass(slots=True)
class _Row:
    found: int = 0
    fetched: int = 0
    stored: int = 0
    errors: int = 0
    last: str = ""


class Progress:
    """A context manager; call it with each ended visit. Draws only when the console is a terminal."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._rows: defaultdict[str, _Row] = defaultdict(_Row)
        self._live: Live | None = None
        self._quiet = quiet
        self._started = time.monotonic()
        if console.is_terminal and not quiet:
            self._live = Live(
                console=console, get_renderable=self._table, refresh_per_second=4, transient=True
            )

    @property
    def draws(self) -> bool:
        return self._live is not None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, visit: Visit) -> None:
        assert visit.outcome is not None
        row = self._rows[visit.target.source]
        row.fetched += 1
        row.found += len(visit.links)
        row.stored += visit.outcome in (Outcome.STORED, Outcome.UPDATED)
        row.errors += visit.outcome in FAILURES
        row.last = escape(f"{visit.outcome} {visit.article.title if visit.article else visit.target.url}")
        if self._live is None:
            _log(visit)

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column("source", style="bold", no_wrap=True)
        for name in ("found", "fetched", "stored", "errors"):
            table.add_column(name, justify="right")
        table.add_column("last", overflow="ellipsis", no_wrap=True, style="dim")
        for name, row in self._rows.items():
            errors = f"[red]{row.errors}[/red]" if row.errors else "0"
            table.add_row(name, str(row.found), str(row.fetched), str(row.stored), errors, row.last)
        table.caption = f"{time.monotonic() - self._started:.0f} s; Ctrl-C stops cleanly"
        table.caption_justify = "left"
        return table


def _log(visit: Visit) -> None:
    outcome, target = visit.outcome, visit.target
    detail = visit.article.title if visit.article is not None else (visit.reason or "")
    level = logging.WARNING if outcome in FAILURES else logging.INFO
    extra = {"source": target.source, "outcome": outcome, "url": target.url}
    logger.log(level, "%s %s %s %s", target.source, outcome, target.url, detail, extra=extra)
