"""`python -m bench.identity`: how well copies of a story are found, and what finding and storing them costs.

Copies and strangers are generated from texts of saved pages (their known texts, without extraction) and of the
sample site. The limits of `pipelines.likeness` were set on the sites of half 0: half 1, the default, is what
they never saw. A copy counts as found when the store names its own story, and as wrong when it names another one;
pairs of strangers are judged each by itself. Precision counts both. Then a store is grown, and looked into.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.identity.growth import Cost, grown, made, stored
from bench.identity.strangers import KINDS
from bench.identity.texts import CORPORA, Story, read_stories
from bench.identity.variants import CHANGES, wire_item
from pipelines.likeness import likeness
from pipelines.sketch import letters_of
from pipelines.store import Store

RESULTS = Path(__file__).parents[1] / "results"
_SIZES = (10_000, 100_000, 1_000_000)
# There are few texts in scripts without spaces: each is varied so often.
_UNSPACED_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of `of` copies of one kind (or pairs of strangers) so many were called copies of the right story, and so
    many of a wrong one."""

    kind: str
    of: int
    right: int
    wrong: int


def main() -> int:
    arguments = _arguments()
    corpora = [folder for folder in arguments.corpus or CORPORA if folder.is_dir()]
    stories = read_stories(corpora, half=arguments.half)
    others = read_stories(corpora, half=1 - arguments.half)
    unspaced = sum(story.unspaced for story in stories)
    print(
        f"{'saved pages' if corpora else 'the sample site'}: {len(stories)} texts, {unspaced} without spaces\n"
    )
    figures = _quality(stories, others, seed=arguments.seed)
    if arguments.sizes:
        figures |= _growth(read_stories(corpora), arguments)
    RESULTS.mkdir(exist_ok=True)
    line = json.dumps(figures, sort_keys=True)
    (RESULTS / "identity.json").write_text(line + "\n", encoding="utf-8")
    print(line)
    return 0


def copies_found(stories: Sequence[Story], others: Sequence[Story], *, seed: int, wire: bool) -> list[Score]:
    """How many copies of each kind the store finds; of `wire` items of 40 to 80 words, of whole texts else.

    What is put into copies comes from the `others`, which are not stored.
    """
    chance = random.Random(seed)
    texts: list[Story] = []
    ids: dict[str, int] = {}
    with Store.open("sqlite://") as store:
        for story in stories:
            text = wire_item(chance, story) if wire else story
            kept = stored(store, made(len(texts), text))
            # Some pages were saved twice.
            if kept.copy_of is None:
                ids[kept.id] = len(texts)
                texts.append(text)
        return [
            _found(store, ids, chance, texts, list(others), kind, unspaced=unspaced, wire=wire)
            for unspaced in (False, True)
            for kind in CHANGES
        ]


def _found(
    store: Store,
    ids: dict[str, int],
    chance: random.Random,
    texts: Sequence[Story],
    others: list[Story],
    kind: str,
    *,
    unspaced: bool,
    wire: bool,
) -> Score:
    numbers = [number for number, text in enumerate(texts) if text.unspaced == unspaced]
    numbers *= _UNSPACED_ROUNDS if unspaced else 1
    right = wrong = 0
    for number in numbers:
        copy = CHANGES[kind](chance, texts[number], others)
        named = store.find_copy(copy.text)
        right += named is not None and ids.get(named) == number
        wrong += named is not None and ids.get(named) != number
    name = f"{'wire item, ' if wire else ''}{kind}{', unspaced' if unspaced else ''}"
    return Score(kind=name, of=len(numbers), right=right, wrong=wrong)


def strangers_taken(stories: Sequence[Story], *, seed: int) -> list[Score]:
    """How many pairs of strangers of each kind are taken for copies."""
    chance = random.Random(seed)
    scores = []
    for kind, pairs in KINDS.items():
        found = [
            likeness(letters_of(one.text), letters_of(other.text)).is_copy
            for one, other in pairs(chance, list(stories))
        ]
        scores.append(Score(kind=kind, of=len(found), right=0, wrong=sum(found)))
    return scores


def _quality(stories: Sequence[Story], others: Sequence[Story], *, seed: int) -> dict[str, object]:
    copies = [
        score for wire in (False, True) for score in copies_found(stories, others, seed=seed, wire=wire)
    ]
    strangers = strangers_taken(stories, seed=seed)
    for title, scores in (("copies", copies), ("strangers", strangers)):
        print(f"{title:36}{'of':>6}{'found':>8}{'wrong':>8}")
        for score in scores:
            share = f"{score.right / max(1, score.of):.3f}" if title == "copies" else ""
            print(f"{score.kind:36}{score.of:>6}{share:>8}{score.wrong / max(1, score.of):>8.3f}")
        print()
    of, right = sum(score.of for score in copies), sum(score.right for score in copies)
    wrong = sum(score.wrong for score in (*copies, *strangers))
    figures = {"recall": round(right / of, 4), "precision": round(right / (right + wrong), 4)}
    print(f"recall {figures['recall']}, precision {figures['precision']}\n")
    kinds = {score.kind: round(score.right / max(1, score.of), 4) for score in copies}
    taken = {score.kind: round(score.wrong / max(1, score.of), 4) for score in strangers}
    return {**figures, "recall_by_kind": kinds, "strangers_taken": taken}


def _growth(stories: Sequence[Story], arguments: argparse.Namespace) -> dict[str, object]:
    print(
        f"{'articles':>10}{'us new':>9}{'us copy':>9}{'found':>7}{'stored/s':>10}{'a CPU-s':>9}{'MiB':>8}{'RSS':>7}"
    )
    costs: list[Cost] = []
    with tempfile.TemporaryDirectory(prefix="identity-", dir=arguments.folder) as folder:
        for cost in grown(
            Path(folder), stories, arguments.sizes, seed=arguments.seed, count=arguments.count, words=100
        ):
            costs.append(cost)
            print(
                f"{cost.articles:>10}{cost.lookup_new:>9.0f}{cost.lookup_copy:>9.0f}{cost.found:>7.3f}"
                f"{cost.stored:>10.0f}{cost.stored_cpu:>9.0f}{cost.disk:>8.0f}{cost.memory:>7.0f}",
                flush=True,
            )
    print()
    return {
        "lookup_us": {str(cost.articles): round((cost.lookup_new + cost.lookup_copy) / 2) for cost in costs},
        "stored_per_second": {str(cost.articles): round(cost.stored) for cost in costs},
        "growth": [{name: round(value, 3) for name, value in asdict(cost).items()} for cost in costs],
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.identity", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", help="a folder of pages with known text")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1, help="which half of the sites")
    parser.add_argument("--sizes", type=int, nargs="*", default=_SIZES, help="grow a store to these sizes")
    parser.add_argument("--count", type=int, default=1000, help="articles looked up and stored at each size")
    parser.add_argument("--folder", type=Path, help="where the grown store is put (a million take 3 GB)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
