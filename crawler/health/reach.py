"""Whether a source can be reached: failing, blocked, redirected, its certificates, missed entries. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crawler.health.findings import Finding, Trouble, rounded, stamp
from pipelines.items import FAILURES, Kind, Outcome
from pipelines.urls import host_of, site_of

if TYPE_CHECKING:
    from pipelines.store.health import History, Root, Seen

# A run of failures is told from bad luck when it has this many visits, began so long before its last one, and
# is so unlikely with the share of failures before it.
FEWEST_FAILURES, FAILING_FOR, BLOCKED_FOR = 3, timedelta(hours=1), timedelta(minutes=10)
_LUCK = 0.002
# With nothing before it, one visit in ten is taken to fail.
_PRIOR_FAILED, _PRIOR_VISITS = 0.2, 2.0
# So many answers in a row from another site.
_REDIRECTS = 2
CERTIFICATE_DAYS = timedelta(days=14)

_REFUSED = frozenset({Outcome.BLOCKED})
_FAILED = FAILURES | {Outcome.GONE, Outcome.ROBOTS}


@dataclass(frozen=True, slots=True)
class _Run:
    """The visits to one place that failed, the newest first, up to the last one that did not."""

    place: str
    visits: Sequence[Seen]

    @property
    def since(self) -> datetime:
        return self.visits[-1].ended_at

    @property
    def length(self) -> timedelta:
        return self.visits[0].ended_at - self.since

    @property
    def blocked(self) -> bool:
        return 2 * sum(visit.outcome is Outcome.BLOCKED for visit in self.visits) >= len(self.visits)

    def says(self, of: int) -> str:
        """`feed https://...: 7 visits in a row since 2026-11-20 08:00, last: status 403 Forbidden`."""
        last = self.visits[0].reason or self.visits[0].outcome.value
        others = f" ({of} places in all)" if of > 1 else ""
        run = f"{len(self.visits)} visits in a row since {stamp(self.since)}"
        return f"{self.place}: {run}, last: {last}{others}"


def unreachable(history: History, now: datetime) -> Iterator[Finding]:
    """Failing and blocked: of the source's own roots, and blocked of its articles."""
    runs = [
        run
        for root in history.roots
        if root.own and (run := _run(f"{root.kind} {root.url}", root.visits, bad=_FAILED))
    ]
    articles = _run("articles", history.article_visits, bad=_REFUSED)
    runs += [articles] if articles else []
    for trouble, blocked, least in (
        (Trouble.FAILING, False, FAILING_FOR),
        (Trouble.BLOCKED, True, BLOCKED_FOR),
    ):
        of_these = [run for run in runs if run.blocked is blocked and run.length >= least]
        if of_these:
            longest = min(of_these, key=lambda run: run.since)
            detail = longest.says(len(of_these)) + _left_alone(history, now)
            yield Finding(source=history.source, trouble=trouble, detail=detail, since=longest.since)


def _run(place: str, visits: Sequence[Seen], *, bad: Collection[Outcome]) -> _Run | None:
    """The run of bad visits that is still going on, if chance does not explain it."""
    good = next((number for number, visit in enumerate(visits) if visit.outcome not in bad), len(visits))
    before = visits[good:]
    failed = sum(visit.outcome in bad for visit in before)
    share = (failed + _PRIOR_FAILED) / (len(before) + _PRIOR_VISITS)
    return _Run(place, visits[:good]) if good >= FEWEST_FAILURES and share**good <= _LUCK else None


def _left_alone(history: History, now: datetime) -> str:
    waits = [(host.not_before, host.host) for host in history.hosts if host.not_before is not None]
    until, host = max(waits, default=(now, ""))
    return f"; {host} is left alone until {stamp(until)}" if until > now else ""


def redirected(history: History) -> Iterator[Finding]:
    """Roots whose answers come from another site than they came from, or than a listing's address says."""
    moved = [(root, run) for root in history.roots if root.own and (run := _elsewhere(root))]
    if moved:
        root, run = min(moved, key=lambda one: one[1][-1].ended_at)
        others = f" ({len(moved)} places in all)" if len(moved) > 1 else ""
        detail = f"{root.kind} {root.url} ends at {run[0].final_url}{others}"
        yield Finding(
            source=history.source, trouble=Trouble.REDIRECTED, detail=detail, since=run[-1].ended_at
        )


def _elsewhere(root: Root) -> Sequence[Seen]:
    own = site_of(root.host)
    answers = [visit for visit in root.visits if visit.final_url and visit.outcome not in _FAILED]
    home = next(
        (number for number, visit in enumerate(answers) if _site(visit.final_url) == own), len(answers)
    )
    run = answers[:home]
    if len(run) < _REDIRECTS:
        return ()
    # Many a feed has always been served by another site: that is how it is set up.
    always = root.kind is not Kind.LISTING and _site(root.first_final_url) == _site(run[0].final_url)
    return () if always else run


def _site(url: str | None) -> str | None:
    return site_of(host_of(url)) if url else None


def certificates(history: History, now: datetime) -> Iterator[Finding]:
    ends = [
        (host.certificate_ends_at, host.host)
        for host in history.hosts
        if host.certificate_ends_at is not None
    ]
    at, host = min(ends, default=(None, ""))
    if at is None or at - now >= CERTIFICATE_DAYS:
        return
    when = f"ends on {stamp(at)}, in {rounded(at - now)}" if at > now else f"has ended on {stamp(at)}"
    yield Finding(
        source=history.source,
        trouble=Trouble.CERTIFICATE,
        detail=f"the certificate of {host} {when}",
        since=at - CERTIFICATE_DAYS,
    )


def missed(history: History) -> Iterator[Finding]:
    if not history.gaps:
        return
    counted = Counter(gap.date() for gap in history.gaps)
    polls = f"{len(history.gaps)} poll{'' if len(history.gaps) == 1 else 's'}"
    on = f" on {len(counted)} days" if len(counted) > 1 else ""
    yield Finding(
        source=history.source,
        trouble=Trouble.GAP,
        detail=f"{polls} in the last 7 days{on} showed nothing but new entries, the last one at "
        f"{stamp(history.gaps[0])}: some may have been missed",
        since=history.gaps[-1],
    )
