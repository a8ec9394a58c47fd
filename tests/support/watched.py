"""A command that is watched: how long it takes, and the memory of all its processes together."""

from __future__ import annotations

import os
import re
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Watched:
    """How a command ended; `peak` is the most that it and all its children held together, in MiB (PSS),
    and `parts` what each of them held then, it first."""

    returncode: int
    stderr: str
    seconds: float
    peak: float
    parts: list[float]


def watched(
    command: list[str], *, cwd: Path, env: dict[str, str], timeout: float, enough: float = float("inf")
) -> Watched:
    """Run the command, look at the memory of its processes ten times a second, kill it when time is up.

    Or when it holds `enough` MiB.
    """
    started = time.monotonic()
    peak: tuple[float, list[float]] = (0.0, [])
    with (cwd / "stderr").open("w+") as log:
        process = subprocess.Popen(command, cwd=cwd, env=env, stderr=log, start_new_session=True)
        try:
            while process.poll() is None and time.monotonic() - started < timeout and peak[0] < enough:
                parts = [_pss(pid) for pid in _tree(process.pid)]
                peak = max(peak, (sum(parts), parts))
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
        finally:
            for pid in _tree(process.pid) if process.poll() is None else ():
                with suppress(ProcessLookupError):
                    os.kill(pid, 9)
            process.wait()
        log.seek(0)
        return Watched(process.returncode, log.read(), time.monotonic() - started, *peak)


def _tree(root: int) -> list[int]:
    """The process and all below it."""
    found = [root]
    for pid in found:
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found.extend(map(int, (task / "children").read_text().split()))
    return found


def _pss(pid: int) -> float:
    """Proportional set size: what is shared counts once, parted among those who share it."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0
