"""Gaps: polls at which a feed may have lost entries since the one before. Pure."""

from __future__ import annotations

from pipelines.items import Kind, Outcome, Visit

# A page of fewer articles says nothing: the few may all be new without any having been missed.
_FEWEST = 5


def missed_some(visit: Visit) -> bool:
    """Whether everything on the page is new since the last poll, so that more may have come and gone.

    The overlap rule of Media Cloud: what was seen before is what ties two polls together. Sitemaps and
    listings are asked too; the first poll has nothing to be tied to.
    """
    if visit.outcome is not Outcome.LINKS or visit.target.rhythm is None or visit.target.depth >= 2:
        return False
    shown = sum(link.kind is Kind.ARTICLE for link in visit.links)
    return shown >= _FEWEST and len(visit.fresh) == shown
