"""`python -m bench.delay`: minutes from publication to discovery under a budget of polls, in simulation.

A simulated web and a simulated clock drive the schedule's own code (Rate, Budget, poll_at). Beside it, under
the same number of polls: a fixed interval, polls in proportion to the rate, halving and doubling, Miniflux's
entry frequency, square roots of counted rates, and the index policy that knows the true rates of every hour
(oracle), or all but the bursts (calm_oracle).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from bench.delay import policies
from bench.delay.policies import LONGEST, Fixed, Ours, fitted
from bench.delay.simulation import Policy, simulate
from bench.delay.world import World, build

RESULTS = Path(__file__).parents[1] / "results"
FITTED: dict[str, Callable[[World, float], Policy]] = {
    "oracle": policies.Oracle,
    "calm_oracle": policies.CalmOracle,
    "square_root": policies.SquareRoot,
    "doubling": policies.Doubling,
    "entry_frequency": policies.EntryFrequency,
    "proportional": policies.Proportional,
}
SCENARIOS = ("steady", "bursts_and_changes")
NAMES = ("fixed", "ours", "ours_uncapped", *FITTED)
_SHOWN = ("mean", "median", "p90", "mean_over_sources", "polls_per_day", "pushed_out")
# Ratios: their name, the figure, and the policy it is compared with.
_RATIOS = (
    ("to_fixed", "mean", "fixed"),
    ("median_to_fixed", "median", "fixed"),
    ("p90_to_fixed", "p90", "fixed"),
    ("to_oracle", "mean", "oracle"),
)


class Case(NamedTuple):
    """One simulation. `polls` are those a day for 50 sources."""

    policy: str
    scenario: str
    polls: int
    sources: int
    days: int
    seed: int


def run(case: Case) -> dict[str, float]:
    world = build(
        sources=case.sources,
        days=case.days,
        seed=case.seed,
        bursts=case.scenario == "bursts_and_changes",
        changes=case.scenario == "bursts_and_changes",
    )
    per_hour = case.polls * case.sources / 50 / 24
    return simulate(world, _policy(case, world, per_hour)).figures()


def _policy(case: Case, world: World, per_hour: float) -> Policy:
    if case.policy == "fixed":
        return Fixed(world, case.sources / per_hour)
    if case.policy.startswith("ours"):
        uncapped = case.policy == "ours_uncapped"
        return Ours(world, per_hour, longest=timedelta(days=60) if uncapped else LONGEST)
    return fitted(world, FITTED[case.policy], per_hour * 24 * case.days)


def main() -> int:
    arguments = _arguments()
    names = ["fixed", *(name for name in arguments.only or NAMES if name != "fixed")]
    every: dict[str, dict[str, dict[str, float]]] = {}
    with multiprocessing.get_context("fork").Pool(arguments.jobs) as pool:
        for scenario in SCENARIOS:
            for polls in arguments.polls:
                cases = [
                    Case(name, scenario, polls, arguments.sources, arguments.days, seed)
                    for name in names
                    for seed in range(1, arguments.seeds + 1)
                ]
                found = dict(zip(cases, pool.map(run, cases, chunksize=1), strict=True))
                key = f"{scenario}_{arguments.sources}_sources_{polls}_polls"
                every[key] = _table(key, names, found)
    means = {
        key: {name: round(row["mean"], 2) for name, row in rows.items()}
        | {f"{name}_to_fixed": round(row["to_fixed"], 3) for name, row in rows.items()}
        for key, rows in every.items()
    }
    arguments.results.mkdir(exist_ok=True)
    line = json.dumps(means, sort_keys=True)
    name = "delay.json" if arguments.sources == 50 else f"delay-{arguments.sources}.json"
    (arguments.results / name).write_text(line + "\n", encoding="utf-8")
    print(line)
    return 0


def _table(key: str, names: list[str], found: dict[Case, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Means over the seeds; the ratios are means of each seed's own."""
    words = (*_SHOWN, *(word for word, _, _ in _RATIOS))
    print(f"\n{key}: minutes; ratios to the fixed interval and to the oracle")
    print(f"{'':16}" + "".join(f"{word:>18}" for word in words))
    rows: dict[str, dict[str, float]] = {}
    of = {name: [figures for case, figures in found.items() if case.policy == name] for name in names}
    for name in names:
        row = {word: mean(figures[word] for figures in of[name]) for word in _SHOWN}
        for word, figure, other in _RATIOS:
            if other in of:
                pairs = zip(of[name], of[other], strict=True)
                row[word] = mean(one[figure] / two[figure] for one, two in pairs)
        rows[name] = row
        print(f"{name:16}" + "".join(f"{row.get(word, 0):>18.3f}" for word in words), flush=True)
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.delay",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples: python -m bench.delay --polls 500 --seeds 1\n"
        "          python -m bench.delay --sources 1000 --days 7 --polls 500 --seeds 1",
    )
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--days", type=int, default=28, help="days that are watched; 14 more lie before them")
    parser.add_argument(
        "--polls", type=int, nargs="+", default=[100, 500, 2000], help="polls a day for every 50 sources"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--only", action="append", choices=NAMES, help="these policies, and fixed; can be repeated"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the JSON file")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
