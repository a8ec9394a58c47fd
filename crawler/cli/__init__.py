"""The `wirewatch` command: global options, and the subcommands, loaded when they are called."""

from __future__ import annotations

import errno
import io
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from crawler.cli.context import Context
from pipelines.errors import WirewatchError
from pipelines.secrets import masked

# Command name -> module and attribute, in the order of --help. Loaded lazily: `search` need not wait
# for Scrapy and trafilatura to be imported.
COMMANDS = {
    "demo": ("crawler.cli.demo", "demo"),
    "crawl": ("crawler.cli.crawl", "crawl"),
    "run": ("crawler.cli.run", "run"),
    "serve": ("crawler.cli.serve", "serve"),
    "probe": ("crawler.cli.probe", "probe"),
    "sources": ("crawler.cli.sources", "sources"),
    "health": ("crawler.cli.health", "health"),
    "learn": ("crawler.cli.learn", "learn"),
    "extract": ("crawler.cli.extract", "extract"),
    "search": ("crawler.cli.read", "search"),
    "show": ("crawler.cli.read", "show"),
    "why": ("crawler.cli.why", "why"),
    "changes": ("crawler.cli.changes", "changes"),
    "alerts": ("crawler.cli.alerts", "alerts"),
    "export": ("crawler.cli.read", "export"),
    "db": ("crawler.cli.db", "db"),
}

# What a disk says that takes no more.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class LazyGroup(click.Group):
    """A group that imports a subcommand's module only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            if near:
                message = f"{error.message} Did you mean '{near[0]}'?"
                raise click.UsageError(message, ctx=ctx) from error
            raise


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wirewatch", prog_name="wirewatch")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Config file.")
@click.option("--database", metavar="URL", help="Database, e.g. sqlite:///news.db.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", count=True, help="Say more; twice: everything.")
@click.option("--quiet", is_flag=True, help="Only errors and the summary line.")
@click.option(
    "--allow-network",
    multiple=True,
    metavar="CIDR",
    help="A private or loopback address range that may be reached, e.g. 127.0.0.0/8.",
)
@click.pass_context
def main_group(
    click_context: click.Context,
    config_path: Path | None,
    database: str | None,
    log_format: str,
    verbose: int,
    quiet: bool,
    allow_network: tuple[str, ...],
) -> None:
    """Wirewatch watches news sites and keeps clean articles.

    \b
    Examples:
      wirewatch demo                             crawl the bundled sample site
      wirewatch crawl https://example.org/       one site, no configuration
      wirewatch sources add https://example.org/ watch it from now on
      wirewatch crawl --due                      what cron calls
      wirewatch serve                            the desk, at http://127.0.0.1:8080/
      wirewatch search '"climate summit" -sport' read what was stored
    """
    click_context.obj = Context(
        config_option=config_path,
        database_option=database,
        log_format=log_format,
        verbosity=verbose,
        quiet=quiet,
        allow_network=allow_network,
    )


def main() -> None:
    """Run the command line; our own errors become one line on stderr and their exit code."""
    try:
        # Not standalone: click would turn Ctrl-C into exit code 1.
        sys.exit(main_group(prog_name="wirewatch", standalone_mode=False))
    except click.ClickException as error:
        said = io.StringIO()
        error.show(file=said)
        click.echo(masked(said.getvalue()), err=True, nl=False)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except WirewatchError as error:
        click.echo(f"wirewatch: {masked(str(error))}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        click.echo(f"wirewatch: {f'{error.filename}: ' if error.filename else ''}{error.strerror}", err=True)
        sys.exit(1)
