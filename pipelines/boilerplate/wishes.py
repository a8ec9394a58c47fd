"""Wishes: what a person says of single lines of a source, against what was learned."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from pipelines.boilerplate.line import fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Fingerprints of lines that always go (`drop`, pinned) and that always stay (`keep`, forbidden)."""

    drop: frozenset[int] = frozenset()
    keep: frozenset[int] = frozenset()

    @classmethod
    def of(cls, *, drop: Iterable[str] = (), keep: Iterable[str] = ()) -> Self:
        return cls(drop=frozenset(map(fingerprint, drop)), keep=frozenset(map(fingerprint, keep)))

    def applied(self, learned: Collection[int]) -> frozenset[int]:
        """The lines to take away."""
        return (frozenset(learned) | self.drop) - self.keep
