"""`wirewatch sources`: the monitored sites in the config file: list, add, remove, import, export, test.

The lines learned of a site are shown by `crawler.cli.rules`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from crawler.cli.context import Context
from crawler.cli.rules import show_rules
from pipelines.errors import UsageError
from pipelines.secrets import masked

if TYPE_CHECKING:
    from crawler.sources import Source
    from crawler.survey import Survey


@click.group()
def sources() -> None:
    """The sites that are watched: kept in the config file, whose comments stay.

    \b
    Examples:
      wirewatch sources add https://example.org/
      wirewatch sources list
      wirewatch sources import feeds.opml
    """


sources.add_command(show_rules)


# --- list ----------------------------------------------------------------------------------------------


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array for machines.")
@click.pass_obj
def list_sources(ctx: Context, as_json: bool) -> None:
    """Show the configured sources.

    \b
    Examples:
      wirewatch sources list
      wirewatch sources list --json | jq -r '.[].name'
    """
    from crawler.sources import plain

    configured = ctx.config().sources
    if as_json:
        records = [plain(source) | {"enabled": source.enabled} for source in configured]
        click.echo(json.dumps(records, ensure_ascii=False, indent=2))
        return
    if not configured:
        click.echo(f"no sources in {ctx.config_path} yet: add one with `wirewatch sources add URL`")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("name", "url", "feeds", "sitemaps", "listings", "language", "tags"):
        table.add_column(column, justify="right" if column in ("feeds", "sitemaps", "listings") else "left")
    for source in configured:
        table.add_row(
            escape(source.name) + ("" if source.enabled else " [dim](off)[/dim]"),
            escape(source.url),
            *(str(len(urls)) for urls in (source.feeds, source.sitemaps, source.listings)),
            source.language or "",
            escape(", ".join(source.tags)),
        )
    ctx.console.print(table)


# --- add and remove ------------------------------------------------------------------------------------


@sources.command()
@click.argument("url")
@click.option("--name", help="Its name; made from the host by default.")
@click.option("--language", help="Its language, e.g. de; as the site declares by default.")
@click.option("--tag", "tags", multiple=True, help="A tag; can be given several times.")
@click.option("--no-fetch", is_flag=True, help="Write the block without looking at the site.")
@click.pass_obj
def add(
    ctx: Context, url: str, name: str | None, language: str | None, tags: tuple[str, ...], no_fetch: bool
) -> None:
    """Find a site's feeds, news sitemaps and sections, and write its block into the config file.

    Exit code 2 when the name or the site is there already, 3 when the site cannot be read; nothing is
    written then.

    \b
    Examples:
      wirewatch sources add https://example.org/
      wirewatch sources add --name courier --tag local https://example.org/news/
    """
    from crawler.source_edits import add as add_source
    from crawler.source_edits import refuse_doubles
    from crawler.sources import Source, block, language_code, name_for, source_name, web_address

    configured = ctx.config().sources
    taken = [source.name for source in configured]
    address = _checked(web_address, url)
    refuse_doubles(ctx.config_path, configured, address, _checked(source_name, name) if name else None)
    found = None if no_fetch else _survey(ctx, address)
    address = found.url if found else address
    refuse_doubles(ctx.config_path, configured, address, name)
    source = Source(
        name=_checked(source_name, name) if name else name_for(address, taken),
        url=address,
        feeds=found.feeds if found else (),
        sitemaps=found.sitemaps if found else (),
        listings=found.listings if found else (),
        language=_checked(language_code, language) if language else (found.language if found else None),
        tags=tags,
    )
    add_source(ctx.config_path, source, configured=configured)
    click.echo(f"added {source.name} to {ctx.config_path}: {_counts(source)}", err=True)
    click.echo(block(source), nl=False)


def _survey(ctx: Context, url: str) -> Survey:
    if not ctx.quiet:
        click.echo(f"looking at {masked(url)}, politely: this takes a second for each page", err=True)
    found = ctx.survey(url)
    if found.shape == "article":
        raise UsageError(f"{url}: is a single article, not a site: `wirewatch crawl {url}` stores it")
    if found.shape == "feed":
        return replace(found, feeds=tuple(dict.fromkeys((found.url, *found.feeds))))
    return found


def _counts(source: Source) -> str:
    named = (("feed", source.feeds), ("sitemap", source.sitemaps), ("listing", source.listings))
    return ", ".join(f"{len(urls)} {noun}{'' if len(urls) == 1 else 's'}" for noun, urls in named)


def _checked(check: object, text: str) -> str:
    try:
        return str(check(text))  # type: ignore[operator]
    except ValueError as error:
        raise UsageError(str(error)) from error


@sources.command()
@click.argument("name")
@click.pass_obj
def remove(ctx: Context, name: str) -> None:
    """Take a source's block out of the config file; stored articles stay.

    \b
    Examples:
      wirewatch sources remove courier
    """
    from crawler.blocks import remove_block
    from crawler.source_edits import edit

    _named(ctx.config().sources, [name])
    edit(ctx.config_path, lambda text: remove_block(text, name))
    click.echo(f"removed {name} from {ctx.config_path}; its stored articles stay", err=True)


def _named(configured: Iterable[Source], names: Sequence[str]) -> list[Source]:
    """The sources of these names, all when there are none. Raises UsageError with the nearest name."""
    known = {source.name: source for source in configured}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise UsageError(f"no source named {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return [known[name] for name in names] if names else list(known.values())


# --- import and export ---------------------------------------------------------------------------------


@sources.command("import")
@click.argument("file", metavar="FILE|-")
@click.option("--dry-run", is_flag=True, help="Say what would be added; write nothing.")
@click.pass_obj
def import_sources(ctx: Context, file: str, dry_run: bool) -> None:
    """Add the sites of an OPML file, a CSV file or a plain list of addresses, one a line.

    Lines that cannot be used are named and left out; what is there already is left as it is. A CSV file
    has a header with url and, optional, name, feeds, language, tags.

    \b
    Examples:
      wirewatch sources import feeds.opml
      wirewatch sources import --dry-run sites.csv
      printf 'https://example.org/\\n' | wirewatch sources import -
    """
    from crawler.blocks import add_blocks
    from crawler.source_edits import edit
    from crawler.source_lists import plan, read_list

    try:
        found = plan(read_list(_content(file)), existing=ctx.config().sources)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error
    for bad in found.bad:
        click.echo(f"{file}:{bad.line}: left out: {bad.reason}", err=True)
    if not found.new and not found.doubles:
        raise UsageError(f"{file}: nothing in it that can be added")
    if found.new and not dry_run:
        edit(ctx.config_path, lambda text: add_blocks(text, found.new))
    verb = "would add" if dry_run else "added"
    for source in found.new if dry_run or ctx.verbosity else ():
        click.echo(f"{source.name}  {source.url}")
    click.echo(
        f"{verb} {len(found.new)} to {ctx.config_path}; "
        f"{found.doubles} there already; {len(found.bad)} left out",
        err=True,
    )


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


@sources.command("export")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.pass_obj
def export_sources(ctx: Context, output: Path | None) -> None:
    """Write the sources as OPML, which every feed reader takes.

    \b
    Examples:
      wirewatch sources export > sources.opml
      wirewatch sources export -o sources.opml
    """
    from crawler.source_lists import write_opml

    content = write_opml(ctx.config().sources)
    if output is None:
        click.echo(content, nl=False)
        return
    partial = output.with_name(f".{output.name}.part")
    try:
        partial.write_bytes(content)
        partial.replace(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{output}: cannot be written: {error.strerror or error}") from error


# --- test ----------------------------------------------------------------------------------------------


@sources.command("test")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--json", "as_json", is_flag=True, help="One JSON array for machines.")
@click.pass_obj
def test_sources(ctx: Context, names: tuple[str, ...], as_json: bool) -> None:
    """Ask each feed, sitemap and listing of the sources whether it still answers with links.

    Exit code 3 when some sources have an address that does not, 4 when all have.

    \b
    Examples:
      wirewatch sources test
      wirewatch sources test courier
    """
    from crawler.errand import check_roots
    from crawler.logs import configure

    configure(log_format=ctx.log_format, verbosity=ctx.verbosity, quiet=ctx.quiet)
    config = ctx.config()
    chosen = _named(config.sources, names)
    if not chosen:
        raise UsageError(f"no sources in {ctx.config_path}: add one with `wirewatch sources add URL`")
    checks = check_roots(chosen, config=config)
    if as_json:
        click.echo(json.dumps([check._asdict() for check in checks], ensure_ascii=False, indent=2))
    else:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for column in ("source", "kind", "address", "", "says"):
            table.add_column(column)
        for check in checks:
            verdict = "[green]ok[/green]" if check.ok else "[red]failed[/red]"
            table.add_row(escape(check.source), check.kind, escape(check.url), verdict, escape(check.detail))
        ctx.console.print(table)
    failed = {check.source for check in checks if not check.ok}
    sys.exit(0 if not failed else 4 if len(failed) == len(chosen) else 3)
