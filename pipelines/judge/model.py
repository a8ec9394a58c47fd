"""The judge's model: gradient-boosted decision trees, trained by `bench.train`, read from a data file.

A line of the file is one tree: `[feature, threshold, left, right]`, left where the figure is at most the
threshold, and a number at the leaves. The sum of the leaves is the log-odds that a line is the article's
(Friedman, "Greedy function approximation: a gradient boosting machine", 2001).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.judge.features import NAMES

WEIGHTS = "weights.jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """All nodes of all trees in flat arrays; a leaf is its own left and right child."""

    roots: npt.NDArray[np.intp]
    feature: npt.NDArray[np.intp]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.intp]
    right: npt.NDArray[np.intp]
    value: npt.NDArray[np.float64]
    depth: int

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """For each row of figures (see features.NAMES), how likely it is a line of the article, 0 to 1."""
        if not rows:
            return []
        table = np.asarray(rows, dtype=np.float64)
        flat, starts = table.ravel(), (np.arange(len(rows)) * table.shape[1])[:, None]
        nodes = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        for _ in range(self.depth):
            goes_left = flat.take(starts + self.feature.take(nodes)) <= self.threshold.take(nodes)
            nodes = np.where(goes_left, self.left.take(nodes), self.right.take(nodes))
        odds = self.value.take(nodes).sum(axis=1)
        return [1.0 / (1.0 + math.exp(-one)) for one in odds.clip(-30, 30).tolist()]


def parse(text: str) -> Model:
    """The model written in a text; raises ValueError for a figure that `features` does not know."""
    nodes: list[tuple[int, float, int, int, float]] = []
    trees = [json.loads(line) for line in text.splitlines() if line.strip()]
    places: list[tuple[int, int]] = [_add(tree, nodes) for tree in trees]
    columns = list(zip(*nodes, strict=True))
    return Model(
        roots=np.array([root for root, _ in places], dtype=np.intp),
        feature=np.array(columns[0], dtype=np.intp),
        threshold=np.array(columns[1], dtype=np.float64),
        left=np.array(columns[2], dtype=np.intp),
        right=np.array(columns[3], dtype=np.intp),
        value=np.array(columns[4], dtype=np.float64),
        depth=max(depth for _, depth in places),
    )


def _add(tree: Any, nodes: list[tuple[int, float, int, int, float]]) -> tuple[int, int]:
    """(place, depth) of a tree whose nodes were appended."""
    place = len(nodes)
    if not isinstance(tree, list):
        nodes.append((0, 0.0, place, place, float(tree)))
        return place, 0
    name, threshold, left, right = tree
    nodes.append((0, 0.0, 0, 0, 0.0))
    left_place, left_depth = _add(left, nodes)
    right_place, right_depth = _add(right, nodes)
    nodes[place] = (NAMES.index(name), float(threshold), left_place, right_place, 0.0)
    return place, 1 + max(left_depth, right_depth)


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The model the product uses."""
    return parse((files("pipelines.judge") / WEIGHTS).read_text(encoding="utf-8"))
