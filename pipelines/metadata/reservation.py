"""The TDM Reservation Protocol (W3C Community Group report, 2024): rights reserved for text and data mining.

Declared by meta elements, by headers, or by the origin's /.well-known/tdmrep.json: the first of these that
says something counts (its section "Processing priority").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urljoin

from pipelines.metadata.markup import Metas, first
from pipelines.path_patterns import PathPattern, path_of

# Rules of one file that are looked at; a site needs a handful.
_MAX_RULES = 1000
_FIELD, _POLICY = "tdm-reservation", "tdm-policy"


class Reservation(NamedTuple):
    """Whether the rights are reserved, None when nothing is said of it; `policy` is the terms' address."""

    reserved: bool | None = None
    policy: str | None = None


class TdmRule(NamedTuple):
    """What one entry of tdmrep.json says of the paths that match."""

    location: PathPattern
    reservation: Reservation


UNSET = Reservation()


def read_tdmrep(text: str) -> tuple[TdmRule, ...]:
    """The rules in their order; entries that are none are left out, a file that is no JSON list has none."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(entries, list):
        return ()
    return tuple(rule for entry in entries[:_MAX_RULES] if (rule := _rule(entry)) is not None)


def _rule(entry: Any) -> TdmRule | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("location"), str):
        return None
    reservation = _reservation(entry.get(_FIELD), entry.get(_POLICY))
    return None if reservation is UNSET else TdmRule(PathPattern.of(entry["location"]), reservation)


def reservation_by(rules: Iterable[TdmRule], url: str) -> Reservation:
    """What the file says of this address: its first rule that matches."""
    path = path_of(url)
    return next((rule.reservation for rule in rules if rule.location.matches(path)), UNSET)


def reservation_of(
    metas: Metas, headers: Mapping[str, str], *, url: str, by_file: Reservation = UNSET
) -> Reservation:
    """What holds for a page read from `url`; the address of the terms is absolute."""
    for found in (
        _reservation(first(metas, _FIELD), first(metas, _POLICY)),
        _reservation(headers.get(_FIELD), headers.get(_POLICY)),
        by_file,
    ):
        if found.reserved is not None:
            return found._replace(policy=_absolute(found.policy, url))
    return UNSET


def _reservation(value: Any, policy: Any) -> Reservation:
    """1 is reserved, 0 is not, and whatever else there may be says nothing; the terms go with a 1 only."""
    reserved = {"1": True, "0": False}.get(str(value).strip()) if not isinstance(value, bool) else None
    if reserved is None:
        return UNSET
    terms = policy.strip() if reserved and isinstance(policy, str) else ""
    return Reservation(reserved, terms or None)


def _absolute(policy: str | None, url: str) -> str | None:
    try:
        return urljoin(url, policy) if policy else None
    except ValueError:
        return policy
