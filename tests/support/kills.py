"""kill -9 at random instants of crawls over a web that changes between them: what is lost, doubled, torn.

A life is one database and one web. It goes through rounds: something is published and edited, a crawl is
started, and at a random instant after its first request the whole process group, one worker, or a worker and
then the group is killed. A kill is effective if it struck while the crawl ran and after it had ended a visit;
the others are counted as idle. In the end a crawl with its clock ten days ahead must find all that is left.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from changingweb import ChangingWeb
from newsserver import clean_environment

from pipelines.store import Store, check_database

CRAWL = [sys.executable, "-m", "crawler", "--quiet", "crawl"]
# Each target is marked as done when it is handed out, as a queue that forgets does.
FORGETFUL = """
import sqlite3, sys
from crawler.app import App
from crawler.cli import main

begin = App.begin

def forget(self, target):
    with sqlite3.connect("wirewatch.db", timeout=30) as connection:
        connection.execute("UPDATE targets SET due_at = NULL WHERE id = ?", (target.id,))
    connection.close()
    return begin(self, target)

App.begin = forget
sys.argv = ["wirewatch", "--quiet", "crawl"]
main()
"""
# The standard library's pool is dead after one killed worker.
FRAGILE = """
import asyncio, multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
import crawler.run
from crawler.cli import main

class Fragile:
    timeout = 20.0

    def __init__(self):
        self.pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

    async def run(self, function, *args, **kwargs):
        return await asyncio.get_running_loop().run_in_executor(self.pool, partial(function, *args, **kwargs))

    def close(self):
        self.pool.shutdown(wait=False, cancel_futures=True)

if __name__ == "__main__":
    crawler.run._workers = lambda config: Fragile()
    sys.argv = ["wirewatch", "--quiet", "crawl"]
    main()
"""
AHEAD = """
from datetime import UTC, datetime, timedelta
from pathlib import Path
from crawler.config import load
from crawler.job import Job
from crawler.run import run

if __name__ == "__main__":
    config = load(Path("wirewatch.toml"), env={})
    run(Job(sources=config.sources), config=config, database="sqlite:///wirewatch.db",
        clock=lambda: datetime.now(UTC) + timedelta(days=10))
"""
CONFIG = """
[network]
allow = ["127.0.0.0/8"]
[defaults]
delay = 0.0
[extraction]
workers = 1
"""
SOURCE = """
[[sources]]
name = "outlet{number}"
url = "{url}/"
feeds = ["{url}/feed/"]
listings = ["{url}/"]
"""
KINDS = {"main": 6, "worker": 2, "both": 2}
ROUNDS = 25
# A run that is started after a kill must have asked for something by then.
FIRST_REQUEST = 10.0


@dataclass(frozen=True)
class Kill:
    """`progress`: visits that the run had ended; `first_request`: seconds from its start to that."""

    kind: str
    progress: int
    first_request: float
    under_way: bool

    @property
    def effective(self) -> bool:
        return self.under_way and self.progress > 0


@dataclass
class Account:
    """What came of all lives of one harness."""

    kills: list[Kill] = field(default_factory=list)
    lives: int = 0
    published: int = 0
    edited: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    hurt: int = 0

    @property
    def effective(self) -> list[Kill]:
        return [kill for kill in self.kills if kill.effective]

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.torn or self.stale or self.problems)

    def figures(self) -> dict[str, Any]:
        counts = {key: len(value) for key, value in asdict(self).items() if isinstance(value, list)}
        kinds = Counter(kill.kind for kill in self.effective)
        waits = [kill.first_request for kill in self.kills]
        progress = [kill.progress for kill in self.effective]
        return {
            "effective_kills": len(self.effective),
            "idle": len(self.kills) - len(self.effective),
            **{f"kills_of_{kind}": kinds[kind] for kind in KINDS},
            "lives": self.lives,
            "published": self.published,
            "edited": self.edited,
            **{key: counts[key] for key in ("lost", "doubled", "torn", "stale", "problems")},
            "pages_hurt_by_worker_kills": self.hurt,
            "progress_median": median(progress) if progress else 0,
            "first_request_median": round(median(waits), 2),
            "first_request_max": round(max(waits), 2),
            "each": [asdict(kill) for kill in self.kills],
        }


def live(folder: Path, account: Account, *, kills: int, dice: random.Random, command: list[str]) -> None:
    """One life, of so many effective kills at most; everything that is wrong goes into the account."""
    database = f"sqlite:///{folder}/wirewatch.db"
    with ChangingWeb(dice) as web:
        blocks = [SOURCE.format(number=number, url=site.url) for number, site in enumerate(web.sites)]
        (folder / "wirewatch.toml").write_text(CONFIG + "".join(blocks))
        wanted = len(account.effective) + kills
        for _ in range(ROUNDS):
            web.publish(8)
            web.edit(3)
            account.kills.append(_round(folder, web, dice, command))
            account.problems += check_database(database)
            if len(account.effective) == wanted:
                break
        with (folder / "log").open("ab") as log:
            ahead = [sys.executable, "-c", AHEAD]
            subprocess.run(ahead, cwd=folder, env=clean_environment(), stderr=log, check=True, timeout=300)
        account.problems += check_database(database)
        account.lives += 1
        account.published += len(web.editions)
        account.edited += sum(len(editions) - 1 for editions in web.editions.values())
        with Store.open(database, readonly=True) as store:
            _compare(store, web, account)
    account.hurt += _count(folder, "outcome = 'parse_error'")


def _round(folder: Path, web: ChangingWeb, dice: random.Random, command: list[str]) -> Kill:
    kind = dice.choices(list(KINDS), weights=list(KINDS.values()))[0]
    before, asked, began = _count(folder), web.asked, time.monotonic()
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=clean_environment(), stderr=log, start_new_session=True
        )
        try:
            first_request = _asked_for(web, asked + 1, process) - began
            # robots.txt, a feed and a listing of each outlet come first; then articles.
            _asked_for(web, asked + dice.randint(8, 40), process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=dice.uniform(0.0, 0.1))  # the random instant is the point of the test
            under_way = process.poll() is None
            if kind != "main":
                under_way = _kill_a_worker(process.pid, dice) and under_way
            if kind == "worker":
                progress = _count(folder) - before
                assert process.wait(timeout=120) == 0, (folder / "log").read_text()[-2000:]
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if kind != "worker":
        progress = _count(folder) - before
    return Kill(kind, progress, first_request, under_way)


def _asked_for(web: ChangingWeb, count: int, process: subprocess.Popen[bytes]) -> float:
    """When so many requests had come in, or the process had ended, by the monotonic clock."""
    end = time.monotonic() + 60
    while web.asked < count and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    return time.monotonic()


def _kill_a_worker(parent: int, dice: random.Random) -> bool:
    workers = worker_processes(parent)
    if not workers:
        return False
    with suppress(ProcessLookupError):
        os.kill(dice.choice(workers), signal.SIGKILL)
        return True
    return False


def worker_processes(parent: int) -> list[int]:
    """The processes that read pages: below the parent, or below the server that they are forked from."""
    found = []
    for child in _children(parent):
        line = _command_line(child)
        if b"spawn_main" in line:
            found.append(child)
        elif b"forkserver" in line:
            found += _children(child)
    return found


def _children(parent: int) -> list[int]:
    with suppress(OSError):
        tasks = list(Path(f"/proc/{parent}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _count(folder: Path, where: str = "1") -> int:
    """Visits on record; 0 while there is no table for them."""
    path = folder / "wirewatch.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=30)) as connection, suppress(sqlite3.OperationalError):
        return int(connection.execute(f"SELECT count(*) FROM visits WHERE {where}").fetchone()[0])
    return 0


def _compare(store: Store, web: ChangingWeb, account: Account) -> None:
    found = Counter(article.url_canonical for article in store.articles())
    account.lost += sorted(set(web.editions) - set(found))
    account.doubled += [url for url, times in found.items() if times > 1]
    for article in store.articles():
        editions = web.editions[article.url_canonical]
        for state in store.revisions(article.id):
            if state.text.split("\n\n")[0] not in editions:
                account.torn.append(article.url)
        if article.text.split("\n\n")[0] != editions[-1]:
            account.stale.append(article.url)


def kill_until(kills: int, folder: Path, *, seed: int, command: list[str] | None = None) -> Account:
    """So many effective kills, over as many lives as it takes."""
    account = Account()
    while (left := kills - len(account.effective)) > 0:
        home = folder / f"life{account.lives}"
        home.mkdir()
        dice = random.Random(f"{seed}/{account.lives}")
        live(home, account, kills=left, dice=dice, command=command or CRAWL)
    return account
