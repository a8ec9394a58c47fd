"""Documents damaged in every way we could think of: each ends as a reading or as an error of ours, in its time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzzing import LANES, FuzzAccount, fuzz
from mutations import mutations, samples

import pipelines.extract
from crawler.config import ExtractionSection

SEED = int(os.environ.get("WIREWATCH_SEED", "2026"))
MUTANTS = int(os.environ.get("WIREWATCH_MUTANTS", "10000"))
# MiB. One large document in flight on each lane, both ways, is no leak.
FLAT = 64.0


def assert_handled(account: FuzzAccount, count: int) -> None:
    assert not account.unhandled, "\n".join(account.unhandled[:10])
    assert not account.over_limit, account.over_limit[:10]
    assert sum(account.outcomes.values()) == count
    assert account.outcomes["died"] == 0
    assert account.growth() < FLAT


def test_two_hundred_mutants(tmp_path: Path) -> None:
    account = asyncio.run(fuzz(tmp_path, count=200, seed=7, timeout=20, corpus=False))
    assert_handled(account, 200)
    # The harness would see nothing if nothing came through: most are still what they were.
    assert account.outcomes["stored"] > 20
    assert account.outcomes["links"] > 20


def test_the_same_seed_gives_the_same_mutants() -> None:
    found = samples(corpus=False)
    assert {one.kind for one in found} == {"article", "listing", "feed", "sitemap", "robots"}
    one, same, other = (
        [mutant.body for mutant, _ in zip(mutations(seed, found), range(40), strict=False)]
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_control_what_a_reader_throws_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading in this process, with a reader that breaks on every third page."""
    import fuzzing

    def broken(page: object, **told: object) -> pipelines.extract.Reading:
        if len(page.body) % 3 == 0:  # type: ignore[attr-defined]
            raise LookupError("a charset of no kind")
        return pipelines.extract.Reading()

    class Inline:
        def __init__(self, **limits: object) -> None: ...

        async def run(self, function: Callable, *args: object, **kwargs: object) -> object:
            return function(*args, **kwargs)

        def close(self) -> None: ...

    monkeypatch.setattr(fuzzing, "Workers", Inline)
    monkeypatch.setattr(fuzzing, "read_page", broken)
    account = asyncio.run(fuzz(tmp_path, count=40, seed=7, timeout=20, corpus=False))
    assert account.unhandled
    with pytest.raises(AssertionError, match="a charset of no kind"):
        assert_handled(account, 40)


@pytest.mark.reliability
def test_ten_thousand_mutants(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    limit = ExtractionSection().timeout
    account = asyncio.run(fuzz(tmp_path, count=MUTANTS, seed=SEED, timeout=limit))
    record_property("reliability", {"name": "mutants", "seed": SEED, "lanes": LANES, **account.figures()})
    assert_handled(account, MUTANTS)
