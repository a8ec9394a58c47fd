"""Whether a host is left alone for a while, and how long: pure functions of how it answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from pipelines.items import HostState

# Media Cloud's limit too: who asks for more has made a mistake.
MAX_RETRY_AFTER = 86400.0
# A host that asks to be left alone without saying how long (Media Cloud: 30 s at first), and one that does
# not answer: doubled each time, up to an hour.
ASKED_WAIT, DOWN_WAIT, MAX_WAIT = 60.0, 15.0, 3600.0
# The share of a wait that is added at random, so that hosts that fell together are not asked together.
JITTER = 0.25
# One page that fails is that page's trouble. So many in a row, with no success between, are the host's.
BAD_RUN = 5

# The gateway has no answer from the host behind it: 502, 504, and Cloudflare's own.
_NO_ORIGIN = (502, 504, 530, *range(520, 528))


class Sign(StrEnum):
    """What an answer, or the lack of one, says of its host."""

    FINE = "fine"
    BAD = "bad"
    DOWN = "down"
    ASKED = "asked"


_ERRORS = {429: Sign.ASKED, 503: Sign.ASKED, **dict.fromkeys(_NO_ORIGIN, Sign.DOWN)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """How a request to a host ended. `wait`: the seconds that the host asked for; `reason`: for a person."""

    sign: Sign
    reason: str | None = None
    wait: float | None = None


def of_answer(
    status: int, headers: Mapping[str, str], *, now: datetime, tried: bool = False
) -> Sighting | None:
    """What an answer says of its host; None: nothing. Header names are in lower case.

    A page that is not there says nothing, nor does an error at an address that nobody named and that was only
    `tried`, such as robots.txt, unless it asks for a wait.
    """
    reason = f"status {status}"
    wait = retry_after(headers.get("retry-after", ""), now=now) if status in (429, 503) else None
    if wait is not None:
        reason = f"{reason}, Retry-After {headers['retry-after'].strip()[:40]}"
        return Sighting(sign=Sign.ASKED, reason=reason, wait=wait)
    if status < 400:
        return Sighting(sign=Sign.FINE)
    sign = _ERRORS.get(status, Sign.BAD)
    ignored = status in (404, 410) or (tried and status != 429)
    return None if ignored else Sighting(sign=sign, reason=reason)


def retry_after(value: str, *, now: datetime) -> float | None:
    """The seconds that Retry-After asks for (RFC 9110, 10.2.3), a day at most; None for what asks for none.

    That is what is neither a number of seconds nor a date in one of HTTP's three forms, and the past.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:12])
    else:
        try:
            when = parsedate_to_datetime(text)
            seconds = (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(seconds, MAX_RETRY_AFTER) if seconds > 0 else None


def after(state: HostState, seen: Sighting, *, now: datetime, jitter: float) -> HostState:
    """The host's state after a request. `jitter` is a random number, 0 to 1, drawn by the caller."""
    if seen.sign is Sign.FINE:
        return replace(state, not_before=None, asked=False, failures=0, reason=None)
    failures = state.failures + 1
    failed = replace(state, failures=failures, reason=seen.reason)
    if seen.sign is Sign.BAD and failures < BAD_RUN:
        return failed
    wait = _wait(seen, failures, jitter)
    return replace(failed, not_before=now + timedelta(seconds=wait), asked=seen.sign is Sign.ASKED)


def _wait(seen: Sighting, failures: int, jitter: float) -> float:
    """A host's first word is taken as said; what it says again and again does not keep the wait short."""
    if seen.sign is Sign.ASKED:
        times = failures - 1 if seen.wait is None else failures - 2
        ours = _doubled(ASKED_WAIT, times, jitter) if times >= 0 else 0.0
        return max(seen.wait or 0.0, ours)
    return _doubled(DOWN_WAIT, failures - (BAD_RUN if seen.sign is Sign.BAD else 1), jitter)


def _doubled(base: float, times: int, jitter: float) -> float:
    return min(base * 2.0 ** min(times, 16), MAX_WAIT) * (1 + JITTER * jitter)
