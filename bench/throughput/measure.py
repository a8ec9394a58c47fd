"""One command measured as a whole: seconds by the clock and of CPU, peak memory of all its processes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`cpu` counts the command and every process that came of it, waited for or not; `peak_mib` is the highest sum
    of their proportional set sizes (shared pages are counted once), looked at twice a second."""

    seconds: float
    cpu: float
    peak_mib: float
    code: int
    output: str


def measure(
    command: Sequence[str], *, folder: Path, env: Mapping[str, str] | None = None, limit: float
) -> Measured:
    """Run it to its end, or for `limit` seconds at most."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    with (folder / "output").open("w+b") as output, (folder / "errors").open("w+b") as errors:
        started = monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=output, stderr=errors, start_new_session=True
        )
        peak = _Peak(process.pid)
        bound = threading.Timer(limit, os.killpg, (process.pid, 9))
        bound.start()
        with peak:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = monotonic() - started
            cpu = usage.ru_utime + usage.ru_stime + _of_orphans(process.pid)
        bound.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        output.seek(0)
        text = output.read().decode("utf-8", "replace") + errors.read().decode("utf-8", "replace")
    return Measured(
        seconds=seconds,
        cpu=cpu,
        peak_mib=peak.mib,
        code=process.returncode,
        output=text,
    )


def _of_orphans(session: int) -> float:
    """Seconds of CPU of the processes that a command left behind, as the server its workers were forked from:
    they are ours now (prctl), and are waited for."""
    cpu = 0.0
    while left := [pid for pid, parent, own in _processes() if parent == os.getpid() and own == session]:
        for pid in left:
            _, _, usage = os.wait4(pid, 0)
            cpu += usage.ru_utime + usage.ru_stime
    return cpu


def _processes() -> Iterator[tuple[int, int, int]]:
    """(pid, parent, session) of all."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            yield int(path.parent.name), int(fields[1]), int(fields[3])


class _Peak:
    """A context manager that watches a process and its descendants."""

    def __init__(self, pid: int) -> None:
        self.mib = 0.0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self.mib = max(self.mib, pss_mib(self._pid))


def pss_mib(pid: int) -> float:
    """Memory of a process and its descendants; shared pages are counted once."""
    return sum(map(_pss_kib, _family(pid))) / 1024


def _family(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
