"""What the copies of one story tell together: who had it first, whose it is, how much each differs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.identity import folded_words
from pipelines.items import Article
from pipelines.likeness import likeness
from pipelines.sketch import letters_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One copy beside the first one: `kept` is the share (0 to 1) of the first one's text that stands in it,
    `added` the share of its own that does not stand in the first one; `headline` whether it has another one.
    """

    article: Article
    kept: float
    added: float
    headline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The copies of one story, as they were first seen.

    `first` is the one seen first, `earliest` the one with the earliest date of publication by its own word (a
    date without a time counts as the end of its day), None where none has any; `outlets` are the sites
    (`Article.domain`) in the order they had it; `agency` is the first one named in any of them.
    """

    members: tuple[Member, ...]
    first: Article
    earliest: Article | None
    outlets: tuple[str, ...]
    agency: str | None


def describe(copies: Sequence[Article]) -> Cluster:
    """The cluster of these articles, the one seen first at their head (`Store.copies`)."""
    first = copies[0]
    text, title = letters_of(first.text), folded_words(first.title)
    members = []
    for article in copies:
        found = likeness(text, letters_of(article.text))
        other = folded_words(article.title) != title
        members.append(Member(article=article, kept=found.one, added=1 - found.other, headline=other))
    dated = [article for article in copies if article.published_at is not None]
    return Cluster(
        members=tuple(members),
        first=first,
        earliest=min(dated, key=_published, default=None),
        outlets=tuple(dict.fromkeys(article.domain for article in copies)),
        agency=next((article.agency for article in copies if article.agency is not None), None),
    )


def _published(article: Article) -> datetime:
    assert article.published_at is not None
    late = _DAY if article.published_precision == "day" else timedelta()
    return article.published_at + late
