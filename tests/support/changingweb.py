"""Three small outlets that publish and edit on command; a ledger of every edition of every article."""

from __future__ import annotations

import random
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from newsserver import Answer, NewsServer, article, listing, paragraphs, path_of, rss

OUTLETS = 3


class ChangingWeb:
    """`editions` maps each article's address to the opening lines it has had, the first one first."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.sites: list[NewsServer] = []
        self.editions: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        for _ in range(OUTLETS):
            site = self._stack.enter_context(NewsServer())
            self.sites.append(site)
            self._counts[site.url] = 0
            site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /search\n", type="text/plain")
            site.pages["/feed/"] = lambda site: rss(site.url, range(self._counts[site.url]))
            site.pages["/"] = lambda site: Answer(listing(range(self._counts[site.url])))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def asked(self) -> int:
        return sum(len(site.asked) for site in self.sites)

    def publish(self, each: int) -> None:
        """So many new articles at each outlet."""
        for site in self.sites:
            first = self._counts[site.url]
            for number in range(first, first + each):
                self._write(site, number)
            self._counts[site.url] += each

    def edit(self, count: int) -> None:
        """Give some articles another opening."""
        for _ in range(count):
            site = self._dice.choice(self.sites)
            self._write(site, self._dice.randrange(self._counts[site.url]))

    def _write(self, site: NewsServer, number: int) -> None:
        editions = self.editions.setdefault(site.url + path_of(number), [])
        place = self.sites.index(site)
        opening = (
            f"Edition {len(editions) + 1} of report {number} at outlet {place} was read aloud in the town hall "
            f"on Monday, before {number * 3 + 14} people who had waited for it since the {place + 3}th of the month."
        )
        body = "".join(f"<p>{line}</p>" for line in (opening, *paragraphs(number * OUTLETS + place)))
        site.pages[path_of(number)] = article(number, body=body)
        editions.append(opening)
