"""One crawl at a time, and the lock of a killed process is no lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.lock import CrawlLock
from pipelines.errors import LockHeldError

HOLDER = """
import sys, pathlib
from crawler.lock import CrawlLock
with CrawlLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_holder_is_told_who_has_it_and_a_kill_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "news.db.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockHeldError, match=f"pid {holder.pid} ") as refused, CrawlLock(path):
            pass
        assert refused.value.exit_code == 75
        holder.kill()
        holder.wait()
    with CrawlLock(path):
        assert str(os.getpid()) in path.read_text()
    assert path.read_text() == ""
