"""What one run is to do, and by which clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawler.sources import Source

if TYPE_CHECKING:
    from crawler.config import Config


def utc_now() -> datetime:
    return datetime.now(UTC)


def _the_end() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one run is to do.

    `sources` are crawled; `urls` were named by hand and may be sites or articles. `due` crawls only what
    is due. `forever` is the service, and `changed` gives it the config when that has changed. `limit` counts
    stored articles. `onward` is asked when nothing is due any more: True says that the clock was moved on and
    more may be due.
    """

    sources: tuple[Source, ...] = ()
    urls: tuple[str, ...] = ()
    due: bool = False
    forever: bool = False
    limit: int | None = None
    since: datetime | None = None
    changed: Callable[[], Config | None] | None = None
    onward: Callable[[], bool] = _the_end

    @property
    def by_hand(self) -> bool:
        """A person waits for it."""
        return not (self.due or self.forever)
