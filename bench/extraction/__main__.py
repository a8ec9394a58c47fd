"""`python -m bench.extraction`: precision, recall, F1, metadata and CPU time of extractors on known pages."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, median

from bench.extraction.corpus import TruePage, read_corpus
from bench.extraction.extractors import EXTRACTORS
from bench.extraction.metric import (
    bootstrap_error,
    f1,
    fold,
    precision_recall,
    same_day,
    same_minute,
    segments,
)
from bench.extraction.runs import Run, run

RESULTS = Path(__file__).parents[1] / "results"
FLOORS = Path(__file__).with_name("floors.toml")
# A drop of this much below the floor fails `--check`.
ALLOWED_DROP = 0.003


def main() -> int:
    arguments = _arguments()
    folders = [Path(folder) for folder in arguments.corpus]
    names = arguments.only or list(EXTRACTORS)
    weights = _weights(folders) if arguments.cv else None
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for folder in folders:
        pages = read_corpus(folder)[: arguments.limit]
        figures[folder.name] = {}
        for name in names:
            runs = run(name, pages, jobs=arguments.jobs, weights=weights if name == "ours" else None)
            figures[folder.name][name] = _figures(pages, runs, EXTRACTORS[name].fields)
            _print_row(
                folder.name, name, figures[folder.name][name], errors=[one.error for one in runs if one.error]
            )
            if arguments.worst and name == names[0]:
                _print_worst(pages, runs, arguments.worst)
    RESULTS.mkdir(exist_ok=True)
    line = json.dumps(figures, sort_keys=True)
    (RESULTS / "extraction.json").write_text(line + "\n", encoding="utf-8")
    print(line)
    return _check(figures, "cv_f1" if arguments.cv else "f1") if arguments.check else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.extraction",
        description=__doc__,
        epilog="examples: python -m bench.extraction --corpus ../shared/corpus/publishers --only ours --worst 5",
    )
    parser.add_argument(
        "--corpus", action="append", required=True, help="a folder with index.jsonl; can be repeated"
    )
    parser.add_argument(
        "--only", action="append", choices=list(EXTRACTORS), help="these extractors; can be repeated"
    )
    parser.add_argument("--limit", type=int, help="the first N pages of each folder")
    parser.add_argument("--jobs", type=int, default=1, help="processes; 1 gives the steadiest times")
    parser.add_argument(
        "--worst", type=int, metavar="N", help="show the N worst pages of the first extractor"
    )
    parser.add_argument(
        "--cv", action="store_true", help="ours with a judge that never saw the page's site (needs lightgbm)"
    )
    parser.add_argument(
        "--check", action="store_true", help="fail when ours is below the floors in floors.toml"
    )
    return parser.parse_args()


def _weights(folders: Sequence[Path]) -> dict[str, Path]:
    """Page id -> the weights that were trained on the other sites of the same folders."""
    from bench.train.folds import write_folds

    pages = [page for folder in folders for page in read_corpus(folder)]
    return write_folds(RESULTS / "folds", pages)


# --- scoring -------------------------------------------------------------------------------------------


def _figures(pages: Sequence[TruePage], runs: Sequence[Run], fields: frozenset[str]) -> dict[str, float]:
    both = list(zip(pages, runs, strict=True))
    figures = {
        "pages": float(len(pages)),
        "cpu_ms_median": 1000 * median(one.cpu for one in runs),
        "cpu_ms_mean": 1000 * mean(one.cpu for one in runs),
        "empty": float(sum(not one.found.text.strip() for one in runs)),
        "failed": float(sum(one.error is not None for one in runs)),
    }
    pairs = [precision_recall(one.found.text, page.text) for page, one in both if page.text is not None]
    if pairs:
        figures |= {
            "f1": f1(pairs),
            "f1_error": bootstrap_error(pairs),
            "precision": mean(pair[0] for pair in pairs),
            "recall": mean(pair[1] for pair in pairs),
        }
    counts = [
        segments(one.found.text, page.must, page.must_not) for page, one in both if page.must or page.must_not
    ]
    if counts:
        figures["segments"] = sum(right for right, _ in counts) / sum(total for _, total in counts)
    return figures | _metadata(both, fields)


def _metadata(both: Sequence[tuple[TruePage, Run]], fields: frozenset[str]) -> dict[str, float]:
    """The shares of pages with the truth in question whose field was found exactly; of `fields` alone."""
    hits: dict[str, list[bool]] = {
        "title": [],
        "authors": [],
        "published": [],
        "published_time": [],
        "language": [],
    }
    for page, one in both:
        found = one.found
        if page.title:
            hits["title"].append(fold(found.title) == fold(page.title))
        if page.authors:
            hits["authors"].append(
                {fold(name) for name in found.authors} == {fold(name) for name in page.authors}
            )
        if page.published:
            hits["published"].append(same_day(found.published, page.published))
            if (right := same_minute(found.published, page.published)) is not None:
                hits["published_time"].append(right)
        if page.language:
            hits["language"].append(found.language[:2] == page.language[:2])
    return {name: mean(values) for name, values in hits.items() if values and name in fields}


_SHOWN = (
    "f1",
    "f1_error",
    "precision",
    "recall",
    "segments",
    "title",
    "authors",
    "published",
    "published_time",
    "language",
)


def _print_row(corpus: str, name: str, figures: Mapping[str, float], *, errors: Sequence[str]) -> None:
    cells = "  ".join(f"{key} {figures[key]:.3f}" for key in _SHOWN if key in figures)
    print(
        f"{corpus:12} {name:22} {cells}  cpu {figures['cpu_ms_median']:.1f} ms  empty {figures['empty']:.0f}",
        flush=True,
    )
    if errors:
        print(f"{'':12} {len(errors)} failed, first: {errors[0][:120]}", file=sys.stderr)


def _print_worst(pages: Sequence[TruePage], runs: Sequence[Run], count: int) -> None:
    """A diff of lines against the truth, the worst page first: - is missing, + is too much."""
    scored = [
        (min(precision_recall(one.found.text, page.text)), page, one)
        for page, one in zip(pages, runs, strict=True)
        if page.text is not None
    ]
    for score, page, one in sorted(scored, key=lambda entry: entry[0])[:count]:
        print(f"\n=== {score:.3f} {page.url}")
        true, mine = (_lines(text) for text in (page.text or "", one.found.text))
        print(
            "\n".join(line for line in difflib.unified_diff(true, mine, lineterm="", n=0) if line[:2] != "@@")
        )


def _lines(text: str) -> list[str]:
    return [" ".join(line.split())[:160] for line in text.splitlines() if line.strip()]


def _check(figures: Mapping[str, Mapping[str, Mapping[str, float]]], key: str) -> int:
    floors = tomllib.loads(FLOORS.read_text(encoding="utf-8"))
    failed = 0
    for corpus, floor in ((corpus, wanted[key]) for corpus, wanted in floors.items()):
        value = figures.get(corpus, {}).get("ours", {}).get("f1")
        if value is not None and value < floor - ALLOWED_DROP:
            print(f"{corpus}: {key} {value:.4f} is below its floor {floor:.4f}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
