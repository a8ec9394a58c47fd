"""`wirewatch show ID --copies`: the copies of one story, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table

from crawler.cli.printing import echo_records, plain
from pipelines.items import Article

if TYPE_CHECKING:
    from crawler.cli.context import Context
    from pipelines.clusters import Cluster, Member
    from pipelines.store import Store

_COLUMNS = ("id", "outlet", "seen", "published", "kept", "added", "headline")


def print_copies(ctx: Context, store: Store, article: Article, *, as_json: bool) -> None:
    """A table of all copies, the first one first, and what they tell together; or a JSON object a line."""
    from pipelines.clusters import describe

    cluster = describe(store.copies(article))
    if as_json:
        echo_records([_record(cluster, member) for member in cluster.members])
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in _COLUMNS:
        table.add_column(name, no_wrap=name != "headline", ratio=1 if name == "headline" else None)
    for member in cluster.members:
        table.add_row(*_cells(cluster, member))
    ctx.console.print(table)
    for line in _together(cluster):
        ctx.console.print(line, highlight=False, markup=False)


def _record(cluster: Cluster, member: Member) -> dict[str, Any]:
    from pipelines.export import clean_record

    record = clean_record(member.article)
    names = ("id", "url", "source", "domain", "title", "first_seen_at", "published_at", "published_precision")
    return {
        **{name: record[name] for name in (*names, "agency", "cluster_id", "copy_of")},
        "first": member.article.id == cluster.first.id,
        "earliest": cluster.earliest is not None and member.article.id == cluster.earliest.id,
        "kept": round(member.kept, 3),
        "added": round(member.added, 3),
        "other_headline": member.headline,
    }


def _cells(cluster: Cluster, member: Member) -> tuple[str, ...]:
    article = member.article
    is_first = article.id == cluster.first.id
    is_earliest = cluster.earliest is not None and article.id == cluster.earliest.id
    shares = ("", "") if is_first else (f"{member.kept:.0%}", f"{member.added:.0%}")
    return (
        article.id[:8],
        plain(article.source),
        f"{article.first_seen_at:%Y-%m-%d %H:%M}{'*' if is_first else ''}",
        f"{_published(article)}{'*' if is_earliest else ''}",
        *shares,
        plain(article.title) if is_first or member.headline else "the same",
    )


def _published(article: Article) -> str:
    if article.published_at is None:
        return "-"
    return f"{article.published_at:%Y-%m-%d}" + (
        "" if article.published_precision == "day" else f" {article.published_at:%H:%M}"
    )


def _together(cluster: Cluster) -> Iterator[str]:
    copies, outlets = len(cluster.members) - 1, len(cluster.outlets)
    parts = [
        f"{copies} {'copy' if copies == 1 else 'copies'}",
        f"{outlets} {'outlet' if outlets == 1 else 'outlets'}",
        f"agency: {plain(cluster.agency)}" if cluster.agency else "no agency named",
    ]
    yield " · ".join(parts)
    yield f"* first seen at {plain(cluster.first.source)}"
    if cluster.earliest is not None:
        yield f"* earliest by its own word at {plain(cluster.earliest.source)}"
