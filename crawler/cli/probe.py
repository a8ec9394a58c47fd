"""`wirewatch probe`: what would be crawled at an address; nothing is stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from crawler.cli.context import Context
from pipelines.items import article_record
from pipelines.secrets import masked

if TYPE_CHECKING:
    from crawler.survey import Survey


@click.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for machines.")
@click.pass_obj
def probe(ctx: Context, url: str, as_json: bool) -> None:
    """Look at a site: feeds, news sitemaps, sections, robots.txt, sample articles, a config block.

    Nothing is stored. Exit code 3 when the address cannot be read.

    \b
    Examples:
      wirewatch probe https://example.org/
      wirewatch probe --json https://example.org/ | jq .feeds
    """
    from crawler.errand import survey_site
    from crawler.logs import configure

    configure(log_format=ctx.log_format, verbosity=ctx.verbosity, quiet=ctx.quiet)
    if not ctx.quiet:
        click.echo(f"looking at {masked(url)}, politely: this takes a second for each page", err=True)
    found = survey_site(url, config=ctx.config(), samples=3)
    if as_json:
        click.echo(json.dumps(_record(found), ensure_ascii=False, indent=2))
    else:
        _show(ctx, found)


def _record(found: Survey) -> dict[str, object]:
    return {
        "url": found.url,
        "shape": found.shape,
        "title": found.title,
        "language": found.language,
        "robots": {
            "allowed": found.robots.allowed,
            "reason": found.robots.reason,
            "crawl_delay": found.robots.crawl_delay,
        },
        "feeds": list(found.feeds),
        "sitemaps": list(found.sitemaps),
        "listings": list(found.listings),
        "samples": [article_record(article) for article in found.samples],
        "config": _block(found),
    }


def _block(found: Survey) -> str:
    from crawler.sources import Source, block, name_for

    return block(
        Source(
            name=name_for(found.url, taken=()),
            url=found.url,
            feeds=found.feeds,
            sitemaps=found.sitemaps,
            listings=found.listings,
            language=found.language,
        )
    )


def _show(ctx: Context, found: Survey) -> None:
    out = ctx.console
    out.print(f"[bold]{escape(found.title or found.url)}[/bold]")
    table = Table.grid(padding=(0, 2))
    robots = "allowed" if found.robots.allowed else f"[red]{escape(found.robots.reason or 'refused')}[/red]"
    if found.robots.crawl_delay is not None:
        robots += f", crawl delay {found.robots.crawl_delay:g} s"
    table.add_row("address", escape(found.url))
    table.add_row("what it is", found.shape)
    table.add_row("language", found.language or "unknown")
    table.add_row("robots.txt", robots)
    for name, urls in (("feeds", found.feeds), ("sitemaps", found.sitemaps), ("listings", found.listings)):
        table.add_row(name, escape("\n".join(urls)) if urls else "[dim]none found[/dim]")
    out.print(table)
    for article in found.samples:
        when = f"{article.published_at:%Y-%m-%d %H:%M} UTC" if article.published_at else "no date"
        by = ", ".join(article.authors) or "no author"
        out.print(f"\n[bold]{escape(article.title)}[/bold]\n[dim]{escape(article.url)}[/dim]", soft_wrap=True)
        out.print(f"{when}; {escape(by)}; {article.word_count} words")
        out.print(escape(_beginning(article.text)))
    if not found.samples:
        out.print("\n[yellow]no sample article could be read[/yellow]")
    out.print("\n[bold]To watch it, add to wirewatch.toml:[/bold]\n")
    out.print(escape(_block(found)), highlight=False, soft_wrap=True)


def _beginning(text: str, *, characters: int = 300) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= characters else flat[:characters].rsplit(" ", 1)[0] + " ..."
