"""`wirewatch health`: which sources have gone silent, fail, refuse us or drift, and which have recovered."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from crawler.cli.context import Context
from crawler.dates import parse_since
from crawler.health.findings import Finding, Trouble, rounded, stamp
from pipelines.errors import UsageError
from pipelines.items import iso_utc

if TYPE_CHECKING:
    from crawler.health.verdict import Verdict
    from pipelines.store import Episode, Store

BREACHED = 5
ANY = "any"


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for machines.")
@click.option(
    "--fail-on",
    metavar="WORDS",
    help="End with exit code 5 when one of these is found: silent,failing or any.",
)
@click.option(
    "--since", metavar="DATE", default="1d", show_default=True, help="Say what has recovered since then."
)
@click.pass_obj
def health(ctx: Context, sources: tuple[str, ...], as_json: bool, fail_on: str | None, since: str) -> None:
    """Judge the sources by their own histories; without SOURCE, all that are enabled.

    \b
    silent       nothing new for longer than its past explains, with the probability
    failing      a feed, sitemap or listing of its own fails again and again
    blocked      the server refuses us again and again, or shows a challenge page
    drifting     texts, fields or refusals are not what they were
    redirected   a feed, sitemap or listing of its own ends at another site
    certificate  one has ended or ends within 14 days
    gap          polls showed nothing but new entries: some may have been missed

    Reads the store only. Exit codes: 0 all well or without --fail-on, 5 something of --fail-on is found.
    With the global --quiet, sources that are well are left out.

    \b
    Examples:
      wirewatch health
      wirewatch health tagesblatt --since 7d
      wirewatch --quiet health --fail-on silent,failing,blocked
      wirewatch health --json | jq '.sources[] | select(.findings != [])'
    """
    words = _words(fail_on)
    now = datetime.now(UTC)
    ended_since = parse_since(since, now)
    with ctx.open_store(readonly=True) as store:
        names = _chosen(sources, store.watched())
        episodes = [one for one in store.episodes(ended_since=ended_since) if one.source in set(names)]
        verdicts = _verdicts(store, names, episodes, now)
    recovered = _recovered(episodes, verdicts, now)
    if as_json:
        click.echo(json.dumps(_document(verdicts, recovered, now), ensure_ascii=False, indent=2))
    else:
        _print(ctx, verdicts, recovered)
    found = {finding.trouble for verdict in verdicts for finding in verdict.findings}
    sys.exit(BREACHED if found & words else 0)


def _words(text: str | None) -> frozenset[Trouble]:
    """The troubles that are named, separated by commas. Raises UsageError with the words there are."""
    if text is None:
        return frozenset()
    names = [word.strip().lower() for word in text.split(",")]
    known = [trouble.value for trouble in Trouble]
    for name in names:
        if name not in (*known, ANY):
            raise UsageError(f"--fail-on: no such word: '{name}' (say {', '.join(known)} or {ANY})")
    return frozenset(Trouble) if ANY in names else frozenset(map(Trouble, names))


def _chosen(names: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise UsageError(f"no source named {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return list(dict.fromkeys(names)) or known


def _verdicts(
    store: Store, names: Sequence[str], episodes: Sequence[Episode], now: datetime
) -> list[Verdict]:
    """Those with findings first. What a crawl found earlier already holds since then."""
    from crawler.health.verdict import judged

    began = {(one.source, one.finding): one.began_at for one in episodes if one.ended_at is None}

    def known(finding: Finding) -> Finding:
        since = began.get((finding.source, finding.trouble), finding.since)
        return replace(finding, since=min(since, finding.since))

    verdicts = [judged(history, now) for history in store.histories(names, now=now)]
    verdicts = [replace(one, findings=tuple(map(known, one.findings))) for one in verdicts]
    return sorted(verdicts, key=lambda one: not one.findings)


def _recovered(episodes: Sequence[Episode], verdicts: Sequence[Verdict], now: datetime) -> list[Episode]:
    """Episodes that have ended, and those that no crawl has ended yet but whose trouble is over."""
    held = {(finding.source, finding.trouble) for one in verdicts for finding in one.findings}
    over = [one for one in episodes if (one.source, one.finding) not in held]
    return [one if one.ended_at is not None else replace(one, ended_at=now) for one in over]


# --- output --------------------------------------------------------------------------------------------


def _document(verdicts: Sequence[Verdict], recovered: Sequence[Episode], now: datetime) -> dict[str, Any]:
    return {
        "checked_at": iso_utc(now),
        "sources": [
            {
                "source": one.source,
                "findings": [
                    {
                        "finding": finding.trouble.value,
                        "since": iso_utc(finding.since),
                        "detail": finding.detail,
                        "probability": finding.probability,
                    }
                    for finding in one.findings
                ],
                "visited_at": iso_utc(one.visited_at),
                "article_at": iso_utc(one.article_at),
                "articles_a_week": None if one.weekly is None else round(one.weekly, 2),
            }
            for one in verdicts
        ],
        "recovered": [one.record() for one in recovered],
    }


def _print(ctx: Context, verdicts: Sequence[Verdict], recovered: Sequence[Episode]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("source", "", "since"):
        table.add_column(column, no_wrap=True)
    table.add_column("", ratio=1)
    for one in verdicts:
        for finding in one.findings:
            table.add_row(
                one.source, Text(finding.trouble, "red"), stamp(finding.since), _plain(finding.detail)
            )
    for episode in recovered:
        assert episode.ended_at is not None
        length = rounded(episode.ended_at - episode.began_at)
        said = f"was {episode.finding} for {length}, until {stamp(episode.ended_at)}: {episode.detail}"
        table.add_row(episode.source, Text("recovered", "green"), stamp(episode.began_at), _plain(said))
    well = [one for one in verdicts if not one.findings]
    for one in () if ctx.quiet else well:
        table.add_row(one.source, Text("ok", "green" if one.visited_at else "dim"), "", _plain(_usual(one)))
    if table.row_count:
        ctx.console.print(table)
    if not ctx.quiet:
        troubled = len(verdicts) - len(well)
        click.echo(f"{len(verdicts)} sources: {troubled} with findings, {len(well)} ok", err=True)


def _usual(verdict: Verdict) -> str:
    if verdict.visited_at is None:
        return "never visited yet"
    newest = "no article yet" if verdict.article_at is None else f"newest article {stamp(verdict.article_at)}"
    if verdict.weekly is None:
        return f"{newest}; its usual rate is not known yet"
    rate = f"{verdict.weekly / 7:.1f} a day" if verdict.weekly >= 7 else f"{verdict.weekly:.1f} a week"
    return f"{newest}; usually {rate}"


def _plain(text: str) -> Text:
    # What a server says must not be able to steer the reader's terminal.
    return Text("".join(character for character in text if character.isprintable()))
