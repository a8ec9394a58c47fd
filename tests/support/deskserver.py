"""`wirewatch serve` as a process of its own, on a database in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forked import Forked, forkery
from newsserver import clean_environment

from pipelines.store import Store

_AT = re.compile(r"the desk is at (http://\S+)/ ")


@contextmanager
def serving(folder: Path, *options: str, config: str = "", **env: str) -> Iterator[str]:
    """The desk's address, for as long as it is open, by `folder`/wirewatch.db and `folder`/wirewatch.toml."""
    with running(folder, *options, config=config, **env) as (_, address):
        yield address


@contextmanager
def running(folder: Path, *options: str, config: str = "", **env: str) -> Iterator[tuple[Forked, str]]:
    """The same with its process, which may be killed meanwhile."""
    (folder / "wirewatch.toml").write_text(config)
    log = folder / "desk.log"
    listening = ["-m", "crawler", "serve", "--listen", "127.0.0.1:0", *options]
    read, write = os.pipe()
    with log.open("w") as errors, os.fdopen(read) as said:
        try:
            process = forkery().start(
                listening, cwd=folder, env={**clean_environment(), **env}, out=write, errors=write
            )
        finally:
            os.close(write)
        try:
            # The first line says where; what follows is a log that nobody waits for.
            for line in said:
                errors.write(line)
                found = _AT.search(line)
                if found:
                    break
            else:
                raise AssertionError(f"the desk did not start: {log.read_text()}")
            yield process, found[1]
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            errors.write(said.read())
    assert "Traceback" not in log.read_text(), log.read_text()[-3000:]


def copied(database: Path, folder: Path) -> Path:
    """A copy of a database, as the desk's own in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(database, folder / "wirewatch.db"))


def sources_config(database: Path) -> str:
    """A config file with the sources that the store knows."""
    with Store.open(f"sqlite:///{database}", readonly=True) as store:
        rows = store.sources()
    return "".join(f'[[sources]]\nname = "{row.name}"\nurl = "{row.url}"\n' for row in rows)
