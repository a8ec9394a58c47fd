"""`wirewatch run`: the service."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from crawler.cli.context import Context, file_state
from crawler.cli.crawl import crawl_and_report
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.web.beside import DeskBeside


@click.command()
@click.option(
    "--serve", "listen", metavar="HOST:PORT", help="Serve the desk there as well, see `wirewatch serve`."
)
@click.pass_obj
def run(ctx: Context, listen: str | None) -> None:
    """Watch the configured sources until stopped.

    Each feed, sitemap and section is polled by what was learned of its publications, between min_interval
    and max_interval, never twice at a time; a source that fails is tried again later and holds up no other.
    A changed wirewatch.toml is taken over while it runs. SIGTERM or Ctrl-C finishes what is in flight and
    ends, within [crawl] drain seconds; a second one ends at once.

    \b
    Examples:
      wirewatch run
      wirewatch run --serve 127.0.0.1:8080
      wirewatch --config /etc/wirewatch.toml --log-format json run
    """
    from crawler.job import Job

    config = ctx.config()
    sources = tuple(source for source in config.sources if source.enabled)
    if not sources:
        raise UsageError("no sources are configured: add one with `wirewatch sources add URL`")
    job = Job(sources=sources, forever=True, changed=_Changes(ctx))
    with ExitStack() as stack:
        if listen is not None:
            stack.enter_context(_desk(ctx, config, listen))
        result = crawl_and_report(ctx, config, job)
    sys.exit(result.exit_code)


def _desk(ctx: Context, config: Config, listen: str) -> DeskBeside:
    """The desk, told where it is; what it shows must be there before the first visit ends."""
    from crawler.cli.serve import bound, place
    from crawler.web.access import Access
    from crawler.web.beside import DeskBeside
    from crawler.web.serving import address_of

    listening = bound(*place(listen), Access.of(config.serve, os.environ))
    ctx.open_store(readonly=False).close()
    if not ctx.quiet:
        click.echo(f"the desk is at {address_of(listening)}", err=True)
    return DeskBeside(listening, options=ctx.global_options)


class _Changes:
    """The config, each time its file is another than before; None else. Raises ConfigError once a change."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._seen = file_state(self._ctx.config_path)

    def __call__(self) -> Config | None:
        now = file_state(self._ctx.config_path)
        if now == self._seen or now is None:
            return None  # also while an editor replaces the file
        self._seen = now
        return self._ctx.config()
