"""Ending a visit: its one outcome, and everything that follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.boilerplate.wishes import Wishes
from pipelines.changes import Change, ChangeKind, changes_between
from pipelines.gaps import missed_some
from pipelines.items import FAILURES, Article, Grounds, HostState, Kind, Link, Outcome, Target, Visit
from pipelines.store import articles as kept
from pipelines.store import changes as noted
from pipelines.store import copies, matching
from pipelines.store import rules as learned
from pipelines.store.database import Prepared
from pipelines.store.decision import Decision, decide
from pipelines.store.hosts import keep_hosts
from pipelines.store.schema import priority, targets, visits
from pipelines.store.sources import has_source
from pipelines.store.targets import add_targets, catch_up, new_row
from pipelines.store.types import clean_text

# The target as it is to be from now on: `due_at` and `rhythm` count, the rest is left as it is.
Plan = Callable[[Visit], Target]

_KEPT = frozenset({Outcome.STORED, Outcome.UPDATED, Outcome.UNCHANGED})
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
    decision = _among_copies(connection, decide(connection, visit, wishes))
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
    decision = decide(connection, visit, wishes)
    return replace(visit, outcome=decision.outcome, reason=decision.reason, article=decision.article)


def _among_copies(connection: sa.Connection, decision: Decision) -> Decision:
    """A new or changed text takes its place among the copies of its story."""
    article = decision.article
    if article is None or decision.outcome not in (Outcome.STORED, Outcome.UPDATED):
        return decision
    known = decision.outcome is Outcome.UPDATED
    placed = copies.place(connection, article, known=known, looked=decision.looked)
    return replace(decision, article=placed.article, placed=placed)


def _keep(connection: sa.Connection, visit: Visit, decision: Decision) -> str | None:
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
        _keep_new(connection, article, decision, visit.ended_at)
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


def _keep_new(connection: sa.Connection, article: Article, decision: Decision, now: datetime) -> None:
    if decision.misplaced is not None:
        kept.rename(connection, decision.misplaced.id, decision.misplaced.url)
    kept.drop_address(connection, article.url_canonical)
    pk = kept.keep_new(connection, article)
    copies.note(connection, pk, decision.placed)
    matching.on_article(connection, pk, article, now)


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
    connection: sa.Connection, visit: Visit, decision: Decision, *, target_id: int, due_at: datetime | None
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
        link = Link(url=url, title=old.hint_title, published_at=old.hint_published_at, guid=old.guid)
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
