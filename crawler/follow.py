"""Which of the links that were found become targets: wanted, not too deep, no trap, and not too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from crawler.discovery.traps import trap
from crawler.sources import Source
from pipelines.items import Kind, Link, Target
from pipelines.limits import LIMIT_OF, Limits
from pipelines.urls import host_of

# Listing pages are followed this far from the source's own pages: sections, and their further pages.
MAX_DEPTH = 10


class Followed:
    """The `links` worth a target, in their order, and how many were `left_out` for which limit.

    What the source does not want is not counted, and one that has gone from the config wants nothing.
    """

    def __init__(
        self,
        links: Iterable[Link],
        *,
        source: Source | None,
        target: Target,
        limits: Limits,
        now: datetime,
        room: Callable[[str, Kind], int],
        variants: Callable[[str, Kind], int],
    ) -> None:
        """`room` says how many more targets of a kind a host may have; `variants` how many addresses with
        this one's path and other parameters are known: of listings, or all of one article.
        """
        self._source, self._target, self._limits, self._now = source, target, limits, now
        self._room: dict[tuple[str, Kind], int] = {}
        self._ask = room
        self._variants = variants
        self._counts: dict[tuple[str, Kind], int] = {}
        self.left_out: Counter[str] = Counter()
        self.links = tuple(link for link in links if self._worth(link))

    @property
    def account(self) -> str:
        """`12 links`, and what was left out: `; left out: 3 future date, 500 sitemaps_per_host`."""
        said = ", ".join(f"{count} {why}" for why, count in self.left_out.most_common())
        return f"{len(self.links)} links" + (f"; left out: {said}" if said else "")

    def _worth(self, link: Link) -> bool:
        if not self._wanted(link):
            return False
        why = (
            trap(link.url, self._limits, now=self._now)
            or self._too_deep(link)
            or self._one_more(link)
            or self._too_many(link)
        )
        if why is not None:
            self.left_out[why] += 1
        return why is None

    def _wanted(self, link: Link) -> bool:
        if self._source is None:
            return False
        return self._source.wants(link.url) if link.kind is Kind.ARTICLE else self._source.discover

    def _too_deep(self, link: Link) -> str | None:
        depth = self._target.depth + link.depth
        if link.kind is Kind.SITEMAP and depth > self._limits.sitemap_depth:
            return "sitemap_depth"
        return "too deep" if link.kind is not Kind.ARTICLE and depth > MAX_DEPTH else None

    def _one_more(self, link: Link) -> str | None:
        """The trap of sections and stories that have another address for every visitor."""
        path, mark, _ = link.url.partition("?")
        if not mark or link.kind is Kind.SITEMAP:
            return None
        place = (path, link.kind)
        if place not in self._counts:
            self._counts[place] = self._variants(path, link.kind)
        if self._counts[place] >= self._limits.path_variants:
            return "path_variants"
        self._counts[place] += link.kind is not Kind.ARTICLE
        return None

    def _too_many(self, link: Link) -> str | None:
        place = (host_of(link.url), link.kind)
        if place not in self._room:
            self._room[place] = self._ask(*place)
        if self._room[place] <= 0:
            return LIMIT_OF[link.kind]
        self._room[place] -= 1
        return None
