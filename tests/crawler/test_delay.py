"""The schedule on a small simulated web: far sooner than at even intervals, within the budget, nothing lost."""

from __future__ import annotations

import pytest

from bench.delay.__main__ import Case, run


def simulated(policy: str) -> dict[str, float]:
    return run(Case(policy, "bursts_and_changes", polls=500, sources=24, days=8, seed=101))


@pytest.fixture(scope="module")
def fixed() -> dict[str, float]:
    return simulated("fixed")


def test_ours_keeps_the_floor(fixed: dict[str, float]) -> None:
    ours = simulated("ours")
    assert ours["mean"] < 0.42 * fixed["mean"]
    assert ours["polls_per_day"] < 1.05 * fixed["polls_per_day"]
    assert ours["pushed_out"] == 0


def test_control_what_counts_only_the_last_week_does_not() -> None:
    """The floor tells a good schedule from a simple one."""
    assert simulated("entry_frequency")["mean"] > 0.42 * simulated("fixed")["mean"]
