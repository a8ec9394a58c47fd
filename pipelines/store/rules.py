"""What a site's articles taught: the lines seen in each, and the rules decided from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.boilerplate.learned import MIN_ARTICLES, SETTLED, decide
from pipelines.boilerplate.line import Line, fingerprint, lines_of
from pipelines.boilerplate.wishes import Wishes
from pipelines.items import Article, Cut
from pipelines.store.database import Prepared, driver
from pipelines.store.schema import articles, line_rules, seen_lines

# The articles of a site that are compared: the ones read last. More of them would not decide otherwise, and
# 200 of 30 lines are decided on within some 15 ms, from 200 kB of the database.
WINDOW = 200
# Rules are decided anew at these numbers of articles, and beyond SETTLED at every 25th only, which makes that
# half a millisecond an article; what is beyond the window goes then.
STRIDE = 25
_EARLY = frozenset({*range(MIN_ARTICLES, 11), 12, 14, 17, SETTLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule:
    """A line learned for a site: it stood in `articles` of the `of` that were compared last.

    A retired rule takes nothing any more: learned from few articles, it was not borne out by more of them.
    """

    site: str
    mark: int
    sample: str
    articles: int
    of: int
    learned_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """The fingerprints a site's rules take (`active`), and all that they or the wishes are or were about."""

    active: frozenset[int] = frozenset()
    ever: frozenset[int] = frozenset()


# Built once: they are asked at every article.
_RULES = (
    sa.select(line_rules)
    .where(line_rules.c.site == sa.bindparam("site"))
    .order_by(line_rules.c.articles.desc(), line_rules.c.learned_at, line_rules.c.mark)
)
_MARKS = "SELECT mark, retired_at IS NULL FROM line_rules WHERE site = ?"
_COUNT = "SELECT count(*) FROM seen_lines WHERE site = ?"
_NOTED = insert(seen_lines)
_NOTE = Prepared(
    _NOTED.on_conflict_do_update(
        index_elements=["article_id"],
        set_={name: _NOTED.excluded[name] for name in ("site", "seen_at", "lines")},
    ),
    seen_lines.c.keys(),
)


_ONE_RULE = sa.update(line_rules).where(
    line_rules.c.site == sa.bindparam("here"), line_rules.c.mark == sa.bindparam("which")
)
_AGAIN = _ONE_RULE.values({name: sa.bindparam(name) for name in ("articles", "of", "retired_at")})
_GIVE_UP = _ONE_RULE.values(retired_at=sa.bindparam("retired_at"))


def rules_of(connection: sa.Connection, site: str, wishes: Wishes) -> SiteRules:
    found = driver(connection).execute(_MARKS, (site,)).fetchall()
    active = wishes.applied({mark for mark, in_force in found if in_force})
    return SiteRules(active=active, ever=frozenset(mark for mark, _ in found) | wishes.drop | wishes.keep)


def list_rules(connection: sa.Connection, site: str) -> list[LineRule]:
    """A site's rules, retired ones too, those seen most often first."""
    return [LineRule(**row._mapping) for row in connection.execute(_RULES, {"site": site})]


def observe(
    connection: sa.Connection, article: Article, *, text: str, cuts: Iterable[Cut], now: datetime
) -> None:
    """Note the lines of an article as its page was read: `text`, and what learned rules had cut of it."""
    _note(connection, article.id, article.domain, lines_of(text, cuts), now)


def _note(connection: sa.Connection, key: str, site: str, lines: tuple[Line, ...], now: datetime) -> None:
    marks = [[line.mark, line.size, int(line.whole)] for line in lines]
    _NOTE.execute(connection, {"article_id": key, "site": site, "seen_at": now, "lines": marks})


def learn_when_due(connection: sa.Connection, site: str, now: datetime) -> None:
    """After a new article: decide often while they are few, then at every 25th."""
    (count,) = driver(connection).execute(_COUNT, (site,)).fetchone()
    if count in _EARLY or (count > SETTLED and count % STRIDE == 0):
        if count > WINDOW:
            _forget_old(connection, site)
        learn(connection, site, now)


def _forget_old(connection: sa.Connection, site: str) -> None:
    newest = sa.select(seen_lines.c.article_id).where(seen_lines.c.site == site)
    newest = newest.order_by(seen_lines.c.seen_at.desc(), seen_lines.c.article_id).limit(WINDOW)
    old = sa.and_(seen_lines.c.site == site, seen_lines.c.article_id.not_in(newest))
    connection.execute(sa.delete(seen_lines).where(old))


def observe_unseen(connection: sa.Connection, site: str) -> None:
    """Note the lines of the site's newest articles that were stored before lines were noted."""
    newest = sa.select(articles.c.id).where(articles.c.domain == site)
    newest = newest.order_by(articles.c.last_seen_at.desc()).limit(WINDOW)
    unseen = sa.select(articles.c.id, articles.c.text, articles.c.last_seen_at).where(
        articles.c.id.in_(newest), articles.c.id.not_in(sa.select(seen_lines.c.article_id))
    )
    for row in connection.execute(unseen).all():
        _note(connection, row.id, site, lines_of(row.text), row.last_seen_at)


def learn(connection: sa.Connection, site: str, now: datetime) -> None:
    """Decide the site's rules from the lines of its newest articles, and write down what came of it."""
    query = sa.select(seen_lines.c.article_id, seen_lines.c.lines).where(seen_lines.c.site == site)
    seen = {
        row.article_id: [Line(mark, size, bool(whole)) for mark, size, whole in row.lines]
        for row in connection.execute(query.order_by(seen_lines.c.seen_at.desc(), seen_lines.c.article_id))
    }
    before = {rule.mark: rule for rule in list_rules(connection, site)}
    active = {mark for mark, rule in before.items() if rule.retired_at is None}
    decided = {one.mark: one for one in decide(list(seen.values()), known=active)}
    again = [
        {"here": site, "which": mark, "articles": one.articles, "of": one.of, "retired_at": None}
        for mark, one in decided.items()
        if mark in before
    ]
    if again:
        connection.execute(_AGAIN, again)
    for mark in decided.keys() - before.keys():
        if sample := _sample(connection, mark, (key for key, lines in seen.items() if _has(lines, mark))):
            counts = {"articles": decided[mark].articles, "of": decided[mark].of}
            row = {"site": site, "mark": mark, "sample": sample, "learned_at": now, **counts}
            connection.execute(sa.insert(line_rules).values(row))
    given_up = [{"here": site, "which": mark, "retired_at": now} for mark in active - decided.keys()]
    if given_up:
        connection.execute(_GIVE_UP, given_up)


def _has(lines: Iterable[Line], mark: int) -> bool:
    return any(line.mark == mark for line in lines)


def _sample(connection: sa.Connection, mark: int, keys: Iterable[str]) -> str | None:
    """The line as one of these articles spells it. A line that no rule took yet stands in a text."""
    for key in keys:
        text = connection.scalar(sa.select(articles.c.text).where(articles.c.id == key)) or ""
        for line in text.split("\n\n"):
            if fingerprint(line) == mark:
                return line
    return None
