"""The store under what machines do: power that fails, disks that are full, pages that are overwritten."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from plans import due_at

import pipelines.store.maintenance
from pipelines.errors import StoreError, WirewatchError
from pipelines.items import Article, Link, Visit
from pipelines.store import Store, check_database

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
SUPPORT = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def fill(store: Store, numbers: range) -> None:
    """An article each, a transaction each."""
    store.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW)
    for number in numbers:
        address = f"https://n.example/{number}"
        store.add_targets("n", [Link(url=address)], via="config", depth=0, now=NOW)
        target = store.target(address)
        assert target is not None
        article = Article(
            id="",
            url=address,
            url_canonical=address,
            source="n",
            domain="n.example",
            title=f"Title {number}",
            text=f"Text number {number}.\n\n" + f"More of {number}. " * 50,
            first_seen_at=NOW,
            last_seen_at=NOW,
        )
        store.end_visit(Visit(target=target, started_at=NOW, ended_at=NOW, article=article), plan=due_at(NOW))


def numbers_in(path: Path) -> list[int]:
    with Store.open(url(path), readonly=True) as store:
        return sorted(int(article.url.rsplit("/", 1)[1]) for article in store.articles())


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "filled.db"
    with Store.open(url(path)) as store:
        fill(store, range(12))
    return path


# Power


@pytest.fixture
def crashed(tmp_path: Path) -> tuple[bytes, bytes]:
    """(the file, its log) of a database as they stand in the middle of writing."""
    path = tmp_path / "power.db"
    with Store.open(url(path)) as store:
        fill(store, range(30))
        return path.read_bytes(), path.with_name("power.db-wal").read_bytes()


def after_power_loss(folder: Path, database: bytes, log: bytes) -> Path:
    folder.mkdir()
    path = folder / "power.db"
    path.write_bytes(database)
    path.with_name("power.db-wal").write_bytes(log)
    return path


@pytest.mark.parametrize("seed", range(12))
def test_a_log_that_never_reached_the_disk_whole_costs_its_end_and_nothing_else(
    crashed: tuple[bytes, bytes], tmp_path: Path, seed: int
) -> None:
    """What is left of the log after a loss of power: a beginning of it, and perhaps torn blocks behind that."""
    dice = random.Random(seed)
    database, log = crashed
    kept = dice.randrange(len(log))
    torn = log[:kept] + (
        dice.randbytes(dice.randrange(20_000)) if seed % 2 else bytes(dice.randrange(20_000))
    )
    path = after_power_loss(tmp_path / "after", database, torn)
    try:
        Store.open(url(path)).close()  # before the first transaction there is no table yet
    finally:
        assert check_database(url(path)) == []
    found = numbers_in(path)
    assert found == list(range(len(found)))
    with Store.open(url(path)) as store:
        fill(store, range(40))
    assert numbers_in(path) == list(range(40))


def test_control_the_file_itself_torn_is_found_out(crashed: tuple[bytes, bytes], tmp_path: Path) -> None:
    path = after_power_loss(tmp_path / "after", *crashed)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert check_database(url(path)) == []
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert check_database(url(path))


@pytest.mark.parametrize(("durable", "level"), [(False, 1), (True, 2)])
def test_a_durable_store_waits_for_the_disk_at_each_commit(tmp_path: Path, durable: bool, level: int) -> None:
    """NORMAL (1) syncs the log before it is written back, FULL (2) at each commit too: SQLite's own promise."""
    with (
        Store.open(url(tmp_path / "new.db"), durable=durable) as store,
        store._database.write() as connection,
    ):
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == level


# The disk

LIMITED = """
import resource, sys
sys.path[:0] = sys.argv[3:]
from test_store_faults import *
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    with Store.open(sys.argv[1]) as store:
        fill(store, range(12, 2000))
except WirewatchError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.mark.parametrize("kib", [0, 40, 300, 600, 1500])
def test_a_file_that_may_not_grow_is_one_line_and_loses_nothing(filled: Path, kib: int) -> None:
    """By the kernel's limit on the size of files: like a quota, at any of SQLite's writes."""
    command = [sys.executable, "-c", LIMITED, url(filled), str(kib * 1024), *SUPPORT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("StoreError: database "), done.stderr
    assert done.stderr.count("\n") == 1
    assert check_database(url(filled)) == []
    found = numbers_in(filled)
    assert found == list(range(len(found)))
    assert len(found) >= 12


def test_control_without_the_limit_it_grows(filled: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    with Store.open(url(filled)) as store:
        fill(store, range(12, 60))
    assert numbers_in(filled) == list(range(60))


# Pages that are overwritten


def uses(path: Path) -> Iterator[Callable[[], object]]:
    """What the program does with a database, all of it."""

    def reading(use: Callable[[Store], object]) -> Callable[[], object]:
        def act() -> object:
            with Store.open(url(path), readonly=True) as store:
                return use(store)

        return act

    def writing(use: Callable[[Store], object]) -> Callable[[], object]:
        def act() -> object:
            with Store.open(url(path)) as store:
                return use(store)

        return act

    yield reading(lambda store: list(store.articles()))
    yield reading(lambda store: store.search("number"))
    yield reading(lambda store: store.due(NOW))
    yield reading(lambda store: store.histories(["n"], now=NOW))
    yield reading(lambda store: store.visits("https://n.example/3"))
    yield reading(lambda store: store.changes())
    yield writing(lambda store: fill(store, range(10, 14)))
    yield writing(lambda store: store.learn("n.example", now=NOW))
    yield writing(lambda store: store.prune_visits(NOW))


@pytest.mark.parametrize("seed", range(10))
def test_overwritten_pages_are_errors_of_one_line_and_db_check_finds_them(filled: Path, seed: int) -> None:
    dice = random.Random(seed)
    whole = filled.read_bytes()
    page = dice.randrange(1, len(whole) // 4096) * 4096
    length = dice.choice((100, 2000, 4096, 20_000))
    at = page + dice.choice((0, 0, 500))
    noise = dice.choice((dice.randbytes(length), bytes(length), whole[:length]))
    damaged = (whole[:at] + noise + whole[at + length :])[: len(whole)]
    errors = []
    filled.write_bytes(damaged)
    problems = check_database(url(filled))
    for use in uses(filled):
        filled.write_bytes(damaged)
        for rest in filled.parent.glob("filled.db-*"):
            rest.unlink()
        try:
            use()
        except WirewatchError as error:
            assert "\n" not in str(error)
            errors.append(str(error))
    assert problems or not errors, errors
    filled.write_bytes(whole)
    assert check_database(url(filled)) == []


# Backup and restore


def test_a_backup_of_a_damaged_database_is_refused(filled: Path, tmp_path: Path) -> None:
    whole = filled.read_bytes()
    filled.write_bytes(whole[: 3 * 4096] + b"\x5a" * 30_000 + whole[3 * 4096 + 30_000 :])
    copy = tmp_path / "copy.db"
    with pytest.raises(StoreError, match="damaged"):
        pipelines.store.maintenance.backup(url(filled), copy)
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == []


def test_control_a_copy_by_itself_copies_the_damage(filled: Path, tmp_path: Path) -> None:
    whole = filled.read_bytes()
    filled.write_bytes(whole[: 3 * 4096] + b"\x5a" * 30_000 + whole[3 * 4096 + 30_000 :])
    pipelines.store.maintenance._copy(filled, tmp_path / "copy.db")
    assert check_database(url(tmp_path / "copy.db"))


def test_a_backup_put_in_the_place_of_a_lost_database_goes_on_where_it_was(
    filled: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    with Store.open(url(filled)) as store:
        store.backup(copy)
        fill(store, range(12, 20))
    filled.write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    for rest in filled.parent.glob("filled.db-*"):
        rest.unlink()
    assert check_database(url(filled))
    shutil.copyfile(copy, filled)
    assert check_database(url(filled)) == []
    assert numbers_in(filled) == list(range(12))
    with Store.open(url(filled)) as store:
        assert len(store.search("number")) == 12
        fill(store, range(25))  # what was lost is found again
    assert numbers_in(filled) == list(range(25))
    assert check_database(url(filled)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE articles SET tags = 'no list'",
        "UPDATE articles SET first_seen_at = 'soon'",
        "UPDATE articles SET first_seen_at = x'00ff'",
        "UPDATE targets SET due_at = '0'",
        "UPDATE targets SET kind = 'odd'",
        "UPDATE visits SET outcome = 'odd'",
    ],
)
def test_a_value_that_is_none_of_its_kind_is_an_error_of_one_line(filled: Path, statement: str) -> None:
    with closing(sqlite3.connect(filled)) as connection, connection:
        connection.execute(statement)
    errors = []
    for use in list(uses(filled))[:5]:
        try:
            use()
        except StoreError as error:
            errors.append(str(error))
    assert errors
    assert all("\n" not in error for error in errors)
