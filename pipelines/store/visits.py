"""Ending a visit: its one outcome, and everything that follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.boilerplate.wishes import Wishes
from pipelines.changes import Change, ChangeKind, changes_between
from pipelines.cleaning import as_cleaned_today, with_text, without_lines
from pipelines.gaps import missed_some
from pipelines.items import FAILURES, Article, Grounds, HostState, Kind, Link, Outcome, Target, Visit
from pipelines.revise import absence, by_publisher, changed, merge, same_story
from pipelines.store import articles as kept
from pipelines.store import changes as noted
from pipelines.store import copies
from pipelines.store import rules as learned
from pipelines.store.database import Prepared
from pipelines.store.hosts import keep_hosts
from pipelines.store.schema import priority, targets, visits
from pipelines.store.sources import has_source
from pipelines.store.targets import add_targets, catch_up, new_row
from pipelines.store.types import clean_text

# The target as it is to be from now on: `due_at` and `rhythm` count, the rest is left as it is.
Plan = Callable[[Visit], Target]

_KEPT = frozenset({Outcome.STORED, Outcome.UPDATED, Outcome.UNCHANGED})
# So many earlier states tell what comes and goes; our own cleaning may stand between two of them.
_EARLIER = 6
# Old visits forgotten in one transaction.
_BATCH = 1000
# Only a page that was made full use of may be asked for conditionally: else a 304 would hide for ever
# what a worker failed to read.
_USED = _KEPT | {Outcome.LINKS, Outcome.DUPLICATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """An ended visit as it was logged. `bytes` is the size of the body, `links` the number found, `fresh`
    the number of articles among them that nobody had named before; `gap` says that more may have been missed.
    `hops` are those of the Page, `cuts` lines taken away, each with its "rule".
    """

    url: str
    source: str
    kind: Kind
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    reason: str | None
    status: int | None
    final_url: str | None
    hops: tuple[tuple[str, str], ...]
    bytes: int | None
    article_id: str | None
    links: int
    fresh: int
    gap: bool
    timings: Mapping[str, float]
    cuts: tuple[Mapping[str, str], ...]
    grounds: Grounds | None


@dataclass(frozen=True, slots=True)
class _Decision:
    """What becomes of a visit; `same` are the addresses of the article beside its canonical one.

    `recleaned` is the known article after today's rules, where they change it: a revision of its own, made of
    `known`. `changes` are those of the article; `left` is another one whose address now leads to this one.
    `placed` says where a new or changed article stands among copies.
    """

    outcome: Outcome
    reason: str | None
    article: Article | None = None
    same: frozenset[str] = frozenset()
    known: Article | None = None
    recleaned: Article | None = None
    changes: tuple[Change, ...] = ()
    left: Article | None = None
    placed: copies.Placed | None = None


# Built once: each ended visit needs them, and putting a statement together takes longer than carrying it out.
_LOG = Prepared(sa.insert(visits), visits.c.keys()[1:])


def _ended() -> sa.Executable:
    """Writes the row of a target whose visit ended, adding one that is not there (asked for by hand).

    `replace` says that the validators are those of the answer, whatever they are; else only what is given
    takes the place of what was known.
    """
    row = insert(targets)
    new, old = row.excluded, targets.c
    return row.on_conflict_do_update(
        index_elements=["url"],
        set_={
            "failures": sa.case((new.failures > 0, old.failures + 1), else_=0),
            "visits": old.visits + 1,
            **{name: new[name] for name in ("last_visited_at", "due_at", "rhythm")},
            **{
                name: sa.case(
                    (sa.bindparam("replace", type_=sa.Boolean), new[name]),
                    else_=sa.func.coalesce(new[name], old[name]),
                )
                for name in ("etag", "last_modified", "body_hash")
            },
        },
    ).returning(targets.c.id)


_END_TARGET = Prepared(
    _ended(),
    "url kind priority host source depth discovered_via hint_title hint_published_at failures visits "
    "found_at last_visited_at due_at rhythm etag last_modified body_hash replace".split(),
)


def end_visit(
    connection: sa.Connection, visit: Visit, *, plan: Plan, wishes: Wishes, states: Collection[HostState]
) -> Visit:
    now = visit.ended_at or datetime.now(UTC)
    visit = replace(visit, ended_at=now)
    read = visit.article
    decision = _among_copies(connection, _decide(connection, visit, wishes))
    visit = replace(visit, outcome=decision.outcome, reason=decision.reason, article=decision.article)
    article_key = _keep(connection, visit, decision)
    if read is not None and decision.article is not None and decision.outcome in _KEPT:
        text = clean_text(read.text)
        learned.observe(connection, decision.article, text=text, cuts=visit.cuts, now=now)
        if decision.outcome is Outcome.STORED:
            learned.learn_when_due(connection, decision.article.domain, now)
    target_id = None
    if has_source(connection, visit.target.source):
        via, depth = visit.target.url, visit.target.depth
        added = add_targets(connection, visit.target.source, visit.links, via=via, depth=depth, now=now)
        visit = replace(visit, fresh=tuple(link for link in added if link.kind is Kind.ARTICLE))
        if missed_some(visit):
            visit = replace(visit, reason=f"{visit.reason or 'links'}, all of them new: some may be missing")
            if visit.target.kind is Kind.FEED:
                catch_up(connection, visit)
        planned = plan(visit)
        target_id = _end_target(connection, visit, planned)
        _end_other_addresses(connection, visit, decision, target_id=target_id, due_at=planned.due_at)
    keep_hosts(connection, states)
    _log(connection, visit, target_id=target_id, article_key=article_key)
    return visit


def foresee(connection: sa.Connection, visit: Visit, *, wishes: Wishes) -> Visit:
    """The visit with the outcome that it would have; nothing is written."""
    visit = replace(visit, ended_at=visit.ended_at or datetime.now(UTC))
    decision = _decide(connection, visit, wishes)
    return replace(visit, outcome=decision.outcome, reason=decision.reason, article=decision.article)


def _decide(connection: sa.Connection, visit: Visit, wishes: Wishes) -> _Decision:
    away = _withdrawn(connection, visit)
    if away is not None:
        return away
    if visit.outcome is not None:
        return _Decision(visit.outcome, visit.reason, visit.article)
    if visit.article is not None:
        rules = learned.rules_of(connection, visit.article.domain, wishes)
        # A rule may be younger than the reading.
        article = with_text(visit.article, without_lines(visit.article.text, rules.active))
        return _decide_article(connection, kept.cleaned(article), visit, rules)
    if visit.links or visit.target.kind is not Kind.ARTICLE:
        return _Decision(Outcome.LINKS, visit.reason)
    return _Decision(Outcome.PARSE_ERROR, visit.reason or "nothing was read from the page")


def _withdrawn(connection: sa.Connection, visit: Visit) -> _Decision | None:
    """The end of a visit that found the article it was about to read again taken away."""
    reason = absence(visit) if _is_reread(visit) else None
    found = _read_here(connection, visit) if reason is not None else None
    if found is None or (visit.article is not None and same_story(found, visit.article)):
        return None
    if found.withdrawn_at is not None:
        return _Decision(Outcome.GONE, reason, found)
    change = Change(kind=ChangeKind.WITHDRAWN)
    return _Decision(Outcome.GONE, reason, replace(found, withdrawn_at=visit.ended_at), changes=(change,))


def _is_reread(visit: Visit) -> bool:
    return visit.target.kind is Kind.ARTICLE and visit.target.visits > 0


def _read_here(connection: sa.Connection, visit: Visit) -> Article | None:
    """The article that is read from the visited address."""
    address = clean_text(visit.target.url)
    found = kept.by_address(connection, [address])
    return found if found is not None and _read_at(found, frozenset({address})) else None


def _left(connection: sa.Connection, visit: Visit, article: Article) -> Article | None:
    """The article that was read from the visited address, where that now leads to another one."""
    if visit.page is None or visit.page.final_url == visit.target.url or not _is_reread(visit):
        return None
    found = _read_here(connection, visit)
    return found if found is not None and found.id != article.id and found.withdrawn_at is None else None


def _decide_article(
    connection: sa.Connection, article: Article, visit: Visit, rules: learned.SiteRules
) -> _Decision:
    addresses = _addresses(visit, article)
    if not kept.is_known(connection, article, addresses | {article.url_canonical}):
        return _Decision(Outcome.STORED, visit.reason, article, addresses - {article.url_canonical})
    known = kept.by_canonical(connection, article.url_canonical)
    if known is not None and not _read_at(known, addresses):
        if same_story(known, article):
            return _other_address(known, addresses)
        # A template that names one canonical URL on every page would make all articles one.
        article = kept.cleaned(replace(article, url_canonical=article.url))
        known = kept.by_canonical(connection, article.url_canonical)
    if known is None:
        known = _known_here(connection, article, addresses)
        if known is not None and not _read_at(known, addresses):
            return _other_address(known, addresses | {article.url_canonical})
    if known is None and (twin := kept.by_content(connection, article)):
        if twin.withdrawn_at is None:
            return _Decision(Outcome.DUPLICATE, f"same text as {twin.url_canonical}", twin, addresses)
        known = twin  # taken away there, to be put here
    if known is None:
        left = _left(connection, visit, article)
        same = addresses - {article.url_canonical}
        return _Decision(Outcome.STORED, visit.reason, article, same, left=left)
    return _decide_reread(connection, known, article, visit, rules)


def _decide_reread(
    connection: sa.Connection, known: Article, article: Article, visit: Visit, rules: learned.SiteRules
) -> _Decision:
    ours = as_cleaned_today(known, article, active=rules.active, ever=rules.ever)
    edits: tuple[Change, ...] = ()
    if (ours.title, ours.text) != (article.title, article.text):
        before = [known, *kept.earlier(connection, known.id, _EARLIER)]
        states = by_publisher(before if ours is known else [ours, *before])
        edits = changed(ours, article, states[1:])
    outcome = Outcome.UPDATED if edits else Outcome.UNCHANGED
    merged = merge(ours, article, outcome)
    events = [*_moves(connection, known, article)]
    if known.withdrawn_at is not None:
        events.append(Change(kind=ChangeKind.RESTORED))
    same = (_addresses(visit, article) | {article.url_canonical}) - {merged.url_canonical}
    return _Decision(
        outcome,
        visit.reason,
        merged,
        same,
        known=known,
        recleaned=None if ours is known else ours,
        changes=(*events, *edits),
    )


def _moves(connection: sa.Connection, known: Article, article: Article) -> Iterator[Change]:
    """That the article stands at an address under which it was not known."""
    url = article.url_canonical
    if url not in (known.url_canonical, known.url) and not kept.is_address(connection, known.id, url):
        yield Change(kind=ChangeKind.MOVED, before=known.url, after=url)


def _read_at(known: Article, addresses: frozenset[str]) -> bool:
    """Whether the page just read is where the article is read from, or should be."""
    return not addresses.isdisjoint({known.url_canonical, known.url})


def _other_address(known: Article, addresses: frozenset[str]) -> _Decision:
    reason = f"another address of {known.url_canonical}"
    return _Decision(Outcome.DUPLICATE, reason, known, addresses - {known.url_canonical})


def _addresses(visit: Visit, article: Article) -> frozenset[str]:
    """Where the page was read: as asked for, as answered, and in canonical form."""
    final = {clean_text(visit.page.final_url)} if visit.page is not None else set()
    return frozenset({clean_text(visit.target.url), article.url} | final)


def _known_here(connection: sa.Connection, article: Article, addresses: frozenset[str]) -> Article | None:
    """The article one of these is an address of, if the page still carries it: its canonical URL changed."""
    found = kept.by_address(connection, addresses | {article.url_canonical})
    return found if found is not None and same_story(found, article) else None


def _among_copies(connection: sa.Connection, decision: _Decision) -> _Decision:
    """A new or changed text takes its place among the copies of its story."""
    article = decision.article
    if article is None or decision.outcome not in (Outcome.STORED, Outcome.UPDATED):
        return decision
    placed = copies.place(connection, article, known=decision.outcome is Outcome.UPDATED)
    return replace(decision, article=placed.article, placed=placed)


def _keep(connection: sa.Connection, visit: Visit, decision: _Decision) -> str | None:
    article = decision.article
    assert visit.ended_at is not None
    if decision.outcome is Outcome.NOT_MODIFIED:
        return _seen_again(connection, visit.target.url, visit.ended_at)
    if decision.left is not None:
        _withdraw(connection, decision.left, visit.ended_at)
    if article is None or visit.outcome not in _KEPT | {Outcome.DUPLICATE, Outcome.GONE}:
        return None
    if decision.recleaned is not None and decision.known is not None:
        kept.keep_revision(connection, decision.recleaned)
        ours = changes_between(decision.known, decision.recleaned)
        noted.keep(connection, decision.recleaned, ours, visit.ended_at)
    if decision.outcome is Outcome.STORED:
        kept.drop_address(connection, article.url_canonical)
        pk = kept.keep_new(connection, article)
        copies.note(connection, pk, decision.placed)
    elif decision.outcome is Outcome.UPDATED:
        kept.keep_revision(connection, article)
    elif decision.outcome is Outcome.UNCHANGED:
        kept.touch(connection, article)
    elif decision.outcome is Outcome.GONE and decision.changes:
        kept.withdraw(connection, article.id, visit.ended_at)
    noted.keep(connection, article, decision.changes, visit.ended_at)
    if decision.same:
        kept.add_addresses(connection, article.id, decision.same)
    return article.id


def _seen_again(connection: sa.Connection, url: str, now: datetime) -> str | None:
    found = kept.seen_again(connection, url, now)
    if found is None:
        return None
    if found.withdrawn_at is not None:
        noted.keep(connection, found, [Change(kind=ChangeKind.RESTORED)], now)
    return found.id


def _withdraw(connection: sa.Connection, article: Article, now: datetime) -> None:
    kept.withdraw(connection, article.id, now)
    noted.keep(connection, article, [Change(kind=ChangeKind.WITHDRAWN)], now)


def _end_target(connection: sa.Connection, visit: Visit, planned: Target) -> int:
    target = visit.target
    validators = _validators(visit)
    row = {
        "url": target.url,
        "kind": target.kind.value,
        "priority": priority(target.kind, target.depth),
        "host": target.host,
        "source": target.source,
        "depth": target.depth,
        "discovered_via": target.discovered_via,
        "hint_title": target.hint_title,
        "hint_published_at": target.hint_published_at,
        "failures": int(visit.outcome in FAILURES),
        "visits": 1,
        "found_at": visit.started_at,
        "last_visited_at": visit.ended_at,
        "due_at": planned.due_at,
        "rhythm": planned.rhythm,
        "etag": validators.get("etag"),
        "last_modified": validators.get("last_modified"),
        "body_hash": validators.get("body_hash"),
        "replace": "body_hash" in validators,
    }
    key: int = _END_TARGET.execute(connection, row).fetchone()[0]
    return key


def _validators(visit: Visit) -> dict[str, str | None]:
    """What to send with the next request, from an answer that was made full use of; then with the digest of
    its body."""
    page = visit.page
    if page is None:
        return {}
    sent = {"etag": page.headers.get("etag"), "last_modified": page.headers.get("last-modified")}
    if visit.outcome is Outcome.NOT_MODIFIED:
        return {name: value for name, value in sent.items() if value is not None}
    if visit.outcome not in _USED:
        return {}
    return {**sent, "body_hash": blake2b(page.body, digest_size=16).hexdigest()}


def _end_other_addresses(
    connection: sa.Connection, visit: Visit, decision: _Decision, *, target_id: int, due_at: datetime | None
) -> None:
    """Let no other address of the article just read be fetched as if it were another article."""
    article = decision.article
    if article is None or visit.outcome not in _KEPT | {Outcome.DUPLICATE}:
        return
    for url in decision.same:
        unread = sa.and_(targets.c.kind == Kind.ARTICLE, targets.c.visits == 0, targets.c.id != target_id)
        connection.execute(sa.update(targets).where(targets.c.url == url, unread).values(due_at=None))
    final = visit.page.final_url if visit.page is not None else visit.target.url
    read_there = article.url_canonical in (article.url, final)
    moved = read_there and visit.target.url != article.url_canonical and visit.target.kind is Kind.ARTICLE
    if moved and visit.outcome in _KEPT:
        _move_target(connection, visit, article.url_canonical, due_at=due_at)
        connection.execute(sa.update(targets).where(targets.c.id == target_id).values(due_at=None))


def _move_target(connection: sa.Connection, visit: Visit, url: str, *, due_at: datetime | None) -> None:
    """The page was read at its canonical URL by way of a redirect: from now on it is visited there."""
    assert visit.ended_at is not None
    here = targets.c.url == url
    fresh = connection.scalar(sa.select(targets.c.visits).where(here))
    if fresh is None:
        old = visit.target
        link = Link(url=url, title=old.hint_title, published_at=old.hint_published_at)
        via, depth = old.discovered_via, old.depth
        row = new_row(old.source, link, via=via, depth=depth, now=visit.ended_at)
        if row is not None:
            connection.execute(insert(targets).values(row))
    if not fresh:
        read = {"visits": 1, "last_visited_at": visit.ended_at, "due_at": due_at, **_validators(visit)}
        connection.execute(sa.update(targets).where(here, targets.c.kind == Kind.ARTICLE).values(read))


def _log(connection: sa.Connection, visit: Visit, *, target_id: int | None, article_key: str | None) -> None:
    page = visit.page
    cuts = (
        [{"line": cut.line, "rule": cut.rule} for cut in visit.cuts]
        if visit.outcome is not Outcome.UNCHANGED
        else []
    )
    row = {
        "target_id": target_id,
        "url": visit.target.url,
        "source": visit.target.source,
        "kind": visit.target.kind.value,
        "started_at": visit.started_at,
        "ended_at": visit.ended_at,
        "outcome": visit.outcome,
        "reason": visit.reason,
        "status": page.status if page is not None else None,
        "final_url": page.final_url if page is not None else None,
        "hops": page.hops or None if page is not None else None,
        "bytes": len(page.body) if page is not None else None,
        "article_id": article_key,
        "links": len(visit.links),
        "fresh": len(visit.fresh),
        "gap": missed_some(visit),
        "timings": dict(visit.timings),
        "cuts": cuts or None,
        "grounds": asdict(visit.grounds) if visit.grounds is not None else None,
    }
    _LOG.execute(connection, row)


def prune(connection: sa.Connection, before: datetime) -> int:
    # The log is in the order of time: where its first rows are young, all are.
    first = sa.select(visits.c.id).order_by(visits.c.id).limit(_BATCH)
    old = sa.and_(visits.c.id.in_(first), visits.c.ended_at < before)
    return connection.execute(sa.delete(visits).where(old)).rowcount


def list_visits(
    connection: sa.Connection, url: str, *, article_id: str | None, last: int | None
) -> list[VisitRow]:
    # Each half has an index of its own; one condition with OR would read the whole log.
    halves = [sa.select(visits.c.id).where(visits.c.url == clean_text(url))]
    if article_id is not None:
        halves.append(sa.select(visits.c.id).where(visits.c.article_id == article_id))
    newest = sa.select(visits).where(visits.c.id.in_(sa.union(*halves))).order_by(visits.c.id.desc())
    return [_to_row(row) for row in connection.execute(newest.limit(last))][::-1]


def _to_row(row: sa.Row[Any]) -> VisitRow:
    values = {name: row._mapping[name] for name in VisitRow.__dataclass_fields__}
    words = {"kind": Kind(values["kind"]), "outcome": Outcome(values["outcome"])}
    grounds = values["grounds"]
    lists = {
        "cuts": tuple(values["cuts"] or ()),
        "hops": tuple((how, url) for how, url in values["hops"] or ()),
        "grounds": Grounds(**grounds) if grounds is not None else None,
    }
    return VisitRow(**{**values, **words, **lists})
