"""kill -9 at random instants of a crawl: nothing is lost, nothing is doubled, and the next run goes on.

The controls are the same harness over a queue that forgets what it handed out, and over a pool of workers that
does not outlive one of them.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import kills as harness
import pytest
from kills import FIRST_REQUEST, FORGETFUL, FRAGILE, Account, kill_until

SEED = int(os.environ.get("WIREWATCH_SEED", "2026"))
KILLS = int(os.environ.get("WIREWATCH_KILLS", "1000"))
# Side by side, each with its own webs and databases.
SHARDS = 2


def assert_sound(account: Account) -> None:
    assert account.sound, (account.lost[:5], account.doubled[:5], account.torn[:5], account.problems[:5])
    # A page whose worker was killed is tried again later; no other one is hurt.
    assert account.hurt <= sum(kill.kind != "main" for kill in account.kills)


@pytest.mark.slow
def test_a_few_kills(tmp_path: Path) -> None:
    account = kill_until(3, tmp_path, seed=1)
    assert len(account.effective) >= 3
    assert_sound(account)


@pytest.mark.reliability
def test_control_a_queue_that_forgets_loses_articles(tmp_path: Path) -> None:
    account = kill_until(3, tmp_path, seed=1, command=[sys.executable, "-c", FORGETFUL])
    assert account.lost
    assert not account.sound


@pytest.mark.slow
def test_control_a_pool_that_dies_with_a_worker_hurts_other_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "KINDS", {"worker": 1})
    script = tmp_path / "fragile.py"
    script.write_text(FRAGILE)
    account = Account()
    harness.live(tmp_path, account, kills=1, dice=random.Random(1), command=[sys.executable, str(script)])
    assert account.hurt > len(account.kills)


@pytest.mark.reliability
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_thousand_kills(tmp_path: Path, shard: int, record_property: Callable[[str, object], None]) -> None:
    account = kill_until(KILLS // SHARDS, tmp_path, seed=SEED + shard)
    record_property(
        "reliability", {"name": f"kills {shard + 1} of {SHARDS}", "seed": SEED + shard, **account.figures()}
    )
    assert_sound(account)
    # Said of a run by itself: among other tests it is the machine that is late.
    assert max(kill.first_request for kill in account.kills) < FIRST_REQUEST
