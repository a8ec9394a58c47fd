"""The delay of discovery in a short simulation: floors with a margin, and a policy that must fail them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from bench.delay.__main__ import SCENARIOS, Case, run
from bench.delay.world import FASTEST, SLOWEST, build

ROOT = Path(__file__).parents[2]
# Of 500 polls a day for 50 sources; over four weeks it is 0.32 to 0.33 and 1.04 to 1.05 (docs/benchmarks.md).
TO_FIXED, TO_ORACLE = 0.40, 1.15


@cache
def figures(policy: str, scenario: str) -> dict[str, float]:
    return run(Case(policy, scenario, polls=500, sources=30, days=7, seed=7))


def good(policy: str, scenario: str) -> bool:
    delay = figures(policy, scenario)["mean"]
    to_fixed = delay / figures("fixed", scenario)["mean"]
    return to_fixed < TO_FIXED and delay / figures("oracle", scenario)["mean"] < TO_ORACLE


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_news_are_found_soon_within_the_budget(scenario: str) -> None:
    assert good("ours", scenario)
    ours = figures("ours", scenario)
    assert ours["polls_per_day"] < 1.06 * 300
    # What a burst pushes out before the first poll in it cannot be foreseen; without bursts, none.
    assert ours["pushed_out"] <= 0.01 * figures("fixed", scenario)["pushed_out"] * (scenario != "steady")


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("policy", ["fixed", "entry_frequency"])
def test_the_floors_are_out_of_reach_for_simple_policies(policy: str, scenario: str) -> None:
    assert not good(policy, scenario)


def test_the_world_is_what_the_docs_say() -> None:
    world = build(sources=50, days=28, seed=1, bursts=False, changes=False)
    rates = [sum(source.rates) / len(source.rates) for source in world.sources]
    assert rates[0] == pytest.approx(FASTEST, rel=0.05)
    assert rates[-1] == pytest.approx(SLOWEST, rel=0.05)
    assert sum(len(source.published) for source in world.sources) == pytest.approx(
        sum(rates) * world.hours, rel=0.05
    )


def test_the_last_line_is_one_json_object(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.delay", "--sources", "5", "--days", "2", "--polls", "500"]
    command += ["--seeds", "1", "--jobs", "1", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    last = done.stdout.splitlines()[-1]
    assert (tmp_path / "delay-5.json").read_text().strip() == last
    scenarios = json.loads(last)
    assert set(scenarios) == {f"{name}_5_sources_500_polls" for name in SCENARIOS}
    for figures in scenarios.values():
        assert {"ours", "fixed", "proportional", "entry_frequency", "oracle"} <= set(figures)
