"""`wirewatch run`: the service."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from crawler.cli.context import Context
from crawler.cli.crawl import crawl_and_report
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from crawler.config import Config


@click.command()
@click.pass_obj
def run(ctx: Context) -> None:
    """Watch the configured sources until stopped.

    Each feed, sitemap and section is polled by what was learned of its publications, between min_interval
    and max_interval, never twice at a time; a source that fails is tried again later and holds up no other.
    A changed wirewatch.toml is taken over while it runs. SIGTERM or Ctrl-C finishes what is in flight and
    ends, within [crawl] drain seconds; a second one ends at once.

    \b
    Examples:
      wirewatch run
      wirewatch --config /etc/wirewatch.toml --log-format json run
    """
    from crawler.job import Job

    config = ctx.config()
    sources = tuple(source for source in config.sources if source.enabled)
    if not sources:
        raise UsageError("no sources are configured: add one with `wirewatch sources add URL`")
    job = Job(sources=sources, forever=True, changed=_Changes(ctx))
    sys.exit(crawl_and_report(ctx, config, job).exit_code)


class _Changes:
    """The config, each time its file is another than before; None else. Raises ConfigError once a change."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._seen = self._look()

    def __call__(self) -> Config | None:
        now = self._look()
        if now == self._seen or now is None:
            return None  # also while an editor replaces the file
        self._seen = now
        return self._ctx.config()

    def _look(self) -> tuple[int, int, int] | None:
        try:
            about = self._ctx.config_path.stat()
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size, about.st_ino
