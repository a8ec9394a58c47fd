"""Articles that were stored before a rule was known, cleaned by it afterwards, a batch a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.boilerplate.wishes import Wishes
from pipelines.changes import changes_between
from pipelines.cleaning import recleaned, without_lines
from pipelines.items import CLEANING, Article
from pipelines.store import changes as changed
from pipelines.store.articles import history, keep_revision, to_article
from pipelines.store.rules import SiteRules, rules_of
from pipelines.store.schema import articles, cleanings

# Some 20 ms of work: a crawl that ends a visit meanwhile waits no longer.
BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One batch: how many articles were changed, and where to go on; `last` is None at the end.

    `rules` stands for the rules of this step: articles are all clean only when they were the same throughout.
    """

    cleaned: int = 0
    last: int | None = None
    rules: str = ""


def sites(connection: sa.Connection) -> list[tuple[str, str]]:
    """(source, site) of all articles, in order."""
    query = sa.select(articles.c.source, articles.c.domain).distinct()
    return [(row.source, row.domain) for row in connection.execute(query.order_by(*query.selected_columns))]


def clean_some(
    connection: sa.Connection, source: str, site: str, *, wishes: Wishes, before: Step | None, now: datetime
) -> Step:
    """Clean the next articles of a source on a site; `before` is the step before this one, None at first."""
    rules = rules_of(connection, site, wishes)
    name = _name(rules)
    if before is None and name == _cleaned_by(connection, source, site):
        return Step(rules=name)
    after = before.last if before is not None and before.rules == name else None
    query = sa.select(articles).where(
        articles.c.source == source, articles.c.domain == site, articles.c.pk > (after or 0)
    )
    rows = connection.execute(query.order_by(articles.c.pk).limit(BATCH)).all()
    cleaned = sum(_clean(connection, to_article(row), rules, now) for row in rows)
    if len(rows) < BATCH:
        _note(connection, source, site, name, now)
        return Step(cleaned=cleaned, rules=name)
    return Step(cleaned=cleaned, last=rows[-1].pk, rules=name)


def _clean(connection: sa.Connection, article: Article, rules: SiteRules, now: datetime) -> bool:
    """Take away the lines of the rules, and give back what a rule that holds no longer took."""
    states = [article]
    if article.revised_by == CLEANING:
        states += [one for one in history(connection, article.id) if one.revised_by != CLEANING][-1:]
    # The more that is left of the publisher's words, the less was taken by rules of the past.
    text = max((without_lines(one.text, rules.active) for one in states), key=len)
    if text != article.text:
        cleaned = recleaned(article, text)
        keep_revision(connection, cleaned)
        changed.keep(connection, cleaned, changes_between(article, cleaned), now)
    return text != article.text


def _name(rules: SiteRules) -> str:
    """Stands for what the rules take; empty for rules that take nothing."""
    marks = ",".join(map(str, sorted(rules.active)))
    return blake2b(marks.encode(), digest_size=8).hexdigest() if marks else ""


def _cleaned_by(connection: sa.Connection, source: str, site: str) -> str:
    here = sa.and_(cleanings.c.source == source, cleanings.c.site == site)
    return connection.scalar(sa.select(cleanings.c.rules).where(here)) or ""


def _note(connection: sa.Connection, source: str, site: str, name: str, now: datetime) -> None:
    values = {"rules": name, "cleaned_at": now}
    statement = insert(cleanings).values(source=source, site=site, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["source", "site"], set_=values))
