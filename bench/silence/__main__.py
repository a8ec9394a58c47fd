"""`python -m bench.silence`: how often a source that publishes on is called silent, how soon one that stopped.

Simulated publishers are polled by the schedule's own code (Rate, News, poll_at) and judged after each poll that
brought nothing. Alarms are counted over all months watched, the first ones included; beside ours those of
other thresholds and of a naive rule, three times the mean gap. For sources that stop at a random time: the
time from the last article to the report over the usual gap, which is the longest gap of a usual month (the mean
over months of the longest), and over the mean gap. Slowed sources, a quarter as fast from half time on, may be
called silent at first.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
from collections import defaultdict
from pathlib import Path

from bench.silence.publishers import Publisher, random_sources, slowed_sources, steady_publishers
from bench.silence.simulation import Account, figures, watched

RESULTS = Path(__file__).parents[1] / "results"
_SHOWN = (
    "months",
    "alarms",
    "alarms_per_100",
    "twice_as_strict",
    "twice_as_lax",
    "naive_per_100",
    "stops",
    "to_longest_median",
    "to_longest_p90",
    "to_longest_within_3",
    "to_mean_median",
)


def main() -> int:
    arguments = _arguments()
    cases = [
        (publisher, arguments.stops, number)
        for seed in range(1, arguments.seeds + 1)
        for number, publisher in enumerate(_publishers(arguments.sources, arguments.days, seed))
    ]
    with multiprocessing.get_context("fork").Pool(arguments.jobs) as pool:
        accounts = pool.starmap(_watched, cases, chunksize=1)
    groups: dict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        groups[account.group].append(account)
    groups["all but slowed"] = [account for account in accounts if account.group != "slowed"]
    rows = {name: figures(every) for name, every in groups.items()}
    print(f"{'':22}" + "".join(f"{word:>20}" for word in _SHOWN))
    for name, row in rows.items():
        print(f"{name:22}" + "".join(f"{row.get(word, 0):>20.2f}" for word in _SHOWN))
    RESULTS.mkdir(exist_ok=True)
    line = json.dumps(
        {name: {word: _brief(value) for word, value in row.items()} for name, row in rows.items()}
    )
    (RESULTS / "silence.json").write_text(line + "\n", encoding="utf-8")
    print(line)
    return 0


def _brief(value: float) -> float | None:
    """Rounded; None for what JSON has no number for."""
    return round(value, 3) if math.isfinite(value) else None


def _watched(publisher: Publisher, stops: int, number: int) -> Account:
    return watched(publisher, stops=stops, seed=number)


def _publishers(sources: int, days: int, seed: int) -> list[Publisher]:
    return [
        *random_sources(sources=sources, days=days, seed=seed),
        *slowed_sources(sources=sources, days=days, seed=seed),
        *steady_publishers(each=max(sources // 8, 1), days=days, seed=seed),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.silence",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples: python -m bench.silence\n          python -m bench.silence --sources 8 --seeds 1",
    )
    parser.add_argument("--sources", type=int, default=25, help="random sources in each run")
    parser.add_argument("--days", type=int, default=84, help="days that are watched; 14 more lie before them")
    parser.add_argument("--stops", type=int, default=2, help="times that each source is let stop")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
