"""Reading what was stored: search, show, export."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click
from rich.table import Table
from rich.text import Text

from crawler.cli.changes import print_diff, print_revisions
from crawler.cli.context import Context
from crawler.cli.copies import print_copies
from crawler.cli.printing import echo_records, plain
from crawler.dates import parse_since
from pipelines.errors import UsageError
from pipelines.export import FORMATS, ExportWriter, clean_record
from pipelines.items import CLEANING, Article

if TYPE_CHECKING:
    from pipelines.store import Hit, Order

Command = TypeVar("Command", bound=Callable[..., Any])

_READING_WIDTH = 88


def _filters(command: Command) -> Command:
    for option in (
        click.option("--until", metavar="DATE", help="Older than this."),
        click.option(
            "--since", metavar="DATE", help="2026-11-01, 2026-11-01T08:30 (UTC), or 3d, 12h, 2w ago."
        ),
        click.option("--language", metavar="CODE", help="Language code, e.g. de or pt-BR."),
        click.option("--source", metavar="NAME", help="Articles of this source only."),
    ):
        command = option(command)
    return command


class _Dates(TypedDict):
    since: datetime | None
    until: datetime | None


def _dates(since: str | None, until: str | None) -> _Dates:
    now = datetime.now(UTC)
    return {
        "since": parse_since(since, now) if since else None,
        "until": parse_since(until, now) if until else None,
    }


# Unknown short options are words of the query: `search climate -sport`.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("query", nargs=-1, type=click.UNPROCESSED)
@_filters
@click.option("--section", metavar="NAME", help="Articles of this section only.")
@click.option("--author", metavar="NAME", help="Articles by this author only.")
@click.option(
    "--order",
    type=click.Choice(["relevance", "newest"]),
    default="relevance",
    show_default=True,
    help="The best of the newest 2,000 matches first, or as they were stored, the newest first.",
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Leave out the first ones.")
@click.option("--unique", is_flag=True, help="One article a story: of copies, the one seen first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
@click.pass_obj
def search(
    ctx: Context,
    query: tuple[str, ...],
    source: str | None,
    language: str | None,
    since: str | None,
    until: str | None,
    section: str | None,
    author: str | None,
    order: Order,
    limit: int,
    offset: int,
    unique: bool,
    as_json: bool,
) -> None:
    """Search the stored articles; without QUERY, the newest ones.

    \b
    word word          both must be there, in any order
    "a phrase"         these words in this order
    -word, NOT word    must not be there
    word OR word       one of the two; binds tighter than AND, which need not be written
    word*              any word that starts so
    a NEAR/5 b         at most 5 words apart (10 without a number); words or phrases
    (...)              brackets make one of many
    title:word         there only, also text: author: source: site: language: section: tag: agency:
                       with a word, a "phrase" or (brackets)

    Operators are in capitals; what means nothing is taken as text. Case and accents do not count. In Chinese,
    Japanese, Korean, Thai, Lao, Khmer and Burmese any run of characters is found. More in docs/search.md.

    \b
    Examples:
      wirewatch search '"climate summit" -sport'
      wirewatch search 'title:(election OR wahl) -author:reuters' --since 3d
      wirewatch search 'minister NEAR/5 resign*' --section politics --order newest
      wirewatch search 北京 --language zh --json
      wirewatch search strike --since 1d --unique
    """
    for word in query:
        if re.match(r"--\w", word):
            raise click.NoSuchOption(word)
    text = " ".join(query)
    dates = _dates(since, until)
    with ctx.open_store(readonly=True) as store:
        hits = store.search(
            text, source=source, language=language, section=section, author=author,
            order=order, limit=limit, offset=offset, unique=unique, **dates,
        )  # fmt: skip
    if as_json:
        echo_records([_hit_record(hit) for hit in hits])
    elif hits:
        _print_hits(ctx, hits)
    if not hits:
        click.echo("nothing found", err=True)


def _hit_record(hit: Hit) -> dict[str, Any]:
    snippet = [[text, match] for text, match in hit.snippet]
    return {
        **clean_record(hit.article),
        "score": round(hit.score, 4),
        "copies": hit.copies,
        "snippet": snippet,
    }


def _print_hits(ctx: Context, hits: list[Hit]) -> None:
    table = Table(box=None, padding=(0, 2, 1, 0), show_header=False)
    table.add_column("id", style="cyan", no_wrap=True)
    table.add_column("date", no_wrap=True)
    table.add_column("article", ratio=1)
    for hit in hits:
        body = _highlighted(hit.title, "bold")
        body.append(f"\n{plain(hit.article.source)}{_copies(hit)}\n", "dim")
        body.append_text(_highlighted(hit.snippet, ""))
        table.add_row(hit.article.id[:8], _day(hit.article), body)
    ctx.console.print(table)


def _highlighted(parts: tuple[tuple[str, bool], ...], style: str) -> Text:
    text = Text(style=style)
    for part, match in parts:
        text.append(plain(part), "bold yellow" if match else None)
    return text


def _copies(hit: Hit) -> str:
    """How often the story was found elsewhere, where it was."""
    return f" · {hit.copies} {'copy' if hit.copies == 1 else 'copies'}" if hit.copies else ""


def _day(article: Article) -> str:
    return f"{article.published_at or article.first_seen_at:%Y-%m-%d}"


@click.command()
@click.argument("article", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="All fields as one JSON object.")
@click.option(
    "--copies", is_flag=True, help="Where the story stands as well, and how much each copy differs."
)
@click.option("--revisions", "revisions", is_flag=True, help="Its states: when, by whom, what changed.")
@click.option("--diff", "span", metavar="N..M", help="The words that differ; N: from the one before.")
@click.pass_obj
def show(ctx: Context, article: str, as_json: bool, copies: bool, revisions: bool, span: str | None) -> None:
    """Show one article: by its id, the start of one, or its URL.

    Of a copy, "kept" is how much of the first one's text stands in it, "added" how much of its own does not
    stand in the first one; with --json too, an object a copy.

    Differing words are in colour on a terminal, else [-cut-] and {+added+}.

    \b
    Examples:
      wirewatch show 8b870bcb
      wirewatch show https://example.org/2026/11/story
      wirewatch show 8b870bcb --json
      wirewatch show 8b870bcb --revisions
      wirewatch show 8b870bcb --diff 2..5
      wirewatch show 8b870bcb --copies
    """
    if (as_json or copies) + revisions + (span is not None) > 1:
        raise UsageError("choose one of --json, --copies, --revisions and --diff")
    with ctx.open_store(readonly=True) as store:
        found = store.article(article)
        if found is None:
            raise UsageError(f"no article {plain(article)}")
        if revisions:
            print_revisions(ctx, store, found)
        elif span is not None:
            print_diff(ctx, store, found, span)
        elif copies:
            print_copies(ctx, store, found, as_json=as_json)
        elif as_json:
            echo_records([clean_record(found)])
        else:
            _print_article(ctx, found)


def _print_article(ctx: Context, article: Article) -> None:
    width = min(_READING_WIDTH, ctx.console.width)
    lines = [Text(plain(article.title), "bold"), Text(plain(_byline(article)), "dim")]
    if article.description:
        lines += [Text(), Text(plain(article.description), "italic")]
    lines += [Text(), Text(plain(article.text)), Text()]
    lines += [Text(plain(line), "dim") for line in _footer(article)]
    for line in lines:
        ctx.console.print(line, width=width, highlight=False)


def _byline(article: Article) -> str:
    parts = [", ".join(article.authors), _when(article), article.source, article.language or ""]
    return " · ".join(part for part in parts if part)


def _when(article: Article) -> str:
    if article.published_at is None:
        return f"first seen {article.first_seen_at:%Y-%m-%d %H:%M} UTC"
    if article.published_precision == "day":
        return f"{article.published_at:%Y-%m-%d}"
    return f"{article.published_at:%Y-%m-%d %H:%M} UTC"


def _footer(article: Article) -> list[str]:
    by = " by cleaning" if article.revised_by == CLEANING else ""
    revision = f", revision {article.revision}{by}" if article.revision > 1 else ""
    withdrawn = [f"withdrawn {article.withdrawn_at:%Y-%m-%d %H:%M} UTC"] if article.withdrawn_at else []
    doubts = ", ".join(article.published_flags).replace("_", " ")
    dated = [f"date: {doubts}"] if doubts else []
    agency = [f"agency: {article.agency}"] if article.agency else []
    copied = [f"copy of {article.copy_of}"] if article.copy_of else []
    line = f"{article.id}, {article.word_count} words{revision}"
    return [*withdrawn, article.url_canonical, line, *dated, *agency, *copied]


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File (.jsonl, .csv or .parquet); - is stdout."
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="By the file's ending if not given.")
@_filters
@click.pass_obj
def export(
    ctx: Context,
    output: Path | None,
    form: str | None,
    source: str | None,
    language: str | None,
    since: str | None,
    until: str | None,
) -> None:
    """Write stored articles to a file, newest first; JSON lines on standard output without -o.

    The file appears when it is complete. In CSV, lists are joined by "; ", and text that a spreadsheet
    would take for a formula starts with an apostrophe.

    \b
    Examples:
      wirewatch export -o articles.parquet
      wirewatch export --since 1d --source tagesblatt -o new.csv
      wirewatch export --language de | jq -r .title
    """
    path = None if output is None or str(output) == "-" else output
    dates = _dates(since, until)
    with ctx.open_store(readonly=True) as store, ExportWriter(path, format=form) as writer:
        for article in store.articles(source=source, language=language, **dates):
            writer.write(article)
    if path is not None and not ctx.quiet:
        click.echo(f"{writer.count} articles written to {path}", err=True)
