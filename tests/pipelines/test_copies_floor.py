"""Floors under what is found of generated copies, and over what is taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.identity.__main__ import Score, copies_found, strangers_taken
from bench.identity.growth import grown
from bench.identity.texts import CORPORA, Story, read_stories


def shares(stories: Sequence[Story], others: Sequence[Story]) -> tuple[float, float]:
    """(recall, precision), as `bench.identity` counts them."""
    found = [score for wire in (False, True) for score in copies_found(stories, others, seed=7, wire=wire)]
    right, of = sum(score.right for score in found), sum(score.of for score in found)
    wrong = sum(score.wrong for score in (*found, *strangers_taken(stories, seed=7)))
    return right / of, right / (right + wrong)


def test_the_sample_site() -> None:
    stories = read_stories([])
    recall, precision = shares(stories[::2], stories[1::2])
    assert recall >= 0.98
    assert precision >= 0.995


@pytest.mark.slow
def test_saved_pages_of_sites_that_no_limit_was_set_on() -> None:
    if not all(folder.is_dir() for folder in CORPORA):
        pytest.skip(f"the saved pages are not there: {CORPORA[0].parent}")
    recall, precision = shares(read_stories(CORPORA, half=1), read_stories(CORPORA, half=0))
    assert recall >= 0.99
    assert precision >= 0.995


def test_scores_name_each_kind_once() -> None:
    stories = read_stories([])[:8]
    kinds = [score.kind for score in copies_found(stories, stories, seed=1, wire=True)]
    assert len(kinds) == len(set(kinds))
    assert all(isinstance(score, Score) for score in strangers_taken(stories, seed=1))


def test_a_grown_store_finds_its_copies(tmp_path: Path) -> None:
    small, larger = grown(tmp_path, read_stories([]), [200, 400], seed=1, count=50, words=100)
    assert (small.articles, larger.articles) == (200, 400)
    assert small.found >= 0.9
    assert larger.found >= 0.9
