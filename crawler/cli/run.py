"""`wirewatch run`: the service."""

from __future__ import annotations

import sys

import click

from crawler.cli.context import Context
from crawler.cli.crawl import crawl_and_report
from pipelines.errors import UsageError


@click.command()
@click.pass_obj
def run(ctx: Context) -> None:
    """Watch the configured sources until stopped.

    Each source is visited at its own interval (min_interval in wirewatch.toml, with jitter), never twice
    at a time; a source that fails is tried again later and holds up no other. SIGTERM or Ctrl-C finishes
    what is in flight and ends; a second one ends at once.

    \b
    Examples:
      wirewatch run
      wirewatch --config /etc/wirewatch.toml --log-format json run
    """
    from crawler.app import Job

    config = ctx.config()
    sources = tuple(source for source in config.sources if source.enabled)
    if not sources:
        raise UsageError("no sources are configured: add one with `wirewatch sources add URL`")
    sys.exit(crawl_and_report(ctx, config, Job(sources=sources, forever=True)).exit_code)
