"""Looking after the database: db upgrade, check, backup."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from crawler.cli.context import Context


@click.group()
def db() -> None:
    """Look after the database.

    \b
    Examples:
      wirewatch db check
      wirewatch db backup "backup-$(date +%F).db"
    """


@db.command()
@click.pass_obj
def upgrade(ctx: Context) -> None:
    """Bring the database to the schema of this version, or create it.

    Whatever writes to the database does so by itself; commands that only read ask for it. Here the articles
    of earlier versions are compared for copies of one story as well, at once; else `crawl` and `run` do it.

    \b
    Examples:
      wirewatch db upgrade
      wirewatch --database sqlite:///news.db db upgrade
    """
    with ctx.open_store(readonly=False) as store:
        while store.sketch_some():
            pass
        counts = store.counts()
    if not ctx.quiet:
        click.echo(f"{ctx.database} is up to date ({counts['articles']} articles)", err=True)


@db.command()
@click.pass_obj
def check(ctx: Context) -> None:
    """Look for damage and contradictions; exit 1 when there are any.

    \b
    Examples:
      wirewatch db check
    """
    from pipelines.store import check_database

    problems = check_database(ctx.database)
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    if not ctx.quiet:
        click.echo(f"{ctx.database}: no problems found", err=True)


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(ctx: Context, file: Path) -> None:
    """Copy the database into FILE, also while a crawl is writing to it; never over an existing file.

    \b
    Examples:
      wirewatch db backup "backup-$(date +%F).db"
    """
    from pipelines.store import backup_database

    backup_database(ctx.database, file)
    if not ctx.quiet:
        click.echo(f"copied to {file}", err=True)
