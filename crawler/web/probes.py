"""A look at a site for the page that adds it: `wirewatch probe` in a process of its own."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

# Looks remembered, looks at once, and seconds that one may take: it asks for some 40 pages, one a second.
_KEPT, _AT_ONCE, _SECONDS = 50, 2, 180.0


@dataclass(slots=True)
class Probe:
    """One look: `found` is what `wirewatch probe --json` said, `error` why not; neither: under way."""

    url: str
    found: Mapping[str, Any] | None = None
    error: str | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Probes:
    """Runs looks and remembers them by a key nobody can guess. `command` is what runs wirewatch with the
    desk's own global options."""

    def __init__(self, *, command: Sequence[str] = ()) -> None:
        self._command = tuple(command) or (sys.executable, "-m", "crawler")
        self._kept: OrderedDict[str, Probe] = OrderedDict()
        self._turn: asyncio.Semaphore | None = None

    def start(self, url: str) -> str:
        """Begin to look at the site; returns the key to ask by. In the event loop only."""
        self._turn = self._turn or asyncio.Semaphore(_AT_ONCE)
        key, probe = secrets.token_urlsafe(12), Probe(url)
        self._kept[key] = probe
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        probe.task = asyncio.get_running_loop().create_task(self._look(probe, self._turn))
        return key

    def get(self, key: str) -> Probe | None:
        return self._kept.get(key)

    async def _look(self, probe: Probe, turn: asyncio.Semaphore) -> None:
        async with turn:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                "--quiet",
                "probe",
                "--json",
                "--",
                probe.url,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                said, errors = await asyncio.wait_for(process.communicate(), _SECONDS)
            except TimeoutError:
                probe.error = f"{probe.url}: no end after {_SECONDS:.0f} seconds"
            else:
                _take(probe, process.returncode, said, errors)
            finally:
                with suppress(ProcessLookupError):
                    process.kill()


def _take(probe: Probe, code: int | None, said: bytes, errors: bytes) -> None:
    if code == 0:
        with suppress(ValueError):
            probe.found = json.loads(said)
    if probe.found is None:
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        probe.error = (
            lines[-1].removeprefix("wirewatch: ") if lines else f"{probe.url}: the look ended with {code}"
        )
