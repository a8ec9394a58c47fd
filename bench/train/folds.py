"""Cross-validation by site: sites are dealt into folds, and each fold has a model that never saw its sites."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.extraction.corpus import TruePage
from bench.train.dataset import Line, lines_of, site_key
from bench.train.trees import cleaned, fit, model_of

FOLDS = 8


def write_folds(folder: Path, pages: Sequence[TruePage], *, jobs: int = 2) -> dict[str, Path]:
    """Page id -> the file of weights, written to `folder`, that were trained without the page's site."""
    print(f"training {FOLDS} folds on {len(pages)} pages", file=sys.stderr, flush=True)
    lines = lines_of(pages, jobs=jobs)
    folds = deal(sorted({site_key(page) for page in pages}))
    folder.mkdir(parents=True, exist_ok=True)
    for fold in range(FOLDS):
        others = [page for page in pages if folds[site_key(page)] != fold]
        _file(folder, fold).write_text(fit_twice(others, lines, folds), encoding="utf-8")
    return {page.id: _file(folder, folds[site_key(page)]) for page in pages}


def _file(folder: Path, fold: int) -> Path:
    return folder / f"{fold}.jsonl"


def deal(sites: Sequence[str], *, count: int = FOLDS, seed: int = 0) -> dict[str, int]:
    """Site -> fold, dealt like cards from a pack shuffled with `seed`."""
    pack = list(sites)
    random.Random(seed).shuffle(pack)
    return {site: place % count for place, site in enumerate(pack)}


def fit_twice(pages: Sequence[TruePage], lines: Mapping[str, list[Line]], folds: Mapping[str, int]) -> str:
    """The model of the pages, fitted a second time without the lines that look labelled wrong."""
    halves = [[page for page in pages if folds[site_key(page)] % 2 == half] for half in (0, 1)]
    models = []
    for own, other in (halves, halves[::-1]):
        text = fit([line for page in other for line in lines[page.id]])
        models.append((model_of(text), frozenset(page.id for page in own)))
    return fit(cleaned([line for page in pages for line in lines[page.id]], models))
