"""The one error of discovery."""

from __future__ import annotations

from pipelines.errors import WirewatchError


class UnreadableError(WirewatchError):
    """A body is not what its target's kind announced; one line that says what it is instead."""
