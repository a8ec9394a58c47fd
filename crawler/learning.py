"""Learning: a site's lines decided anew, and its stored articles cleaned by them, step by step."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.boilerplate.wishes import Wishes

if TYPE_CHECKING:
    from crawler.sources import Source
    from pipelines.store import Store

logger = logging.getLogger("wirewatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """What came of one site: its rules, those that are new or retired since, the articles cleaned."""

    site: str
    rules: int
    new: int
    retired: int
    cleaned: int

    def line(self) -> str:
        """`example.org: 5 rules (2 new, 0 retired), 31 articles cleaned`."""
        return (
            f"{self.site}: {self.rules} rules ({self.new} new, {self.retired} retired), "
            f"{self.cleaned} articles cleaned"
        )


class Learning:
    """One pass over the sites of a store, and over the articles not yet compared for copies.

    `reports` and `figures` grow as `steps` is run. `sources` are the configured ones, for their wishes;
    `of_sources` and `of_sites` name which sites to take, None all.
    """

    def __init__(
        self,
        store: Store,
        *,
        sources: Iterable[Source],
        clock: Callable[[], datetime],
        of_sources: Collection[str] | None = None,
        of_sites: Collection[str] | None = None,
    ) -> None:
        self.reports: list[SiteReport] = []
        self._store = store
        self._wishes = {source.name: wishes_of(source) for source in sources}
        self._of_sources = of_sources
        self._of_sites = of_sites
        self._clock = clock
        self._started = time.monotonic()

    def steps(self) -> Iterator[None]:
        """Yields after each transaction: between two, others may write, and a stop loses nothing."""
        pairs = [
            (source, site)
            for source, site in self._store.sites()
            if (self._of_sources is None or source in self._of_sources)
            and (self._of_sites is None or site in self._of_sites)
        ]
        for site in dict.fromkeys(site for _, site in pairs):
            yield from self._site(site, [source for source, other in pairs if other == site])
        # Articles of earlier versions, once; they may have become others just now.
        while self._store.sketch_some():
            yield

    def _site(self, site: str, sources: Collection[str]) -> Iterator[None]:
        before = {rule.mark for rule in self._store.line_rules(site) if rule.retired_at is None}
        rules = self._store.learn(site, now=self._clock())
        after = {rule.mark for rule in rules if rule.retired_at is None}
        yield
        cleaned = 0
        for source in sources:
            for count in self._clean(source, site):
                cleaned += count
                yield
        report = SiteReport(
            site=site, rules=len(after), new=len(after - before), retired=len(before - after), cleaned=cleaned
        )
        self.reports.append(report)
        if report.new or report.retired or report.cleaned:
            logger.info("%s", report.line())

    def _clean(self, source: str, site: str) -> Iterator[int]:
        wishes = self._wishes.get(source, Wishes())
        step = None
        while step is None or step.last is not None:
            step = self._store.clean_some(source, site, wishes=wishes, before=step, now=self._clock())
            yield step.cleaned

    def figures(self) -> dict[str, int | float]:
        """Sums over the sites, by name."""
        names = ("rules", "new", "retired", "cleaned")
        sums = {name: sum(getattr(report, name) for report in self.reports) for name in names}
        return {"sites": len(self.reports), **sums, "seconds": round(time.monotonic() - self._started, 1)}

    def line(self) -> str:
        return " ".join(f"{word}={count}" for word, count in self.figures().items())

    def json_line(self) -> str:
        return json.dumps({"summary": self.figures()})


def wishes_of(source: Source) -> Wishes:
    return Wishes.of(drop=source.drop_lines, keep=source.keep_lines)
