"""Compare two readings of one article, purely, and join them into the one that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pipelines.changes import Change, changes_between, without_noise
from pipelines.identity import folded_words
from pipelines.items import CLEANING, Article, Outcome, Visit
from pipelines.urls import canonical, is_view, number_in, same_site

# Two articles of one site share menus' leftovers and agency lines, far below a third of the shorter one;
# the AMP or print form of an article, or a later state of it, shares most of it.
SAME_STORY_SHARE = 1 / 3
_SHINGLE = 12
_COMPARED_CHARACTERS = 20_000

# The gate's words for pages that an article's address leads to when the article is gone, and for walls.
_ANSWERED = (None, Outcome.NOT_ARTICLE, Outcome.TOO_SHORT, Outcome.FILTERED)
_SOFT_404 = "soft 404"
_WALLS = frozenset({"consent wall", "login wall"})
_LISTS = frozenset(
    {"home page", "section page", "tag page", "search page", "author page", "list of links", _SOFT_404}
)

# What a later reading may find for the first time without the words having changed.
_GAPS = (
    "description",
    "published_at",
    "modified_at",
    "language",
    "section",
    "image_url",
    "is_accessible_for_free",
    "license",
    "tdm_reservation",
    "tdm_policy",
)


def changed(old: Article, new: Article, earlier: Sequence[Article] = ()) -> tuple[Change, ...]:
    """What a new reading of an article says otherwise, the most important first; () when nothing that counts.

    `earlier` are the states before `old`, the latest one first. What they show to change at every reading is
    noise; so is other spacing.
    """
    if (old.title, old.text) == (new.title, new.text):
        return ()
    return changes_between(old, without_noise(new, (old, *earlier)))


def by_publisher(states: Sequence[Article]) -> list[Article]:
    """The states, the latest one first, without those that only our own cleaning made into the next one."""
    ours = [False, *(state.revised_by == CLEANING for state in states)]
    return [state for state, superseded in zip(states, ours, strict=False) if not superseded]


def absence(visit: Visit) -> str | None:
    """Why the article last read at the visited address is not there any more; None where it may well be.

    The page is gone, says so with status 200, or sends the reader to the home page, a section or another
    list. A wall is none of these: behind it the article may stand.
    """
    if visit.outcome is Outcome.GONE:
        return visit.reason
    if visit.page is None or visit.outcome not in _ANSWERED or visit.reason in _WALLS:
        return None
    if visit.outcome is Outcome.NOT_ARTICLE and visit.reason == _SOFT_404:
        return visit.reason
    asked, final = canonical(visit.target.url), canonical(visit.page.final_url)
    if asked is None or final is None or asked == final:
        return None
    listed = visit.outcome is Outcome.NOT_ARTICLE and visit.reason in _LISTS
    return f"redirected to {final}" if listed or _is_above(final, asked) else None


def _is_above(final: str, asked: str) -> bool:
    """Whether one address is the home page, or a section that the other stands in."""
    path = urlsplit(final).path.rstrip("/")
    return not path or urlsplit(asked).path.startswith(f"{path}/")


def merge(old: Article, new: Article, outcome: Outcome) -> Article:
    """The reading to keep of a known article.

    Identity (id, canonical URL, source, where and when it was first seen) stays the old one's. UPDATED
    takes everything else from the new reading and raises the revision; UNCHANGED only fills in what was
    not known before. `url` is where it was read last.
    """
    if outcome is Outcome.UPDATED:
        return replace(
            new,
            **_identity(old),
            **_published(new if new.published_at else old),
            revision=old.revision + 1,
            cluster_id=new.cluster_id or old.cluster_id,
            copy_of=new.copy_of or old.copy_of,
        )
    gaps = {name: getattr(new, name) for name in _GAPS if getattr(old, name) is None}
    found: dict[str, Any] = _published(new) if old.published_at is None else {}
    return replace(
        old,
        **{**gaps, **found},
        url=new.url,
        authors=old.authors or new.authors,
        tags=old.tags or new.tags,
        withdrawn_at=None,
        last_seen_at=max(old.last_seen_at, new.last_seen_at),
    )


def same_story(one: Article, other: Article) -> bool:
    """Whether two pages carry one article: the same title, or a shared third of the shorter text."""
    title = folded_words(one.title)
    if title and title == folded_words(other.title):
        return True
    first, second = _shingles(one.text), _shingles(other.text)
    smaller = min(len(first), len(second))
    return smaller > 0 and len(first & second) >= smaller * SAME_STORY_SHARE


def renamed(known: Article, new: Article) -> bool:
    """Whether copies of one text at two addresses of a site are one article: it is another view of the page,
    or the number in both addresses is the same.
    """
    one, other = known.url_canonical, new.url_canonical
    if not same_site(one, other):
        return False
    number = number_in(one)
    return is_view(one, other) or (number is not None and number == number_in(other))


def _identity(old: Article) -> dict[str, Any]:
    return {
        "id": old.id,
        "url_canonical": old.url_canonical,
        "source": old.source,
        "first_seen_at": old.first_seen_at,
        "discovered_via": old.discovered_via,
    }


def _published(article: Article) -> dict[str, Any]:
    names = ("published_at", "published_precision", "published_source", "published_flags")
    return {name: getattr(article, name) for name in names}


def _shingles(text: str) -> frozenset[str]:
    # Characters, not words: the same measure for scripts without spaces.
    folded = folded_words(text[:_COMPARED_CHARACTERS]).replace(" ", "")
    return frozenset(folded[at : at + _SHINGLE] for at in range(max(1, len(folded) - _SHINGLE + 1)) if folded)
