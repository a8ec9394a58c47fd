"""`python -m bench.train`: fits the judge of lines on corpora and writes the weights that the product ships.

How good it is on other sites is measured by `python -m bench.extraction --cv`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pipelines.judge.model
from bench.extraction.corpus import read_corpus
from bench.train.dataset import lines_of, site_key
from bench.train.folds import deal, fit_twice

SHIPPED = Path(pipelines.judge.model.__file__).with_name(pipelines.judge.model.WEIGHTS)


def main() -> int:
    arguments = _arguments()
    pages = [page for folder in arguments.corpus for page in read_corpus(Path(folder))]
    print(f"reading {len(pages)} pages", file=sys.stderr, flush=True)
    lines = lines_of(pages, jobs=arguments.jobs)
    print(f"{sum(map(len, lines.values()))} lines to learn from", file=sys.stderr, flush=True)
    folds = deal(sorted({site_key(page) for page in pages}))
    arguments.output.write_text(fit_twice(pages, lines, folds), encoding="utf-8")
    print(f"wrote {arguments.output}", file=sys.stderr)
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
    parser.add_argument("--jobs", type=int, default=2, help="processes that read pages")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
