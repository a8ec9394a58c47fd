"""`wirewatch sources rules`: the lines that are taken out of a source's articles, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from crawler.cli.context import Context
from pipelines.boilerplate.line import fingerprint
from pipelines.errors import UsageError
from pipelines.items import iso_utc

if TYPE_CHECKING:
    from crawler.sources import Source
    from pipelines.store import LineRule

LEARNED, RETIRED, PINNED, FORBIDDEN = "learned", "retired", "pinned", "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A line and what becomes of it; `articles` of the `of` compared had it. `site` is None for a pinned
    or forbidden line that no site of the source was seen to have."""

    site: str | None
    state: str
    articles: int
    of: int
    share: float
    sample: str
    learned_at: str | None


@click.command("rules")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON array for machines.")
@click.pass_obj
def show_rules(ctx: Context, name: str, as_json: bool) -> None:
    """Show which lines were learned for a source's site: in how many articles each stood, and its state.

    \b
    learned      taken out of its articles
    pinned       always taken out: drop_lines in wirewatch.toml
    forbidden    never taken out: keep_lines
    retired      learned from few articles and given up since: stays

    \b
    Examples:
      wirewatch sources rules tagesblatt
      wirewatch sources rules tagesblatt --json
    """
    source = next((one for one in ctx.config().sources if one.name == name), None)
    with ctx.open_store(readonly=True) as store:
        sites = [site for owner, site in store.sites() if owner == name]
        learned = [rule for site in sites for rule in store.line_rules(site)]
    if source is None and not sites:
        raise UsageError(f"no source named {name}")
    rows = list(_rows(learned, source))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
    elif rows:
        _print(ctx, rows)
    if not rows:
        click.echo(f"nothing was learned for {name} yet", err=True)


def _rows(learned: list[LineRule], source: Source | None) -> Iterator[RuleRow]:
    wished = dict.fromkeys(source.drop_lines, PINNED) if source else {}
    wished |= dict.fromkeys(source.keep_lines, FORBIDDEN) if source else {}
    states = {fingerprint(line): state for line, state in wished.items()}
    for rule in learned:
        own = LEARNED if rule.retired_at is None else RETIRED
        yield RuleRow(
            site=rule.site,
            state=states.get(rule.mark, own),
            articles=rule.articles,
            of=rule.of,
            share=round(rule.articles / max(1, rule.of), 3),
            sample=rule.sample,
            learned_at=iso_utc(rule.learned_at),
        )
    seen = {rule.mark for rule in learned}
    for line, state in wished.items():
        if fingerprint(line) not in seen:
            yield RuleRow(site=None, state=state, articles=0, of=0, share=0.0, sample=line, learned_at=None)


def _print(ctx: Context, rows: list[RuleRow]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("site", "state", "articles", "share", "line"):
        table.add_column(column, justify="right" if column in ("articles", "share") else "left")
    for row in rows:
        counts = (f"{row.articles}/{row.of}", f"{row.share:.0%}") if row.of else ("", "")
        # A page's text must not be able to steer the reader's terminal.
        sample = "".join(character for character in row.sample if character.isprintable())
        table.add_row(Text(row.site or ""), row.state, *counts, Text(sample))
    ctx.console.print(table)
