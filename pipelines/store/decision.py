"""What becomes of a visit: whose article its page is, and what is new in it. Reads the store and writes
nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa

from pipelines.boilerplate.wishes import Wishes
from pipelines.changes import Change, ChangeKind
from pipelines.cleaning import as_cleaned_today, with_text, without_lines
from pipelines.items import Article, Kind, Outcome, Visit
from pipelines.revise import absence, by_publisher, changed, merge, renamed, same_story
from pipelines.store import articles as kept
from pipelines.store import copies
from pipelines.store import rules as learned
from pipelines.store.schema import targets
from pipelines.store.types import clean_text
from pipelines.urls import canonical, is_variant

# A guid that so many other addresses have had stands for nothing.
_LINKS = 5
# So many earlier states tell what comes and goes; our own cleaning may stand between two of them.
_EARLIER = 6


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a visit; `same` are the addresses of the article beside its canonical one.

    `recleaned` is the known article after today's rules, where they change it: a revision of its own, made of
    `known`. `changes` are those of the article; `left` is another one whose address now leads to this one,
    `misplaced` one that is kept under the address of this one, which it named as its own. `looked` is
    what a new one shares with others, `placed` where a new or changed one stands among copies.
    """

    outcome: Outcome
    reason: str | None
    article: Article | None = None
    same: frozenset[str] = frozenset()
    known: Article | None = None
    recleaned: Article | None = None
    changes: tuple[Change, ...] = ()
    left: Article | None = None
    misplaced: Article | None = None
    looked: copies.Look | None = None
    placed: copies.Placed | None = None


def decide(connection: sa.Connection, visit: Visit, wishes: Wishes) -> Decision:
    decision = _decide(connection, visit, wishes)
    if decision.article is None or decision.outcome is Outcome.GONE:
        return decision
    return replace(decision, same=decision.same | (_hops(visit) - {decision.article.url_canonical}))


def _decide(connection: sa.Connection, visit: Visit, wishes: Wishes) -> Decision:
    away = _withdrawn(connection, visit)
    if away is not None:
        return away
    if visit.outcome is not None:
        return Decision(visit.outcome, visit.reason, visit.article)
    if visit.article is not None:
        rules = learned.rules_of(connection, visit.article.domain, wishes)
        # A rule may be younger than the reading.
        article = with_text(visit.article, without_lines(visit.article.text, rules.active))
        return _decide_article(connection, kept.cleaned(article), visit, rules)
    if visit.links or visit.target.kind is not Kind.ARTICLE:
        return Decision(Outcome.LINKS, visit.reason)
    return Decision(Outcome.PARSE_ERROR, visit.reason or "nothing was read from the page")


def _withdrawn(connection: sa.Connection, visit: Visit) -> Decision | None:
    """The end of a visit that found the article it was about to read again taken away."""
    reason = absence(visit) if _is_reread(visit) else None
    found = _read_here(connection, visit) if reason is not None else None
    if (
        found is None
        or _lives_on(connection, visit, found)
        or (visit.article is not None and same_story(found, visit.article))
    ):
        return None
    if found.withdrawn_at is not None:
        return Decision(Outcome.GONE, reason, found)
    change = Change(kind=ChangeKind.WITHDRAWN)
    return Decision(Outcome.GONE, reason, replace(found, withdrawn_at=visit.ended_at), changes=(change,))


def _is_reread(visit: Visit) -> bool:
    return visit.target.kind is Kind.ARTICLE and visit.target.visits > 0


def _read_here(connection: sa.Connection, visit: Visit) -> Article | None:
    """The article that is read from the visited address."""
    address = clean_text(visit.target.url)
    found = kept.by_address(connection, [address])
    return found if found is not None and _read_at(found, frozenset({address})) else None


def _lives_on(connection: sa.Connection, visit: Visit, found: Article) -> bool:
    """Whether the article was last read at another of its addresses, which is visited on its own."""
    elsewhere = targets.c.url == found.url, targets.c.url != clean_text(visit.target.url)
    return connection.scalar(sa.select(targets.c.id).where(*elsewhere, targets.c.visits > 0)) is not None


def _left(connection: sa.Connection, visit: Visit, article: Article) -> Article | None:
    """The article that was read from the visited address, where that now leads to another one."""
    if visit.page is None or visit.page.final_url == visit.target.url or not _is_reread(visit):
        return None
    found = _read_here(connection, visit)
    return found if found is not None and found.id != article.id and found.withdrawn_at is None else None


def _decide_article(
    connection: sa.Connection, article: Article, visit: Visit, rules: learned.SiteRules
) -> Decision:
    addresses = _addresses(visit, article)
    if not kept.is_known(connection, article, addresses | {article.url_canonical}):
        return _decide_new(connection, article, visit, rules)
    known = kept.by_canonical(connection, article.url_canonical)
    if known is not None and _is_misplaced(connection, known, article, addresses):
        same = addresses - {article.url_canonical}
        return Decision(Outcome.STORED, visit.reason, article, same, misplaced=known)
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
            return Decision(Outcome.DUPLICATE, f"same text as {twin.url_canonical}", twin, addresses)
        known = twin  # taken away there, to be put here
    if known is None:
        return _decide_new(connection, article, visit, rules)
    return _decide_reread(connection, known, article, visit, rules)


def _decide_new(
    connection: sa.Connection, article: Article, visit: Visit, rules: learned.SiteRules
) -> Decision:
    """Of a page at an address that no article is known by: one that is new, or has a new slug."""
    addresses = _addresses(visit, article)
    looked = copies.look(connection, article.text)
    near = copies.of_source(connection, looked, article.source)
    known = next((one for one in near if renamed(one, article)), None) or _by_guid(connection, visit, near)
    if known is None:
        left = _left(connection, visit, article)
        same = addresses - {article.url_canonical}
        return Decision(Outcome.STORED, visit.reason, article, same, left=left, looked=looked)
    if known.withdrawn_at is None and not is_variant(known.url_canonical, article.url_canonical):
        return _other_address(known, addresses | {article.url_canonical})  # a view, as for printing
    return _decide_reread(connection, known, article, visit, rules)


def _by_guid(connection: sa.Connection, visit: Visit, near: list[Article]) -> Article | None:
    """The one of these that was read where the feed's entry led to before."""
    target = visit.target
    if target.guid is None or not near:
        return None
    entry = sa.and_(targets.c.source == target.source, targets.c.guid == clean_text(target.guid))
    others = sa.select(targets.c.url).where(entry, targets.c.url != target.url).limit(_LINKS)
    before = connection.scalars(others).all()
    if len(before) == _LINKS:
        return None
    permalink = canonical(target.guid)
    before = [*before, permalink] if permalink is not None else before
    ids = {found.id for url in before if (found := kept.by_address(connection, [url])) is not None}
    return next((one for one in near if one.id in ids), None)


def _is_misplaced(
    connection: sa.Connection, known: Article, article: Article, addresses: frozenset[str]
) -> bool:
    """Whether the known article was read elsewhere, and only said that this were its address: another stands
    here."""
    if known.url in addresses or known.url_canonical not in addresses or same_story(known, article):
        return False
    return kept.by_canonical(connection, known.url) is None


def _decide_reread(
    connection: sa.Connection, known: Article, article: Article, visit: Visit, rules: learned.SiteRules
) -> Decision:
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
    return Decision(
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


def _other_address(known: Article, addresses: frozenset[str]) -> Decision:
    reason = f"another address of {known.url_canonical}"
    return Decision(Outcome.DUPLICATE, reason, known, addresses - {known.url_canonical})


def _addresses(visit: Visit, article: Article) -> frozenset[str]:
    """Where the page was read: as asked for, as answered, and in canonical form."""
    final = {clean_text(visit.page.final_url)} if visit.page is not None else set()
    return frozenset({clean_text(visit.target.url), article.url} | final)


def _hops(visit: Visit) -> frozenset[str]:
    """Where redirects led over, but for gates that they lead all readers through."""
    page = visit.page
    if page is None:
        return frozenset()
    hops = {address for _, hop in page.hops if (address := canonical(hop))}
    return frozenset(clean_text(hop) for hop in hops if is_variant(page.final_url, hop))


def _known_here(connection: sa.Connection, article: Article, addresses: frozenset[str]) -> Article | None:
    """The article one of these is an address of, if the page still carries it: its canonical URL changed."""
    found = kept.by_address(connection, addresses | {article.url_canonical})
    return found if found is not None and same_story(found, article) else None
