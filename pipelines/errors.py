"""Every error of ours, in one tree; foreign errors are translated where they enter, cause kept.

WirewatchError                  exit 1
├── UsageError                  exit 2   a command was given something that makes no sense
│   └── ConfigError             exit 2   wirewatch.toml: file, line and what is wrong
├── StoreError                  exit 1   the database cannot be opened, read or written
│   └── StoreVersionError       exit 1   it was written by a newer Wirewatch, or wants `db upgrade`
├── LockHeldError               exit 75  another run crawls into this database
├── FetchError                  exit 3   an address could not be fetched (probe, sources add, extract)
└── WorkerError                          a reading did not come back from its worker process
    ├── WorkerTimeoutError               it took longer than allowed and was killed
    ├── WorkerMemoryError                it took more memory than allowed
    └── WorkerDiedError                  the process died under it
"""

from __future__ import annotations


class WirewatchError(Exception):
    """Root of all our errors: one clear line for a person, and the exit code of the command."""

    exit_code = 1


class UsageError(WirewatchError):
    exit_code = 2


class ConfigError(UsageError):
    """Says `FILE:LINE: what is wrong`, with the nearest valid key where one is near."""


class StoreError(WirewatchError):
    pass


class StoreVersionError(StoreError):
    pass


class LockHeldError(WirewatchError):
    exit_code = 75


class FetchError(WirewatchError):
    exit_code = 3


class WorkerError(WirewatchError):
    pass


class WorkerTimeoutError(WorkerError):
    pass


class WorkerMemoryError(WorkerError):
    pass


class WorkerDiedError(WorkerError):
    pass
