"""`wirewatch learn`: lines that sites put into their articles, learned and taken out of stored ones."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches

import click

from crawler.cli.context import Context
from pipelines.errors import StoreError, UsageError


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.pass_obj
def learn(ctx: Context, sources: tuple[str, ...]) -> None:
    """Learn which lines a site puts into its articles, and clean the stored ones of them.

    A line is a site's own when it stands in at least 3 independent articles of at least 5, in so many of
    them that it is no part of the texts. Each crawl does this by itself for the sites it stored articles
    of; by hand it is for articles that were stored earlier, and after drop_lines or keep_lines changed.

    An article that is cleaned gets a new revision, by "cleaning"; the earlier text stays among its
    revisions. Without SOURCE, all sites. A second run finds nothing to do. The last line on stderr is the
    summary. Exit codes: 0 all well, 2 bad usage or config, 1 the database cannot be written.

    \b
    Examples:
      wirewatch learn
      wirewatch learn tagesblatt
      wirewatch sources rules tagesblatt         what was learned
    """
    from crawler.learning import Learning
    from pipelines.store import sqlite_path

    configured = ctx.config().sources
    path = sqlite_path(ctx.database)
    if path is not None and not path.exists():
        raise StoreError(f"database {path}: there is none yet; a crawl creates it")
    with ctx.open_store(readonly=False) as store:
        known = {source.name for source in configured} | {source for source, _ in store.sites()}
        _refuse_unknown(sources, known)
        learning = Learning(
            store, sources=configured, clock=lambda: datetime.now(UTC), of_sources=sources or None
        )
        for _ in learning.steps():
            pass
    for report in () if ctx.quiet else learning.reports:
        click.echo(report.line())
    click.echo(learning.json_line() if ctx.log_format == "json" else learning.line(), err=True)


def _refuse_unknown(names: tuple[str, ...], known: set[str]) -> None:
    for name in names:
        if name not in known:
            near = get_close_matches(name, sorted(known), n=1)
            raise UsageError(f"no source named {name}" + (f"; did you mean {near[0]}?" if near else ""))
