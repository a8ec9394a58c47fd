"""Compare two readings of one article, purely, and join them into the one that is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipelines.identity import content_hash, folded_words
from pipelines.items import Article, Outcome

# Two articles of one site share menus' leftovers and agency lines, far below a third of the shorter one;
# the AMP or print form of an article, or a later state of it, shares most of it.
SAME_STORY_SHARE = 1 / 3
_SHINGLE = 12
_COMPARED_CHARACTERS = 20_000

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


def compare(old: Article | None, new: Article) -> Outcome:
    """STORED without an old reading, UNCHANGED when title and text have the same words, else UPDATED."""
    if old is None:
        return Outcome.STORED
    if (old.title, old.text) == (new.title, new.text):
        return Outcome.UNCHANGED
    same = content_hash(old.title, old.text) == content_hash(new.title, new.text)
    return Outcome.UNCHANGED if same else Outcome.UPDATED


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


def _identity(old: Article) -> dict[str, Any]:
    return {
        "id": old.id,
        "url_canonical": old.url_canonical,
        "source": old.source,
        "first_seen_at": old.first_seen_at,
        "discovered_via": old.discovered_via,
    }


def _published(article: Article) -> dict[str, Any]:
    names = ("published_at", "published_precision", "published_source")
    return {name: getattr(article, name) for name in names}


def _shingles(text: str) -> frozenset[str]:
    # Characters, not words: the same measure for scripts without spaces.
    folded = folded_words(text[:_COMPARED_CHARACTERS]).replace(" ", "")
    return frozenset(folded[at : at + _SHINGLE] for at in range(max(1, len(folded) - _SHINGLE + 1)) if folded)
