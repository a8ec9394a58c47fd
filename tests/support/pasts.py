"""A source's past, written into a store by the same calls as a crawl makes: polls and first readings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.schedule.plan import Rules, planned
from pipelines.items import Article, Cut, Kind, Link, Outcome, Page, Target, Visit
from pipelines.store import Store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = Rules(min_interval=timedelta(minutes=5), max_interval=6 * HOUR)


class Past:
    """One source with one feed."""

    def __init__(self, store: Store, *, url: str, begin: datetime, name: str = "n") -> None:
        self.store, self.name, self.url = store, name, url
        self.feed = f"{url}/feed/"
        roots = [Link(url=self.feed, kind=Kind.FEED)]
        store.sync_source(name, f"{url}/", configured=True, enabled=True, roots=roots, now=begin)

    def poll(
        self,
        at: datetime,
        links: Iterable[Link] = (),
        *,
        outcome: Outcome = Outcome.LINKS,
        reason: str | None = None,
        final_url: str | None = None,
    ) -> Visit:
        target = self.store.target(self.feed)
        assert target is not None
        page = None if outcome is Outcome.NETWORK_ERROR else self._page(target, at, final_url)
        return self._end(
            Visit(
                target=target, started_at=at, page=page, links=tuple(links), outcome=outcome, reason=reason
            ),
            at,
        )

    def publish(self, times: Iterable[datetime], *, until: datetime, every: timedelta = 6 * HOUR) -> None:
        """Polls from the first of these times on; each shows the articles of the times since the last one."""
        waiting = sorted(times)
        at, number = waiting[0] - every, 0
        while at <= until:
            new = [when for when in waiting if when <= at]
            waiting = waiting[len(new) :]
            links = [self.link(number + step, when) for step, when in enumerate(new)]
            number += len(new)
            self.poll(at, links)
            at += every

    def link(self, number: int, when: datetime | None = None) -> Link:
        return Link(url=f"{self.url}/2026/report-{number}", published_at=when)

    def read(
        self,
        at: datetime,
        number: int,
        *,
        words: int = 600,
        outcome: Outcome | None = None,
        cuts: tuple[Cut, ...] = (),
        **fields: object,
    ) -> Visit:
        """A first reading of an article page: stored unless an outcome says otherwise."""
        link = self.link(number)
        self.store.add_targets(self.name, [link], via=self.feed, depth=0, now=at)
        target = self.store.target(link.url)
        assert target is not None
        article = Article(
            id="",
            url=link.url,
            url_canonical=link.url,
            source=self.name,
            domain="n.example",
            title=f"Report {number}",
            text=f"Report {number}. " + "word " * words,
            word_count=words,
            published_at=at,
            first_seen_at=at,
            last_seen_at=at,
            **fields,  # type: ignore[arg-type]
        )
        read = article if outcome is None else None
        page = self._page(target, at, None)
        return self._end(
            Visit(target=target, started_at=at, page=page, article=read, outcome=outcome, cuts=cuts), at
        )

    def _page(self, target: Target, at: datetime, final_url: str | None) -> Page:
        return Page(
            url=target.url,
            final_url=final_url or target.url,
            status=200,
            headers={},
            body=at.isoformat().encode(),
            fetched_at=at,
        )

    def _end(self, visit: Visit, at: datetime) -> Visit:
        return self.store.end_visit(replace(visit, ended_at=at), plan=lambda ended: planned(ended, RULES))
