"""What changed in stored articles: the list of changes, an article's revisions, and the words that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from crawler.cli.context import Context
from crawler.cli.printing import echo_records, plain
from crawler.dates import parse_since
from pipelines.changes import ChangeKind
from pipelines.errors import UsageError
from pipelines.items import Article

if TYPE_CHECKING:
    from pipelines.changes.marks import Piece
    from pipelines.store import ChangeRow, Store

_SPAN = re.compile(r"(\d+)(?:\s*\.\.\s*(\d+))?")
_STYLES = {"same": "", "cut": "red strike", "added": "green"}
_MARKS = {"same": ("", ""), "cut": ("[-", "-]"), "added": ("{+", "+}")}
# Hebrew, Arabic and their neighbours, and their forms for display.
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# First strong isolate and its end (UAX 9): a mark stays with the words it is about, whatever their direction.
_ISOLATE = "\u2068{}\u2069"


@click.command()
@click.option("--since", metavar="DATE", default="1d", show_default=True, help="2026-11-01, or 12h, 2w ago.")
@click.option("--until", metavar="DATE", help="Older than this.")
@click.option("--kind", "kinds", metavar="KIND,...", help="Only these kinds, e.g. headline,correction.")
@click.option("--source", metavar="NAME", help="Articles of this source only.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many changes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
@click.pass_obj
def changes(
    ctx: Context,
    since: str,
    until: str | None,
    kinds: str | None,
    source: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """What publishers changed in their articles, newest first.

    Kinds, the most important first: withdrawn, restored, headline, figures, names, quotes, correction,
    paragraphs_added, paragraphs_cut, wording, moved, typography, cleaning.

    \b
    Examples:
      wirewatch changes
      wirewatch changes --since 1w --kind headline,correction
      wirewatch changes --kind withdrawn --source tagesblatt --json
    """
    now = datetime.now(UTC)
    with ctx.open_store(readonly=True) as store:
        found = store.changes(
            since=parse_since(since, now),
            until=parse_since(until, now) if until else None,
            kinds=_kinds(kinds),
            source=source,
            limit=limit,
        )
    if as_json:
        echo_records([row.record() for row in found])
    elif found:
        _print_changes(ctx, found)
    if not found:
        click.echo("nothing found", err=True)


def _kinds(text: str | None) -> list[ChangeKind]:
    """The kinds that were named; words may be written with a hyphen. Raises UsageError."""
    named = [word.strip().lower().replace("-", "_") for word in (text or "").split(",") if word.strip()]
    unknown = [word for word in named if word not in set(ChangeKind)]
    if unknown or (text is not None and not named):
        raise UsageError(f"no kind of change: {', '.join(unknown) or text!r} (want {', '.join(ChangeKind)})")
    return [ChangeKind(word) for word in named]


def _print_changes(ctx: Context, rows: Sequence[ChangeRow]) -> None:
    table = Table(box=None, padding=(0, 2, 1, 0), show_header=False)
    table.add_column("id", style="cyan", no_wrap=True)
    table.add_column("when", no_wrap=True)
    table.add_column("what", ratio=1)
    for (at, key), group in groupby(rows, key=lambda row: (row.at, row.article_id)):
        some = list(group)
        body = Text(plain(some[0].title), "bold")
        body.append(f"\n{plain(some[0].source)}, revision {some[0].revision}", "dim")
        for row in some:
            body.append(f"\n{row.kind.value}", "yellow")
            if row.before or row.after:
                body.append(": ")
                body.append_text(_inline(ctx, row.before or "", row.after or ""))
        table.add_row(key[:8], f"{at:%Y-%m-%d %H:%M}", body)
    ctx.console.print(table)


def _inline(ctx: Context, before: str, after: str) -> Text:
    from pipelines.changes.marks import word_diff

    text = Text()
    for place, pieces in enumerate(word_diff(before, after)):
        text.append(" " if place else "")
        text.append_text(drawn(ctx, pieces))
    return text


# --- show ID --revisions ------------------------------------------------------------------------------------


def print_revisions(ctx: Context, store: Store, article: Article) -> None:
    """A table of an article's states and of what happened to it, the first first."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("revision", "when", "by", "what", "words"):
        table.add_column(name, no_wrap=name != "what", ratio=1 if name == "what" else None)
    for line in _history(store.revisions(article.id), store.changes_of(article.id)):
        table.add_row(*line)
    ctx.console.print(table)


def _history(states: Sequence[Article], rows: Sequence[ChangeRow]) -> Iterator[tuple[str, ...]]:
    from pipelines.changes import changes_between

    first = states[0]
    yield "1", _minute(first.first_seen_at), "publisher", "stored", f"{first.word_count}"
    for old, new in pairwise(states):
        kept = [row for row in rows if row.revision == new.revision and row.kind not in _EVENTS]
        # Revisions older than the table of changes are compared now.
        kinds = dict.fromkeys(row.kind for row in kept) or dict.fromkeys(
            change.kind for change in changes_between(old, new)
        )
        when = _minute(kept[0].at) if kept else f"by {_minute(new.last_seen_at)}"
        yield str(new.revision), when, new.revised_by, ", ".join(kinds), _words(old, new)
        yield from _events(rows, new.revision)
    if len(states) == 1:
        yield from _events(rows, first.revision)


_EVENTS = (ChangeKind.WITHDRAWN, ChangeKind.RESTORED, ChangeKind.MOVED)


def _events(rows: Sequence[ChangeRow], revision: int) -> Iterator[tuple[str, ...]]:
    for row in rows:
        if row.revision == revision and row.kind in _EVENTS:
            what = f"{row.kind}: {plain(row.after)}" if row.after else row.kind.value
            yield "", _minute(row.at), "publisher", what, ""


def _words(old: Article, new: Article) -> str:
    from pipelines.changes.marks import word_diff
    from pipelines.words import count_words

    pieces = [piece for paragraph in word_diff(old.text, new.text) for piece in paragraph]
    added = sum(count_words(piece.text) for piece in pieces if piece.fate == "added")
    cut = sum(count_words(piece.text) for piece in pieces if piece.fate == "cut")
    return f"+{added} -{cut}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


# --- show ID --diff -----------------------------------------------------------------------------------------


def print_diff(ctx: Context, store: Store, article: Article, span: str) -> None:
    """The words that differ between two revisions: in colour on a terminal, else within marks.

    `span` is "2..5", or "2" for what made revision 2 of the one before. Raises UsageError.
    """
    from pipelines.changes.marks import word_diff

    states = {state.revision: state for state in store.revisions(article.id)}
    old, new = (_state(states, number) for number in _span(span))
    for pieces in word_diff(old.title, new.title):
        ctx.console.print(drawn(ctx, pieces, style="bold"), highlight=False, soft_wrap=True)
    for same, some in groupby(word_diff(old.text, new.text), key=_is_same):
        run = list(some)
        lines = [_unchanged(len(run))] if same else [drawn(ctx, pieces) for pieces in run]
        for line in lines:
            ctx.console.print()
            ctx.console.print(line, highlight=False, soft_wrap=True)


def _is_same(pieces: Sequence[Piece]) -> bool:
    return all(piece.fate == "same" for piece in pieces)


def _unchanged(paragraphs: int) -> Text:
    return Text(f"  ({'1 paragraph' if paragraphs == 1 else f'{paragraphs} paragraphs'} unchanged)", "dim")


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"not a pair of revisions: {text!r} (want 2..5, or 2 for what changed from 1 to 2)")
    last = int(found[2] or found[1])
    return (int(found[1]) if found[2] else last - 1), last


def _state(states: dict[int, Article], number: int) -> Article:
    if number not in states:
        raise UsageError(f"there is no revision {number}: the article has {min(states)} to {max(states)}")
    return states[number]


def drawn(ctx: Context, pieces: Sequence[Piece], *, style: str = "") -> Text:
    """The pieces in colour on a terminal, else within marks."""
    text = Text(style=style)
    mixed = any(_RIGHT_TO_LEFT.search(piece.text) for piece in pieces)
    for fate, part in pieces:
        if ctx.console.is_terminal:
            text.append(plain(part), _STYLES[fate])
            continue
        opened, closed = _MARKS[fate]
        marked = f"{opened}{plain(part)}{closed}"
        text.append(_ISOLATE.format(marked) if mixed and opened else marked)
    return text
