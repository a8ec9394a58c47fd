"""How much memory this process holds, and giving back what it no longer needs."""

from __future__ import annotations

import ctypes
import gc
import os
from pathlib import Path

from pipelines.limits import MIB

_STATM = Path("/proc/self/statm")
# So much more than before is worth the few milliseconds of giving it back.
_WORTH = 24 * MIB


def held() -> int | None:
    """The bytes this process has in memory; None where the system does not tell a process that."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


class Giver:
    """Gives freed memory back to the system when the process has grown.

    The C library keeps what a large page took, in pieces between what is still in use: 120 MiB after a table
    of 40,000 rows. glibc's malloc_trim gives it back; elsewhere nothing happens.
    """

    def __init__(self) -> None:
        self._least = held()
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None

    def give_back(self) -> None:
        now = held()
        if now is None or self._least is None or self._trim is None or now < self._least + _WORTH:
            return
        gc.collect()  # failed requests are cycles, with their bodies in them
        self._trim(0)
        self._least = held()
