"""The work queue: one target of a host at a time, an end that waits for what is under way, a limit kept."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from crawler.work import FRESH, Work
from pipelines.items import Kind, Outcome, Target, Visit

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def target(number: int, host: str) -> Target:
    return Target(
        id=number, url=f"https://{host}/{number}", kind=Kind.ARTICLE, host=host, source="s", due_at=NOW
    )


def done(target: Target) -> Visit:
    return Visit(target=target, started_at=NOW, outcome=Outcome.STORED)


class Table:
    """A due table in memory: gives what is left, some of each host."""

    def __init__(self, *targets: Target) -> None:
        self.left = list(targets)

    async def __call__(self, *, exclude_hosts: Collection[str], limit: int, per_host: int) -> list[Target]:
        given: dict[str, list[Target]] = {}
        for item in self.left:
            if item.host not in exclude_hosts and len(given.setdefault(item.host, [])) < per_host:
                given[item.host].append(item)
        picked = [item for items in given.values() for item in items][:limit]
        self.left = [item for item in self.left if item not in picked]
        return picked


async def _drain(work: Work, *, hold: int = 1) -> list[Target]:
    """Hand visits back only after `hold` of them are out, or none more comes."""
    seen: list[Target] = []
    out: list[Target] = []
    iterator = work.targets()
    while True:
        step = asyncio.ensure_future(anext(iterator, None))
        await asyncio.wait([step], timeout=0.01 if out else None)
        while not step.done():
            work.ended(done(out.pop(0)), kept=True)
            await asyncio.wait([step], timeout=0.01 if out else None)
        item = step.result()
        if item is None:
            return seen
        assert item.host not in {other.host for other in out}
        seen.append(item)
        out.append(item)
        if len(out) >= hold:
            work.ended(done(out.pop(0)), kept=True)


async def test_every_target_once_and_never_two_of_a_host() -> None:
    targets = [target(number, f"host{number % 3}") for number in range(30)]
    seen = await _drain(Work(due=Table(*targets)), hold=3)
    assert sorted(item.id for item in seen) == list(range(30))


async def test_limit_is_not_overshot() -> None:
    targets = [target(number, f"host{number}") for number in range(30)]
    seen = await _drain(Work(due=Table(*targets), limit=4), hold=10)
    assert len(seen) == 4


async def test_named_targets_come_first() -> None:
    work = Work(due=Table(target(1, "a")))
    work.add(target(2, "b"))
    seen = await _drain(work)
    assert [item.id for item in seen] == [2, 1]


async def test_stop_ends_it() -> None:
    work = Work(due=Table(target(1, "a"), target(2, "a")), forever=True)
    iterator = work.targets()
    await anext(iterator)
    waiting = asyncio.ensure_future(anext(iterator, None))
    work.stop()
    assert await waiting is None


async def test_preparation_keeps_it_open() -> None:
    table = Table()
    work = Work(due=table)
    go = asyncio.Event()

    async def prepare() -> None:
        await go.wait()
        table.left.append(target(7, "late"))

    job = asyncio.ensure_future(work.preparing(prepare()))
    await asyncio.sleep(0)
    waiting = asyncio.ensure_future(anext(work.targets(), None))
    await asyncio.sleep(0)
    assert not waiting.done()
    go.set()
    item = await waiting
    assert item is not None
    assert item.id == 7
    await job


async def test_a_host_freed_while_the_store_is_asked_is_asked_for_again() -> None:
    table = Table(target(1, "a"), target(2, "a"))
    first: list[Target] = []

    async def due(*, exclude_hosts: Collection[str], limit: int, per_host: int) -> list[Target]:
        answer = await table(exclude_hosts=exclude_hosts, limit=limit, per_host=1)
        if first and exclude_hosts:
            work.ended(done(first.pop()), kept=True)  # the last visit ends before the answer is here
        return answer

    work = Work(due=due)
    seen = []
    async for item in work.targets():
        seen.append(item.id)
        first.append(item)
    assert seen == [1, 2]


@pytest.mark.parametrize("outcome", [Outcome.STORED, Outcome.BLOCKED])
async def test_a_failure_takes_back_what_was_taken_of_its_host(outcome: Outcome) -> None:
    """The host may have asked to be left alone: only the table knows, so it is asked again."""
    asked = []

    async def due(*, exclude_hosts: Collection[str], limit: int, per_host: int) -> list[Target]:
        asked.append(limit)
        return [target(1, "a"), target(2, "a")] if len(asked) == 1 else []

    work = Work(due=due)
    iterator = work.targets()
    first = await anext(iterator)
    work.ended(Visit(target=first, started_at=NOW, outcome=outcome), kept=True)
    second = await anext(iterator, None)
    assert (second is None) == (outcome is Outcome.BLOCKED)


async def test_what_was_taken_long_ago_is_taken_anew() -> None:
    now = 0.0
    table = Table(*(target(number, "a") for number in range(4)))
    work = Work(due=table, clock=lambda: now)
    iterator = work.targets()
    first = await anext(iterator)
    assert not table.left
    table.left = [target(9, "a")]
    now = FRESH + 0.1
    work.ended(done(first), kept=True)
    second = await anext(iterator)
    assert second.id == 9
