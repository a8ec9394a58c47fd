"""`wirewatch extract`: what the whole pipeline makes of one page; stores nothing."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click
from rich.markup import escape

from crawler.cli.context import Context
from pipelines.errors import UsageError
from pipelines.items import Outcome, Page, article_record
from pipelines.urls import canonical

if TYPE_CHECKING:
    from pipelines.extract import Reading

# The page-size cap of a crawl (`network.max_page_size`) holds for what is unpacked here too.
MAX_BYTES = 15 * 1024 * 1024
_GZIP = b"\x1f\x8b"


@click.command()
@click.argument("page", metavar="FILE|URL|-")
@click.option("--url", help="The page's address, when it is read from a file: dates and links depend on it.")
@click.option("--json", "as_json", is_flag=True, help="All fields, as one JSON object.")
@click.option("--why", is_flag=True, help="Also list the lines that were taken away, each with its rule.")
@click.pass_obj
def extract(ctx: Context, page: str, url: str | None, as_json: bool, why: bool) -> None:
    """Show the clean article of one page: a file (.gz too), an address, or standard input.

    Exit code 3 when the page holds no article; the reason is said on stderr.

    \b
    Examples:
      wirewatch extract story.html
      wirewatch extract --why https://example.org/2026/11/24/story/
      curl -s https://example.org/story | wirewatch extract --json --url https://example.org/story -
    """
    from crawler.logs import configure
    from pipelines.extract import read_article

    configure(log_format=ctx.log_format, verbosity=ctx.verbosity, quiet=ctx.quiet)
    reading = read_article(_page(ctx, page, url), source="manual")
    if as_json:
        click.echo(json.dumps(_record(reading, why=why), ensure_ascii=False, indent=2))
    else:
        _show(ctx, reading, why=why)
    if reading.article is None:
        outcome = reading.outcome or Outcome.NOT_ARTICLE
        click.echo(f"wirewatch: {page}: {outcome.value}: {reading.reason}", err=True)
        sys.exit(3)


def _page(ctx: Context, name: str, url: str | None) -> Page:
    if name.lower().startswith(("http://", "https://")):
        if url is not None:
            raise UsageError("--url is for pages read from a file")
        return ctx.fetch(name)
    body = _unpacked(_read(name), name)
    address = _address(url) if url is not None else _declared_address(body, name)
    return Page(
        url=address,
        final_url=address,
        status=200,
        headers={},
        body=body,
        fetched_at=datetime.now(UTC).replace(microsecond=0),
    )


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{name}: cannot be read: {reason}") from error


def _unpacked(body: bytes, name: str) -> bytes:
    if body.startswith(_GZIP):
        try:
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            body = unpacker.decompress(body, MAX_BYTES + 1)
        except (zlib.error, gzip.BadGzipFile) as error:
            raise UsageError(f"{name}: not readable as gzip: {error}") from error
    if len(body) > MAX_BYTES:
        raise UsageError(f"{name}: larger than a page may be ({MAX_BYTES // 1024**2} MiB)")
    return body


def _address(url: str) -> str:
    from crawler.sources import web_address

    try:
        return web_address(url)
    except ValueError as error:
        raise UsageError(f"--url: {error}") from error


def _declared_address(body: bytes, name: str) -> str:
    """The address the page itself declares, else one that stands for the file."""
    from pipelines.charset import decode
    from pipelines.metadata.markup import first, metas_of, related
    from pipelines.parsing import parse_html

    tree = parse_html(decode(body, None).text)
    declared = (related(tree, "canonical") or first(metas_of(tree), "og:url")) if tree is not None else None
    place = f"https://file.invalid/{quote(Path(name).name if name != '-' else 'stdin')}"
    return (canonical(declared) if declared else None) or place


def _record(reading: Reading, *, why: bool) -> dict[str, object]:
    if reading.article is not None:
        record: dict[str, object] = article_record(reading.article)
    else:
        outcome = reading.outcome or Outcome.NOT_ARTICLE
        record = {"outcome": outcome.value, "reason": reading.reason}
    return record | ({"cuts": [{"line": cut.line, "rule": cut.rule} for cut in reading.cuts]} if why else {})


def _show(ctx: Context, reading: Reading, *, why: bool) -> None:
    out = ctx.console
    if reading.article is not None:
        out.print(f"[bold]{escape(reading.article.title)}[/bold]", highlight=False, soft_wrap=True)
        out.print()
        out.print(escape(reading.article.text), highlight=False, soft_wrap=True)
    if why:
        out.print(f"\n[bold]taken away: {len(reading.cuts)} lines[/bold]", highlight=False)
        for cut in reading.cuts:
            out.print(
                f"  [yellow]{escape(cut.rule)}[/yellow]  {escape(cut.line)}", highlight=False, soft_wrap=True
            )
