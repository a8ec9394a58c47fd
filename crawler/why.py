"""Why an address is, or is not, in the store: what is on record of it, and what would come of it now.

Reads the store only, and asks nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.robots import NO_RULES, Ruling, origin_of, product_token, read_robots
from pipelines.items import OUTCOME_MEANING, Article, HostState, Kind, Outcome, Target
from pipelines.urls import host_of, looks_like_article, site_of

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.sources import Source
    from pipelines.store import Alert, Store, VisitRow

# What an address can be in the store beside the outcome of its last visit.
WITHDRAWN, OTHER_ADDRESS, WAITING, UNKNOWN = "withdrawn", "other_address", "waiting", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What the copy at hand of an origin's robots.txt says of an address.

    `status` is how the file was answered at `fetched_at`, None when nobody answered; `group` is the agent
    that the rules are for; no `ruling` where nothing may be fetched until the file can be had.
    """

    fetched_at: datetime
    status: int | None
    group: str | None
    ruling: Ruling | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What would come of the address now.

    `outcome` is that of a visit that would end without the page being read, None where it would be read, or
    never asked for; `said` puts it in words. `source` is the one that would take the address; `shape`, 0 to
    1, how much it looks like an article's. `robots` is None where no copy is at hand.
    """

    source: str | None
    outcome: Outcome | None
    said: str
    shape: float
    robots: Robots | None
    objection: str | None
    left_alone: HostState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything on record of one address.

    `url` is its canonical form, `asked` what was typed. `found_on` is the kind of the page that named it
    (`target.discovered_via`). `addresses` are the article's others; `copies` the articles of its story but
    itself, `alerts` what was or is to be told of it. `visits` are the last ones, the first of them first;
    `more`: there are earlier ones.
    """

    url: str
    asked: str
    target: Target | None
    found_on: Kind | None
    article: Article | None
    addresses: tuple[str, ...]
    copies: tuple[Article, ...]
    visits: tuple[VisitRow, ...]
    more: bool
    alerts: tuple[Alert, ...]
    prospect: Prospect

    @property
    def state(self) -> str:
        """`stored`, `withdrawn` or `other_address`; else the last visit's outcome, `waiting`, `unknown`."""
        if self.article is not None:
            if self.url not in (self.article.url_canonical, self.article.url):
                return OTHER_ADDRESS
            return WITHDRAWN if self.article.withdrawn_at is not None else Outcome.STORED
        if self.visits:
            return self.visits[-1].outcome
        return WAITING if self.target is not None else UNKNOWN

    @property
    def said(self) -> str:
        """The state in a sentence."""
        article, last = self.article, self.visits[-1] if self.visits else None
        if article is not None and self.state == OTHER_ADDRESS:
            return f"another address of the article {article.id}, {article.url_canonical}"
        if article is not None and article.withdrawn_at is not None:
            return f"taken away by its publisher, as seen {minute(article.withdrawn_at)}; its text is kept"
        if article is not None:
            return f"in the store as {article.id}"
        if last is not None:
            return f"not in the store: {OUTCOME_MEANING[last.outcome]}" if self._is_article else _polled(last)
        if self.target is not None:
            return "found, and not visited yet"
        return "never seen"

    @property
    def _is_article(self) -> bool:
        return self.target is None or self.target.kind is Kind.ARTICLE


def account(
    store: Store, asked: str, url: str, *, config: Config, now: datetime, last: int | None
) -> Account:
    """All that the store and the config tell of the address `url`, with its `last` visits (None: all)."""
    target = store.target(url)
    article = store.article(url)
    visits = store.visits(
        url, article_id=article.id if article else None, last=None if last is None else last + 1
    )
    shown = visits if last is None else visits[-last:]
    via = store.target(target.discovered_via) if target else None
    others = store.addresses(article.id) if article else []
    copies = store.copies(article) if article else []
    return Account(
        url=url,
        asked=asked,
        target=target,
        found_on=via.kind if via else None,
        article=article,
        addresses=tuple(other for other in others if article and other != article.url_canonical),
        copies=tuple(copy for copy in copies if article and copy.id != article.id),
        visits=tuple(shown),
        more=len(shown) < len(visits),
        alerts=tuple(store.alerts_of(article.id)) if article else (),
        prospect=prospect(store, url, target, config=config, now=now),
    )


def source_of(url: str, target: Target | None, sources: Sequence[Source]) -> Source | None:
    """The source the address belongs to, or the first enabled one of its site."""
    if target is not None:
        return next((source for source in sources if source.name == target.source), None)
    site = site_of(host_of(url))
    return next((one for one in sources if one.enabled and site_of(host_of(one.url)) == site), None)


def prospect(store: Store, url: str, target: Target | None, *, config: Config, now: datetime) -> Prospect:
    """What would come of the address, in the order in which a crawl asks."""
    source = source_of(url, target, config.sources)
    name = target.source if target is not None else source.name if source is not None else None
    is_article = target is None or target.kind is Kind.ARTICLE
    objection = source.objection(url) if source is not None and is_article else None
    robots = robots_of(store, url, agent=config.network.agent)
    host = host_of(url)
    waiting = next((one for one in store.hosts() if one.host == host), None)
    left_alone = waiting if waiting is not None and _is_waiting(waiting, now) else None
    refused = _refused(url, config)
    outcome: Outcome | None = None
    if objection is not None:
        outcome, said = Outcome.FILTERED, f"would be left out by the patterns of {name}: {objection}"
    elif refused is not None:
        outcome, said = Outcome.NETWORK_ERROR, refused
    elif robots is not None and robots.ruling is None:
        outcome, said = Outcome.HTTP_ERROR, "would not be asked for while robots.txt cannot be had"
    elif robots is not None and robots.ruling is not None and not robots.ruling.allowed:
        outcome, said = Outcome.ROBOTS, f"would not be asked for: {robots.ruling.refusal}"
    elif left_alone is not None:
        until = f"{left_alone.not_before:%Y-%m-%d %H:%M:%S} UTC"
        said = f"would wait: {host} is left alone until {until} ({left_alone.reason or 'it failed'})"
    elif name is not None and store.is_off(name):
        said = f"is not asked for: the source {name} is switched off"
    else:
        said = _next(target, name, host, now)
    return Prospect(
        source=name,
        outcome=outcome,
        said=said,
        shape=round(looks_like_article(url), 2),
        robots=robots,
        objection=objection,
        left_alone=left_alone,
    )


def robots_of(store: Store, url: str, *, agent: str) -> Robots | None:
    """What the store's copy of the robots.txt of the address's origin says of it."""
    file = store.origin_file(origin_of(url))
    if file is None:
        return None
    rules = read_robots(file.body, agent=product_token(agent)) if file.body is not None else NO_RULES
    return Robots(
        fetched_at=file.fetched_at,
        status=file.status,
        group=rules.group,
        ruling=rules.ruling(url) if file.status is not None else None,
    )


def _next(target: Target | None, source: str | None, host: str, now: datetime) -> str:
    if target is not None and target.due_at is None:
        return "is not looked at again, but by hand"
    if target is not None and target.due_at is not None:
        return "is due now" if target.due_at <= now else f"is looked at again {minute(target.due_at)}"
    if source is None:
        return f"no source watches {site_of(host)}: only `wirewatch crawl` with this address would ask for it"
    return f"would be asked for once a feed, sitemap or listing of {source} names it"


def _is_waiting(host: HostState, now: datetime) -> bool:
    return host.not_before is not None and host.not_before > now


def _refused(url: str, config: Config) -> str | None:
    """For an address that is a number: names are looked up only when they are connected to."""
    parts = urlsplit(url)
    try:
        address = ip_address((parts.hostname or "").split("%", 1)[0])
    except ValueError:
        return None
    from crawler.middlewares.guard import networks, refusal

    network = config.network
    port = parts.port or (443 if parts.scheme == "https" else 80)
    why = refusal(address, port=port, allow=networks(network.allow), ports=network.ports)
    return f"would be {why}" if why is not None else None


def _polled(visit: VisitRow) -> str:
    return f"a {visit.kind.value} of {visit.source}; last look: {OUTCOME_MEANING[visit.outcome]}"


def minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
