"""Fits the judge's trees with LightGBM and writes them in the form pipelines.judge.model reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bench.train.dataset import Line, without_doubtful
from pipelines.judge.features import NAMES
from pipelines.judge.model import Model, parse

# Few shallow trees, split at random thresholds (extremely randomised trees): they carry over to other sites
# as well as four times as many split at the best ones do, see docs/benchmarks.md.
_PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.1,
    "max_depth": 5,
    "num_leaves": 16,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 3.0,
    "extra_trees": True,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "verbose": -1,
}
_TREES = 160


def fit(lines: Sequence[Line]) -> str:
    """The text of a model that tells the article's lines; the same for the same lines in the same order.

    Fitted twice: the second time without the lines that the first model, on other sites, is sure are
    labelled wrong.
    """
    import lightgbm
    import numpy as np

    weights = np.array([line.weight for line in lines])
    data = lightgbm.Dataset(
        np.array([line.row for line in lines]),
        label=np.array([line.share > 0.5 for line in lines], dtype=float),
        weight=weights / weights.mean(),
        feature_name=list(NAMES),
        free_raw_data=False,
    )
    trees = lightgbm.train(_PARAMETERS, data, num_boost_round=_TREES).dump_model()["tree_info"]
    return "".join(json.dumps(_node(tree["tree_structure"])) + "\n" for tree in trees)


def _node(node: dict[str, Any]) -> Any:
    if "leaf_value" in node:
        return round(node["leaf_value"], 4)
    name = NAMES[node["split_feature"]]
    return [name, float(f"{node['threshold']:.5g}"), _node(node["left_child"]), _node(node["right_child"])]


def cleaned(lines: Sequence[Line], models: Sequence[tuple[Model, frozenset[str]]]) -> list[Line]:
    """Without the doubtful lines; each model judges the pages it was not trained on."""
    kept: list[Line] = []
    for model, pages in models:
        own = [line for line in lines if line.page in pages]
        kept.extend(without_doubtful(own, model.probabilities([line.row for line in own])))
    return kept


def model_of(text: str) -> Model:
    return parse(text)
