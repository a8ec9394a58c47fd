"""Corpora -> the lines of their pages with figures, labels and weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context

from bench.extraction.corpus import TruePage
from bench.train.labels import by_strings, by_text, words_in
from pipelines.boilerplate import prune
from pipelines.extract import choose, known_of
from pipelines.items import Page
from pipelines.judge.features import features
from pipelines.metadata import read_metadata
from pipelines.parsing import parse_page
from pipelines.urls import host_of, site_of

_NOW = datetime(2026, 11, 24, tzinfo=UTC)
# A truth of which less than this stands on the page is another article's, or another state of it.
_MIN_FOUND = 0.5
# Of a page without a whole known text only a few lines are known; each weighs as much as a short line does.
_STRING_WEIGHT = 0.02
_LEAST_WEIGHT = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line to learn from: its figures, the share of it that is the article's, its weight in the fit."""

    page: str
    row: list[float]
    share: float
    weight: float


def site_key(page: TruePage) -> str:
    """What is never split between learning and judging: the registrable domain, over all corpora."""
    return site_of(host_of(page.url)) or page.host


def lines_of(pages: Sequence[TruePage], *, jobs: int) -> dict[str, list[Line]]:
    """Page id -> its lines that can be learned from."""
    with get_context("spawn").Pool(jobs) as pool:
        return dict(zip([page.id for page in pages], pool.map(_lines, pages, chunksize=8), strict=True))


def _lines(page: TruePage) -> list[Line]:
    tree = parse_page(
        Page(url=page.url, final_url=page.url, status=200, headers={}, body=page.body(), fetched_at=_NOW)
    )
    if tree is None:
        return []
    meta = read_metadata(tree, url=page.url, now=_NOW)
    prune(tree)
    choice = choose(tree, meta)
    texts = [line.text for line in choice.lines]
    rows = features(choice.lines, choice.sums, choice.chosen, known_of(meta))
    if page.text is None:
        shares, length = by_strings(texts, page.must, page.must_not), 0
    else:
        shares, length = by_text(texts, choice.chosen, page.text), words_in(page.text)
        found = sum(words_in(text) * (share or 0) for text, share in zip(texts, shares, strict=True))
        if found < _MIN_FOUND * length:
            return []
    return [
        Line(page=page.id, row=row, share=share, weight=_weight(text, share, length))
        for text, row, share in zip(texts, rows, shares, strict=True)
        if row is not None and share is not None
    ]


def _weight(text: str, share: float, length: int) -> float:
    """What a mistake on the line costs in the score, damped: short lines matter to a reader, too."""
    if not length:
        return _STRING_WEIGHT
    return ((words_in(text) + 3) / length) ** 0.5 * abs(share - 0.5) * 2 + _LEAST_WEIGHT


def without_doubtful(
    lines: Sequence[Line], probabilities: Sequence[float], *, high: float = 0.93, low: float = 0.04
) -> Iterator[Line]:
    """Leaves out lines that a model trained on other sites is sure are labelled wrong.

    Known texts are themselves off on about one page in 40 (they end early, or miss a part). Northcutt et al.,
    "Confident learning", 2021.
    """
    for line, probability in zip(lines, probabilities, strict=True):
        wrong = probability > high if line.share < 0.5 else probability < low
        if not wrong:
            yield replace(line)
