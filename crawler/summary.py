"""The account of one run: visits by outcome and by source, the summary line, the exit code."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict

from pipelines.items import FAILURES, Outcome, Visit

SOME_FAILED = 3
ALL_FAILED = 4

# What a source's visit may end with and the source still not be counted as reached.
_NOT_REACHED = FAILURES | {Outcome.ROBOTS, Outcome.GONE}
# These stand in every summary line; the other outcomes when there were any.
_ALWAYS = (Outcome.STORED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.DUPLICATE)


class Summary:
    """Counts ended visits. A source failed when visits to it ended and none of them reached it."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.links = 0
        self._by_source: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
        self._unreachable: set[str] = set()
        self._started = time.monotonic()

    def count(self, visit: Visit) -> None:
        assert visit.outcome is not None
        self.outcomes[visit.outcome] += 1
        self._by_source[visit.target.source][visit.outcome] += 1
        self.links += len(visit.links)

    def source_failed(self, name: str) -> None:
        """A source that could not even be looked at."""
        self._unreachable.add(name)

    @property
    def sources(self) -> set[str]:
        return set(self._by_source) | self._unreachable

    @property
    def failed(self) -> set[str]:
        silent = {name for name, seen in self._by_source.items() if not set(seen) - _NOT_REACHED}
        return silent | (self._unreachable - set(self._by_source))

    @property
    def exit_code(self) -> int:
        """0, or 3 when some sources failed, 4 when every one did."""
        if not self.failed:
            return 0
        return ALL_FAILED if self.failed == self.sources else SOME_FAILED

    def figures(self) -> dict[str, int | float]:
        """All figures by name; every outcome has its word here, also with a count of 0."""
        seconds = round(time.monotonic() - self._started, 1)
        counts = {outcome.value: self.outcomes[outcome] for outcome in Outcome}
        return {"sources": len(self.sources), "failed": len(self.failed), **counts, "seconds": seconds}

    def line(self) -> str:
        """`sources=12 failed=1 stored=318 ...`: words with a count, and the four that are always there."""
        shown = {"sources", "failed", "seconds", *_ALWAYS}
        pairs = self.figures().items()
        return " ".join(f"{word}={count}" for word, count in pairs if count or word in shown)

    def json_line(self) -> str:
        return json.dumps({"summary": self.figures(), "failed_sources": sorted(self.failed)})
