"""Store: everything that is known, behind one class; the parts stand in the modules beside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import sqlalchemy as sa

from pipelines.boilerplate.wishes import Wishes
from pipelines.changes import ChangeKind
from pipelines.items import Article, HostState, Kind, Link, OriginFile, Target, Visit
from pipelines.limits import Limits
from pipelines.store import (
    articles,
    changes,
    cleaning,
    clock,
    copies,
    health,
    hosts,
    maintenance,
    rules,
    schema,
    search,
    sources,
    targets,
    visits,
)
from pipelines.store.changes import ChangeRow
from pipelines.store.cleaning import Step
from pipelines.store.database import CACHE, Database
from pipelines.store.desk import Desk
from pipelines.store.health import Changes, Episode, History
from pipelines.store.rules import LineRule
from pipelines.store.search import Filters, FilterWords, Hit, Order
from pipelines.store.sources import SourceRow
from pipelines.store.visits import VisitRow
from pipelines.store.watching import Watching

_NO_WISHES = Wishes()


class Store(Watching):
    """The sources, targets, visits and articles of one database.

    Every method is one transaction, so nothing is ever half done. One thread writes; any number of
    processes read (`readonly=True`), and others that write are waited for. Whatever the database cannot
    do is a StoreError of one line. Times are aware UTC datetimes.
    """

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url

    @classmethod
    def open(cls, url: str, *, readonly: bool = False, durable: bool = False, cache: int = CACHE) -> Self:
        """Open `sqlite:///FILE` (or a plain path, or `sqlite://` for one in memory).

        A writer creates a missing database and brings an older one up to date; a reader asks for
        `db upgrade`. `durable`: what a method has written outlasts a loss of power. `cache`: MiB
        of the database that each thread keeps in memory. Raises StoreVersionError
        for a newer one, StoreError for what is no such database.
        """
        return cls(Database.open(url, readonly=readonly, durable=durable, cache=cache), url)

    @property
    def url(self) -> str:
        """As it was opened."""
        return self._url

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def desk(self) -> Desk:
        """What the dashboard reads."""
        return Desk(self._database)

    # Sources

    def sync_source(
        self,
        name: str,
        url: str,
        *,
        configured: bool,
        enabled: bool,
        roots: Sequence[Link],
        now: datetime,
        replace: bool = True,
    ) -> None:
        """Add the source or bring it up to date, with its own feeds, sitemaps and listings as `roots`.

        New roots are due at once. With `replace`, roots that are named no longer are retired: they stay
        known, but are due no more.
        """
        with self._database.write() as connection:
            sources.sync_source(
                connection,
                name,
                url,
                configured=configured,
                enabled=enabled,
                roots=roots,
                now=now,
                replace=replace,
            )

    def sources(self) -> list[SourceRow]:
        """All sources, by name."""
        with self._database.read() as connection:
            return sources.list_sources(connection)

    def is_off(self, source: str) -> bool:
        """Whether the source is known and switched off."""
        with self._database.read() as connection:
            return sources.is_off(connection, source)

    def remove_source(self, name: str) -> bool:
        """Forget a source and its targets; its articles and the log of visits stay. Was it there?"""
        with self._database.write() as connection:
            return sources.remove_source(connection, name)

    def roots(self, source: str) -> list[Target]:
        """The source's own feeds, sitemaps and listings that are not retired, in that order."""
        with self._database.read() as connection:
            return sources.roots(connection, source)

    # Targets

    def add_targets(self, source: str, links: Iterable[Link], *, via: str, depth: int, now: datetime) -> int:
        """Add links as targets due at once; known URLs stay as they are. Returns how many were new.

        URLs are in canonical form. `depth` is that of the page they stand on. Other addresses of a stored
        article are not added, unless `via` is "manual".
        """
        with self._database.write() as connection:
            return len(targets.add_targets(connection, source, links, via=via, depth=depth, now=now))

    def room(self, source: str, host: str, kind: Kind, *, limits: Limits) -> int:
        """How many more targets of this kind a source may have at a host; articles: that wait for a visit."""
        with self._database.read() as connection:
            return targets.room(connection, source, host, kind, limits)

    def variants(self, path: str, kind: Kind) -> int:
        """How many known addresses are this one with parameters: of listings, or else of one article, if they
        all are of a single one.
        """
        with self._database.read() as connection:
            return targets.variants(connection, path, kind)

    def target(self, url: str) -> Target | None:
        with self._database.read() as connection:
            return targets.find_target(connection, url)

    def due(
        self,
        now: datetime,
        *,
        sources: Collection[str] | None = None,
        exclude_hosts: Collection[str] = (),
        limit: int = 100,
        roots_since: datetime | None = None,
        per_host: int = 1,
    ) -> list[Target]:
        """The targets to visit next, of enabled sources only, at most `per_host` of each host.

        None of a host that is to be left alone (`keep_hosts`, `end_visit`) until after `now`.
        Feeds come before sitemaps, listings and articles; then what has been due longest; then what was
        published last. With `roots_since`, each feed, sitemap and listing that is not retired is due once,
        until it was visited after that time, whatever its own due time: that is a crawl by hand.
        """
        with self._database.read() as connection:
            return targets.due(
                connection,
                now,
                of_sources=sources,
                exclude_hosts=exclude_hosts,
                limit=limit,
                roots_since=roots_since,
                per_host=per_host,
            )

    def next_due_at(self, sources: Collection[str] | None = None) -> datetime | None:
        """The earliest due time of any target of an enabled source, past ones included."""
        with self._database.read() as connection:
            return targets.next_due_at(connection, sources)

    def count_due(self, now: datetime, *, sources: Collection[str] | None = None) -> int:
        with self._database.read() as connection:
            return targets.count_due(connection, now, sources)

    def rhythms(self) -> list[tuple[str, str, Mapping[str, Any] | None]]:
        """(source, host, rhythm) of all feeds, sitemaps and listings that are due at some time."""
        with self._database.read() as connection:
            return targets.rhythms(connection)

    def mend_times(self, now: datetime) -> int:
        """Let what was planned by a clock that was ahead of this time be due; the number of targets."""
        with self._database.write() as connection:
            return clock.mend(connection, now)

    # Visits

    def end_visit(
        self,
        visit: Visit,
        *,
        plan: Callable[[Visit], Target],
        wishes: Wishes = _NO_WISHES,
        hosts: Collection[HostState] = (),
    ) -> Visit:
        """End a visit for good, in one transaction; returns it with outcome, reason and kept article.

        Without an outcome but with an article, decides it: `stored`, `updated` (the earlier state is kept
        as a revision), `unchanged`, or `duplicate` when the page is another address of a known article or
        has the very words of another one of the same source. Then the links become targets, the target
        gets its next due time and its rhythm from `plan` (called once, with the final outcome and the fresh
        links), and the visit is logged.
        The validators for conditional requests are kept only from pages that were made full use of.
        `hosts` are the states of hosts that its requests have changed.

        The lines of the reading count for what is learned of its site, and the rules of that moment are
        applied to it. A known article that they leave otherwise becomes a revision by "cleaning" first.

        A page that is gone, or leads to the home page, a section or another article, marks the article that
        was read there as withdrawn: `gone`, and its text stays. One that is read again is no longer
        withdrawn. What changed is kept by kind.
        """
        with self._database.write() as connection:
            return visits.end_visit(connection, visit, plan=plan, wishes=wishes, states=hosts)

    def prune_visits(self, before: datetime) -> int:
        """Forget some of the visits that ended before that time; returns how many, 0 when none are left."""
        with self._database.write() as connection:
            return visits.prune(connection, before)

    def visits(self, url: str, *, article_id: str | None = None, last: int | None = None) -> list[VisitRow]:
        """The visits of an address, those that found this article elsewhere too, the first one first.

        `last` is the number of newest ones, None for all.
        """
        with self._database.read() as connection:
            return visits.list_visits(connection, url, article_id=article_id, last=last)

    def foresee(self, visit: Visit, *, wishes: Wishes = _NO_WISHES) -> Visit:
        """The visit as `end_visit` would end it now, its place among copies left out; nothing is written."""
        with self._database.read() as connection:
            return visits.foresee(connection, visit, wishes=wishes)

    # Hosts

    def hosts(self) -> list[HostState]:
        """Every host of which something is remembered."""
        with self._database.read() as connection:
            return hosts.list_hosts(connection)

    def keep_hosts(self, states: Collection[HostState]) -> None:
        with self._database.write() as connection:
            hosts.keep_hosts(connection, states)

    def forgive(self, sources: Collection[str], others: Collection[str] = ()) -> None:
        """Let the hosts of these sources, and those named, be tried at once, unless they asked for it."""
        with self._database.write() as connection:
            hosts.forgive(connection, sources, others)

    def waiting(
        self, now: datetime, *, sources: Collection[str], roots_since: datetime | None = None
    ) -> list[tuple[HostState, int]]:
        """The hosts left alone now, those free first first, each with the number of these sources' targets
        that `due` would give if it were not."""
        with self._database.read() as connection:
            return hosts.waiting(connection, now, sources, roots_since)

    def asked_since(self, since: datetime) -> list[tuple[str, datetime]]:
        """(address, when) of the requests on record since then."""
        with self._database.read() as connection:
            return hosts.asked_since(connection, since)

    def origin_file(self, origin: str) -> OriginFile | None:
        """The robots.txt of an origin, or another file by its whole address, as it was answered last."""
        with self._database.read() as connection:
            return hosts.origin_file(connection, origin)

    def keep_origin_file(self, file: OriginFile) -> None:
        with self._database.write() as connection:
            hosts.keep_origin_file(connection, file)

    # Articles

    def article(self, name: str) -> Article | None:
        """By id, the unique start of one, or any of its URLs. UsageError when several ids start so."""
        with self._database.read() as connection:
            return articles.find(connection, name)

    def addresses(self, article_id: str) -> list[str]:
        """The addresses an article is known under beside its canonical one, in order."""
        with self._database.read() as connection:
            return articles.addresses(connection, article_id)

    def articles(
        self,
        *,
        source: str | None = None,
        language: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Article]:
        """Articles, newest first, streamed from one state of the database.

        Newest by `published_at`, or by `first_seen_at` where that is unknown or in the future; `since` and
        `until` (not included) mean the same date.
        """
        where = articles.conditions(source=source, language=language, since=since, until=until)
        with self._database.read() as connection:
            yield from articles.stream(connection, where, limit)

    def revisions(self, article_id: str) -> list[Article]:
        """All states of an article, the first one first, the present one last."""
        with self._database.read() as connection:
            return articles.history(connection, article_id)

    def changes_of(self, article_id: str) -> list[ChangeRow]:
        """What happened to an article, the first first; nothing of revisions older than that table."""
        with self._database.read() as connection:
            return changes.of_article(connection, article_id)

    def changes(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Collection[ChangeKind] = (),
        source: str | None = None,
        limit: int | None = None,
        before: int | None = None,
    ) -> list[ChangeRow]:
        """What changed in articles, newest first by when we found it.

        `kinds` empty are all, `until` is not included; `before` is the id of the last one of the page before.
        """
        with self._database.read() as connection:
            return changes.list_changes(
                connection, since=since, until=until, kinds=kinds, source=source, limit=limit, before=before
            )

    # Copies of one story

    def copies(self, article: Article) -> list[Article]:
        """All articles of its cluster, itself included, as they were seen: the first one first."""
        with self._database.read() as connection:
            return copies.members(connection, article)

    def find_copy(self, text: str) -> str | None:
        """The id of a stored article that this text copies, or that copies it; not always the first one."""
        with self._database.read() as connection:
            return copies.find(connection, text)

    def sketch_some(self) -> int:
        """Place articles of earlier versions among copies, 100 at a time; 0 when none are left."""
        with self._database.write() as connection:
            return copies.sketch_some(connection)

    # Lines learned per site

    def known_lines(self, site: str, *, wishes: Wishes = _NO_WISHES) -> frozenset[int]:
        """The fingerprints of the lines to take out of a site's articles."""
        with self._database.read() as connection:
            return rules.rules_of(connection, site, wishes).active

    def line_rules(self, site: str) -> list[LineRule]:
        """A site's rules, retired ones too, those seen most often first."""
        with self._database.read() as connection:
            return rules.list_rules(connection, site)

    def sites(self) -> list[tuple[str, str]]:
        """(source, site) of all articles, in order; a site is what `Article.domain` says."""
        with self._database.read() as connection:
            return cleaning.sites(connection)

    def learn(self, site: str, *, now: datetime) -> list[LineRule]:
        """Decide a site's rules anew from its newest articles; returns them, retired ones too."""
        with self._database.write() as connection:
            rules.observe_unseen(connection, site)
            rules.learn(connection, site, now)
            return rules.list_rules(connection, site)

    def clean_some(
        self, source: str, site: str, *, wishes: Wishes = _NO_WISHES, before: Step | None, now: datetime
    ) -> Step:
        """Clean the next batch of a source's articles on a site by the rules as they are.

        Begin with `before=None`, go on with the step that was returned until its `last` is None. Nothing
        is done when all articles were cleaned by these very rules already.
        """
        with self._database.write() as connection:
            return cleaning.clean_some(connection, source, site, wishes=wishes, before=before, now=now)

    def search(
        self,
        query: str,
        *,
        source: str | None = None,
        language: str | None = None,
        section: str | None = None,
        author: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 20,
        offset: int = 0,
        unique: bool = False,
        order: Order = "relevance",
        before: int | None = None,
    ) -> list[Hit]:
        """Articles that match; pipelines.query says what a query may be. No query is an error.

        "relevance" ranks the newest 2,000 matches, and these only, by words found (title counts five
        times); without a query, it is the newest by date, as `articles` has them. "newest" is the order of
        storing backwards, and streams: as fast in a large store as in a small one; `before` is the `place` of
        the last hit of the page before. The filters mean what source:, language:, section: and author: mean
        in a query, `since` and `until` (not included) the date of an article as in `articles`. `unique` gives
        one article a story: of the copies that match, the one seen first.
        """
        filters = Filters(
            source=source, language=language, section=section, author=author,
            since=since, until=until, unique=unique, before=before,
        )  # fmt: skip
        with self._database.read() as connection:
            return search.search(connection, query, filters, order=order, limit=limit, offset=offset)

    def count_matches(self, query: str, *, at_most: int = 10_000, **filters: Unpack[FilterWords]) -> int:
        """How many articles `search` finds with these filters, but no more than that."""
        with self._database.read() as connection:
            return search.count(connection, query, Filters(**filters), at_most=at_most)

    # Health

    def watched(self) -> list[str]:
        """The names of the sources whose health is judged: the enabled ones."""
        with self._database.read() as connection:
            return health.watched(connection)

    def histories(self, names: Iterable[str], *, now: datetime) -> list[History]:
        """What these sources are judged by, of one state of the database; some 2 ms each."""
        with self._database.read() as connection:
            return list(health.histories(connection, names, now=now))

    def keep_findings(
        self, found: Iterable[Episode], *, of_sources: Collection[str], now: datetime
    ) -> Changes:
        """Let the episodes be those of these findings, the only ones of the sources that were looked at."""
        with self._database.write() as connection:
            return health.keep_findings(connection, found, of_sources=of_sources, now=now)

    def episodes(self, *, ended_since: datetime) -> list[Episode]:
        """Those that hold, and those that ended since; the one that began first comes first."""
        with self._database.read() as connection:
            return health.list_episodes(connection, ended_since=ended_since)

    # The whole

    def counts(self) -> Mapping[str, int]:
        """The number of sources, targets, articles, revisions and visits."""
        tables = (schema.sources, schema.targets, schema.articles, schema.revisions, schema.visits)
        with self._database.read() as connection:
            return {
                table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                for table in tables
            }

    def check(self) -> list[str]:
        """What is wrong with the database, a line each; for one that cannot be opened: check_database."""
        return maintenance.check(self._url)

    def backup(self, path: Path) -> None:
        """Copy the database into a new file while it is in use. StoreError when the file exists."""
        maintenance.backup(self._url, path)
