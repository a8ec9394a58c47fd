"""`python -m bench.train`: fits the judge of lines on corpora and writes the weights that the product ships.

With `--folds DIR` it writes, instead, a model for each of the folds that sites are dealt into, trained
without them: `python -m bench.extraction --cv DIR` measures each page with the model that never saw its site.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pipelines.judge.model
from bench.extraction.corpus import TruePage, read_corpus
from bench.train.dataset import Line, lines_of, site_key
from bench.train.trees import cleaned, fit, model_of

SHIPPED = Path(pipelines.judge.model.__file__).with_name(pipelines.judge.model.WEIGHTS)


def main() -> int:
    arguments = _arguments()
    pages = [page for folder in arguments.corpus for page in read_corpus(Path(folder))]
    print(f"reading {len(pages)} pages", file=sys.stderr, flush=True)
    lines = lines_of(pages, jobs=arguments.jobs)
    print(f"{sum(map(len, lines.values()))} lines to learn from", file=sys.stderr, flush=True)
    folds = deal(sorted({site_key(page) for page in pages}), arguments.count)
    if arguments.folds is None:
        arguments.output.write_text(_twice(pages, lines, folds), encoding="utf-8")
        print(f"wrote {arguments.output}", file=sys.stderr)
        return 0
    _write_folds(arguments.folds, pages, lines, folds)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m bench.train --corpus ../shared/corpus/publishers --corpus ../shared/corpus/outlets",
    )
    parser.add_argument(
        "--corpus", action="append", required=True, help="a folder with index.jsonl; can be repeated"
    )
    parser.add_argument("--output", type=Path, default=SHIPPED, help="the file of weights to write")
    parser.add_argument("--folds", type=Path, metavar="DIR", help="write a model for each fold there")
    parser.add_argument("--count", type=int, default=8, help="folds (default 8)")
    parser.add_argument("--jobs", type=int, default=2, help="processes that read pages")
    return parser.parse_args()


def deal(sites: Sequence[str], count: int, *, seed: int = 0) -> dict[str, int]:
    """Site -> fold, dealt like cards from a pack shuffled with `seed`."""
    pack = list(sites)
    random.Random(seed).shuffle(pack)
    return {site: place % count for place, site in enumerate(pack)}


def _write_folds(
    folder: Path, pages: Sequence[TruePage], lines: Mapping[str, list[Line]], folds: Mapping[str, int]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "folds.json").write_text(json.dumps(folds, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    for fold in sorted(set(folds.values())):
        others = [page for page in pages if folds[site_key(page)] != fold]
        (folder / f"{fold}.jsonl").write_text(_twice(others, lines, folds), encoding="utf-8")
        print(f"fold {fold}: {len(others)} pages of other sites", file=sys.stderr, flush=True)


def _twice(pages: Sequence[TruePage], lines: Mapping[str, list[Line]], folds: Mapping[str, int]) -> str:
    """The model of the pages, fitted a second time without the lines that look labelled wrong."""
    halves = [[page for page in pages if folds[site_key(page)] % 2 == half] for half in (0, 1)]
    models = []
    for own, other in (halves, halves[::-1]):
        text = fit([line for page in other for line in lines[page.id]])
        models.append((model_of(text), frozenset(page.id for page in own)))
    return fit(cleaned([line for page in pages for line in lines[page.id]], models))


if __name__ == "__main__":
    sys.exit(main())
