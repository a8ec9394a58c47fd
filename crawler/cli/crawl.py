"""`wirewatch crawl`: one run and back, by hand or from cron."""

from __future__ import annotations

import difflib
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.context import Context
from pipelines.errors import UsageError
from pipelines.items import Outcome, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.config import Config
    from crawler.job import Job
    from crawler.run import Result
    from crawler.sources import Source


@click.command()
@click.argument("what", nargs=-1, metavar="[SOURCE or URL]...")
@click.option("--due", is_flag=True, help="Only what is due now; what cron calls.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N stored articles.")
@click.option("--since", metavar="DATE", help="Leave out articles published before: 2026-11-01, 3d, 12h.")
@click.option("--dry-run", is_flag=True, help="Crawl and say what would be stored, but store nothing.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the new articles to a .jsonl, .csv or .parquet file.",
)
@click.pass_obj
def crawl(
    ctx: Context,
    what: tuple[str, ...],
    due: bool,
    limit: int | None,
    since: str | None,
    dry_run: bool,
    output: Path | None,
) -> None:
    """Crawl the named sources, any site or article URL, or all configured sources.

    The last line on stderr is the summary. Exit codes: 0 all well, 3 some sources failed, 4 all failed,
    2 bad usage or config, 75 another run holds the lock, 130 or 143 stopped by a signal.

    \b
    Examples:
      wirewatch crawl                                  every configured source
      wirewatch crawl tagesblatt --limit 20
      wirewatch crawl https://example.org/             a site, without configuration
      wirewatch crawl https://example.org/2026/story   one article
      wirewatch crawl --due --quiet                    in a crontab
      wirewatch crawl --since 3d -o new.csv
    """
    config = ctx.config()
    job = _job(config, what, due=due, limit=limit, since=_oldest(since))
    sys.exit(crawl_and_report(ctx, config, job, dry_run=dry_run, output=output).exit_code)


def _oldest(since: str | None) -> datetime | None:
    from crawler.dates import parse_since

    return parse_since(since, datetime.now(UTC)) if since else None


def _job(
    config: Config, what: tuple[str, ...], *, due: bool, limit: int | None, since: datetime | None
) -> Job:
    from crawler.job import Job

    urls = tuple(_address(word) for word in what if "://" in word)
    names = tuple(word for word in what if "://" not in word)
    sources = tuple(_named(config, name) for name in dict.fromkeys(names))
    if not what:
        sources = tuple(source for source in config.sources if source.enabled)
        if not sources:
            raise UsageError(
                "no sources are configured: name a site's URL, or add one with `wirewatch sources add URL`"
            )
    return Job(sources=sources, urls=tuple(dict.fromkeys(urls)), due=due, limit=limit, since=since)


def _named(config: Config, name: str) -> Source:
    names = {source.name: source for source in config.sources}
    if name in names:
        return names[name]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    if not near and "." in name:
        hint = f"; for a site's address say https://{name}"
    raise UsageError(f"no source is named '{name}'{hint}")


def crawl_and_report(
    ctx: Context,
    config: Config,
    job: Job,
    *,
    dry_run: bool = False,
    output: Path | None = None,
    listener: Callable[[Visit], None] | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Result:
    """Run the job with progress on stderr, write the output file, and end with the summary line.

    `clock` is the run's, where it is not true time.
    """
    from rich.logging import RichHandler

    from crawler.cli.progress import Progress
    from crawler.job import utc_now
    from crawler.logs import configure
    from crawler.run import run

    with ExitStack() as stack:
        progress = Progress(ctx.errors, quiet=ctx.quiet or ctx.log_format == "json")
        # Log lines must go through the console that draws the table, or they would tear it.
        handler = (
            RichHandler(console=ctx.errors, show_path=False, rich_tracebacks=False)
            if progress.draws
            else None
        )
        configure(log_format=ctx.log_format, verbosity=ctx.verbosity, quiet=ctx.quiet, handler=handler)
        listeners: list[Callable[[Visit], None]] = [progress]
        if listener is not None:
            listeners.append(listener)
        if output is not None:
            from pipelines.export import ExportWriter

            writer = stack.enter_context(ExportWriter(output))
            listeners.append(lambda visit: _write_new(writer, visit))
        stack.enter_context(progress)
        result = run(
            job,
            config=config,
            database=ctx.database,
            on_end=listeners,
            dry_run=dry_run,
            clock=clock or utc_now,
        )
    if dry_run:
        click.echo("dry run: nothing was stored", err=True)
    line = result.summary.json_line() if ctx.log_format == "json" else result.summary.line()
    click.echo(line, err=True)
    return result


def _write_new(writer: object, visit: Visit) -> None:
    from pipelines.export import ExportWriter

    assert isinstance(writer, ExportWriter)
    if visit.article is not None and visit.outcome in (Outcome.STORED, Outcome.UPDATED):
        writer.write(visit.article)


def _address(word: str) -> str:
    from crawler.sources import web_address

    try:
        return web_address(word)
    except ValueError as error:
        raise UsageError(str(error)) from error
