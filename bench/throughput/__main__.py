"""`python -m bench.throughput`: articles a second of a whole crawl, by the clock and by the CPU.

A web of 20 sites on loopback, 1,000 saved pages in all. `ours` is `wirewatch crawl` with its start, its end
and its storing; `limit` is trafilatura with its default settings and metadata over the same pages from disk, in
two processes. Everything runs in turn, round after round, each as a process of its own; the web's server takes
its share of the same cores from whoever fetches.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.throughput.contenders import CONTENDERS
from bench.throughput.measure import Measured, measure
from bench.throughput.pages import SITES, ServedPage, served_pages
from bench.throughput.web import address, serving, write_web

RESULTS = Path(__file__).parents[1] / "results"
ROOT = Path(__file__).parents[2]
CORPORA = [ROOT.parent / "shared" / "corpus" / name for name in ("publishers", "outlets", "segments")]
_DEFAULT = ("limit", "ours", "limit_text_only", "limit_fast", "fetching_alone", "plain_scrapy")
_CONFIG = """
[network]
allow = ["127.0.0.0/8"]
[defaults]
delay = 0.0
[extraction]
workers = {workers}
"""
_SOURCE = """
[[sources]]
name = "site{number}"
url = "{home}/"
feeds = [{feeds}]
"""


def main() -> int:
    arguments = _arguments()
    corpora = [folder for folder in arguments.corpus or CORPORA if folder.is_dir()]
    print(f"pages: {'saved ones' if corpora else 'the sample site'}; {arguments.pages} on {SITES} sites\n")
    runs: dict[str, list[tuple[int, Measured]]] = {name: [] for name in arguments.only or _DEFAULT}
    pages = served_pages(corpora, count=arguments.pages)
    with tempfile.TemporaryDirectory(prefix="throughput-") as name:
        folder = Path(name)
        write_web(folder, pages)
        with serving(folder) as port:
            _describe(folder, pages, port, workers=arguments.workers)
            for _ in range(arguments.rounds):
                for contender, found in runs.items():
                    found.append(_run(contender, folder, limit=arguments.limit))
    figures = _figures(runs, arguments.pages)
    figures |= _memory(corpora, arguments) if arguments.memory else {}
    RESULTS.mkdir(exist_ok=True)
    line = json.dumps(figures, sort_keys=True)
    (RESULTS / "throughput.json").write_text(line + "\n", encoding="utf-8")
    print(line)
    return 0


def _describe(folder: Path, pages: Sequence[ServedPage], port: int, *, workers: int) -> None:
    """What each contender is handed: the pages as files, the feeds, the addresses, our configuration."""
    homes = [f"http://{address(site)}:{port}" for site in range(SITES)]
    (folder / "pages").mkdir()
    for number, page in enumerate(pages):
        (folder / "pages" / f"{number:06}.html").write_bytes(page.body)
    addresses = [homes[page.site] + page.path for page in pages]
    (folder / "addresses.json").write_text(json.dumps(addresses), encoding="utf-8")
    feeds = [
        [f"{home}/feed-{number}" for number in range(-(-sum(page.site == site for page in pages) // 100))]
        for site, home in enumerate(homes)
    ]
    (folder / "feeds.json").write_text(json.dumps([feed for own in feeds for feed in own]), encoding="utf-8")
    blocks = [
        _SOURCE.format(number=number, home=home, feeds=", ".join(f'"{feed}"' for feed in own))
        for number, (home, own) in enumerate(zip(homes, feeds, strict=True))
    ]
    (folder / "wirewatch.toml").write_text(
        _CONFIG.format(workers=workers) + "".join(blocks), encoding="utf-8"
    )


def _run(contender: str, folder: Path, *, limit: float) -> tuple[int, Measured]:
    """(articles, what it took) of one run, with an empty store."""
    for left in folder.glob("wirewatch.db*"):
        left.unlink()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    if contender == "ours":
        command = [sys.executable, "-m", "crawler", "--quiet", "--log-format", "json", "crawl"]
    else:
        command = [sys.executable, "-m", "bench.throughput.contenders", contender, str(folder)]
    done = measure(command, folder=folder, env=env, limit=limit)
    try:
        last = json.loads(done.output.strip().splitlines()[-1])
        articles = last["summary"]["stored"] if contender == "ours" else last["articles"]
    except (IndexError, ValueError, KeyError):
        print(f"{contender} ended with {done.code}: {done.output.strip()[-300:]}")
        articles = 0
    print(
        f"{contender:16} {articles:6} articles  {done.seconds:7.1f} s  {done.cpu:7.1f} CPU-s  "
        f"{done.peak_mib:6.0f} MiB",
        flush=True,
    )
    return articles, done


def _figures(runs: dict[str, list[tuple[int, Measured]]], pages: int) -> dict[str, float]:
    """By contender: pages a second by the clock, and (`_cpu`) a CPU-second; medians over the rounds."""
    figures: dict[str, float] = {}
    print(f"\n{'':16}{'pages/s':>10}{'to limit':>10}{'pages/CPU-s':>13}{'to limit':>10}{'MiB':>8}")
    for name, found in runs.items():
        figures[name] = round(median(pages / done.seconds for _, done in found), 2)
        figures[f"{name}_cpu"] = round(median(pages / done.cpu for _, done in found), 2)
        figures[f"{name}_mib"] = round(median(done.peak_mib for _, done in found))
        # Each round's own ratio: what disturbs the machine disturbs neighbours alike.
        wall, cpu = (
            [own / other for own, other in zip(mine, limits, strict=True)]
            for mine, limits in (
                ([1 / done.seconds for _, done in found], [1 / done.seconds for _, done in runs["limit"]]),
                ([1 / done.cpu for _, done in found], [1 / done.cpu for _, done in runs["limit"]]),
            )
        )
        print(
            f"{name:16}{figures[name]:>10}{median(wall):>10.2f}{figures[f'{name}_cpu']:>13}"
            f"{median(cpu):>10.2f}{figures[f'{name}_mib']:>8}"
        )
        if name == "ours":
            figures["ratio_to_limit"] = round(median(wall), 3)
            figures["cpu_ratio_to_limit"] = round(median(cpu), 3)
    return figures


def _memory(corpora: Sequence[Path], arguments: argparse.Namespace) -> dict[str, float]:
    """Peak memory of a crawl of 1,000 pages and of one of 10,000."""
    figures = {}
    for count in (1000, 10_000):
        with tempfile.TemporaryDirectory(prefix="throughput-") as name:
            folder = Path(name)
            pages = served_pages(corpora, count=count)
            write_web(folder, pages)
            with serving(folder) as port:
                _describe(folder, pages, port, workers=arguments.workers)
                shutil.rmtree(folder / "pages")
                figures[f"peak_mib_{count}"] = round(_run("ours", folder, limit=arguments.limit)[1].peak_mib)
    return figures


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples: python -m bench.throughput --rounds 1\n"
        "          python -m bench.throughput --only limit --only ours --memory",
    )
    parser.add_argument(
        "--corpus", action="append", type=Path, help="a folder with index.jsonl; can be repeated"
    )
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="worker processes of ours")
    parser.add_argument("--limit", type=float, default=1800, help="seconds that one run may take")
    parser.add_argument(
        "--memory", action="store_true", help="also compare the memory of 1,000 and 10,000 pages"
    )
    parser.add_argument(
        "--only", action="append", choices=("ours", *CONTENDERS), help="these; can be repeated; needs `limit`"
    )
    arguments = parser.parse_args()
    if arguments.only and "limit" not in arguments.only:
        arguments.only.insert(0, "limit")
    return arguments


if __name__ == "__main__":
    raise SystemExit(main())
