"""`wirewatch alerts`: watches, what they would tell, and how telling it goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from crawler.cli.context import Context
from crawler.cli.printing import echo_records, plain
from crawler.dates import parse_since
from crawler.watch_words import read_watch, told, watch_record
from pipelines.alerts import CHANGES, Event, Watch
from pipelines.changes import ChangeKind
from pipelines.errors import UsageError
from pipelines.items import iso_utc

if TYPE_CHECKING:
    from crawler.channels import Channel
    from pipelines.store import ChannelState, Rehearsed

_SHOWN = 50


@click.group()
def alerts() -> None:
    """Watches: saved queries that tell of what is stored, changes or fails.

    `run` and `crawl` deliver by themselves; docs/alerts.md says what is told when.

    \b
    Examples:
      wirewatch alerts add climate '"climate summit" OR klima*' --channel chat
      wirewatch alerts add digest 'source:courier' --digest 08:00 --timezone Europe/Berlin
      wirewatch alerts test climate
      wirewatch alerts channels
    """


@alerts.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
@click.pass_obj
def list_(ctx: Context, as_json: bool) -> None:
    """Show the watches, with what waits for delivery.

    \b
    Examples:
      wirewatch alerts list
    """
    with ctx.open_store(readonly=True) as store:
        watches, counts = store.watches(), store.alert_counts()
    if as_json:
        echo_records(
            [
                {**watch_record(one), "waiting": counts[one.name].waiting, "sent": counts[one.name].sent}
                for one in watches
            ]
        )
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("watch", "query", "tells", "to", "waiting", "sent"):
        table.add_column(name, justify="right" if name in ("waiting", "sent") else "left")
    for one in watches:
        count = counts[one.name]
        cells = [one.name, one.query, told(one), ", ".join(one.channels) or "-"]
        style = None if one.enabled else "dim"
        table.add_row(*map(Text, map(plain, cells)), str(count.waiting), str(count.sent), style=style)
    ctx.console.print(table)
    if not watches:
        click.echo("no watches: `wirewatch alerts add NAME QUERY` makes one", err=True)


@alerts.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("query", nargs=-1, type=click.UNPROCESSED)
@click.option("--channel", "channels", multiple=True, metavar="NAME", help="Tell this one; several may be.")
@click.option("--digest", metavar="WHEN", help="Together, each 1h or at 08:00; at once if not given.")
@click.option("--quiet", "quiet", metavar="FROM-TO", help="Not between these, e.g. 22:00-07:00.")
@click.option(
    "--timezone", default="UTC", show_default=True, metavar="ZONE", help="Of both, e.g. Asia/Tokyo."
)
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice([event.value for event in Event]),
    help="What is told; article if none.",
)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice([kind.value for kind in ChangeKind]),
    help=f"Of changes, these only; if none: {', '.join(CHANGES)}.",
)  # fmt: skip
@click.option("--every-copy", is_flag=True, help="An alert for each copy of a story.")
@click.pass_obj
def add(
    ctx: Context,
    name: str,
    query: tuple[str, ...],
    channels: tuple[str, ...],
    digest: str | None,
    quiet: str | None,
    timezone: str,
    events: tuple[str, ...],
    kinds: tuple[str, ...],
    every_copy: bool,
) -> None:
    """Make a watch, or let the one of this name be as said here.

    QUERY is what `wirewatch search` takes (docs/search.md), -word included. Without --channel, what is found
    stands on the desk and in the watch's feed only.

    \b
    Examples:
      wirewatch alerts add climate '"climate summit" OR klima*' --channel chat
      wirewatch alerts add strike 'title:strike -football' --channel mail --digest 1h --quiet 22:00-07:00
      wirewatch alerts add edits source:courier --event change --kind headline --channel chat
      wirewatch alerts add health --event health --channel mail
    """
    from crawler.channels import named

    for word in query:
        if word.startswith("--"):
            raise click.NoSuchOption(word)
    for channel in channels:
        named(ctx.config().channels, channel)
    watch = read_watch(
        name,
        " ".join(query),
        events=events or (Event.ARTICLE,),
        kinds=kinds,
        channels=channels,
        digest=digest or "",
        quiet=quiet or "",
        timezone=timezone,
        per_story=not every_copy,
    )
    with ctx.open_store(readonly=False) as store:
        is_new = store.put_watch(watch, datetime.now(UTC))
    if not ctx.quiet:
        click.echo(f"watch {plain(name)} {'added' if is_new else 'changed'}: {told(watch)}", err=True)
        _hint(watch.query)


@alerts.command()
@click.argument("name")
@click.pass_obj
def remove(ctx: Context, name: str) -> None:
    """Forget a watch, with the alerts of it that wait.

    \b
    Examples:
      wirewatch alerts remove climate
    """
    with ctx.open_store(readonly=False) as store:
        if not store.remove_watch(name):
            raise _unknown(name, [watch.name for watch in store.watches()])
    if not ctx.quiet:
        click.echo(f"watch {plain(name)} removed", err=True)


@alerts.command()
@click.argument("name")
@click.option("--since", metavar="DATE", default="30d", show_default=True, help="What happened since then.")
@click.option("--send", is_flag=True, help="Send the last of it to each of its channels, marked as a test.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
@click.pass_obj
def test(ctx: Context, name: str, since: str, send: bool, as_json: bool) -> None:
    """Show what a watch would have told, by when it would have been delivered.

    Exit code 3 when --send is given and a channel does not confirm.

    \b
    Examples:
      wirewatch alerts test climate
      wirewatch alerts test climate --since 7d --send
    """
    from crawler.channels import named

    with ctx.open_store(readonly=True) as store:
        watch = store.watch(name)
        if watch is None:
            raise _unknown(name, [one.name for one in store.watches()])
        found = store.try_watch(watch, parse_since(since, datetime.now(UTC)))
    if as_json:
        echo_records([_record(one) for one in found])
    else:
        _show(ctx, found)
    if send:
        _try(ctx, watch, [named(ctx.config().channels, channel) for channel in watch.channels], found)


@alerts.command()
@click.pass_obj
def send(ctx: Context) -> None:
    """Deliver what is due now, once. `run` and `crawl` do it by themselves; while one is at work: exit 75.

    Exit code 3 when a channel fails; what waits for it is kept.

    \b
    Examples:
      wirewatch alerts send
    """
    from crawler.delivery.by_hand import send_due
    from crawler.lock import CrawlLock
    from crawler.logs import configure
    from crawler.run import lock_path

    configure(log_format=ctx.log_format, verbosity=ctx.verbosity, quiet=ctx.quiet)
    config = ctx.config()
    with ctx.open_store(readonly=False) as store, CrawlLock(lock_path(ctx.database), passing=True):
        done = send_due(store, config=config)
    if not ctx.quiet:
        click.echo(f"messages={done.messages} alerts={done.alerts} failed={len(done.failed)}", err=True)
    if done.failed:
        raise SystemExit(3)


@alerts.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
@click.pass_obj
def channels(ctx: Context, as_json: bool) -> None:
    """Show the channels and how delivering to each goes; those gone from the config too, while alerts wait.

    \b
    Examples:
      wirewatch alerts channels
    """
    now = datetime.now(UTC)
    known = {channel.name: channel for channel in ctx.config().channels}
    with ctx.open_store(readonly=True) as store:
        states = {state.name: state for state in store.channel_states(now)}
    names = [*known, *sorted(name for name, state in states.items() if name not in known and state.waiting)]
    if as_json:
        echo_records([_channel_record(name, known.get(name), states.get(name)) for name in names])
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("channel", "type", "waiting", "last sent", "state"):
        table.add_column(title)
    for name in names:
        state, channel = states.get(name), known.get(name)
        sent = f"{state.last_sent_at:%Y-%m-%d %H:%M} UTC" if state and state.last_sent_at else "-"
        kind = channel.type.value if channel is not None else "-"
        cells = (name, kind, str(state.waiting if state else 0), sent, state_of(channel, state))
        table.add_row(*map(Text, map(plain, cells)))
    ctx.console.print(table)
    if not names:
        click.echo("no channels: see [[channels]] in docs/configuration.md", err=True)


# --- as it is typed and shown ---------------------------------------------------------------------------


def state_of(channel: Channel | None, state: ChannelState | None) -> str:
    """How a channel does, in a few words."""
    if channel is None:
        return "not in the config: what waits for it is kept"
    if state is None or not state.failures:
        return "fine" if state is not None and state.last_sent_at else "nothing sent yet"
    times = "once" if state.failures == 1 else f"{state.failures} times"
    again = f"; again after {state.not_before:%Y-%m-%d %H:%M} UTC" if state.not_before else ""
    return f"failed {times}: {state.last_error}{again}"


def _channel_record(name: str, channel: Channel | None, state: ChannelState | None) -> dict[str, Any]:
    return {
        "name": name,
        "type": channel.type.value if channel is not None else None,
        "state": state_of(channel, state),
        "waiting": state.waiting if state else 0,
        "due": state.due if state else 0,
        "oldest_at": iso_utc(state.oldest_at) if state else None,
        "failures": state.failures if state else 0,
        "not_before": iso_utc(state.not_before) if state else None,
        "last_error": state.last_error if state else None,
        "last_sent_at": iso_utc(state.last_sent_at) if state else None,
    }


def _record(one: Rehearsed) -> dict[str, Any]:
    article = one.article
    return {
        "due_at": iso_utc(one.due_at),
        "at": iso_utc(one.at),
        "event": one.event.value,
        "source": one.source,
        "article": {"id": article.id, "title": article.title, "url": article.url} if article else None,
        **one.detail,
    }


def _show(ctx: Context, found: Sequence[Rehearsed]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for one in found[-_SHOWN:]:
        what = one.article.title if one.article is not None else f"{one.detail['finding']}"
        if one.detail.get("changes"):
            what = f"{', '.join(change['kind'] for change in one.detail['changes'])}: {what}"
        if one.detail.get("ended"):
            what = f"over: {what}"
        cells = (f"{one.due_at:%Y-%m-%d %H:%M}", one.source, what)
        table.add_row(*map(Text, map(plain, cells)))
    ctx.console.print(table)
    messages = len({one.due_at for one in found})
    more = f", the last {_SHOWN} of them above" if len(found) > _SHOWN else ""
    click.echo(f"{len(found)} alerts in {messages} messages a channel{more}", err=True)


def _try(ctx: Context, watch: Watch, wanted: Sequence[Channel], found: Sequence[Rehearsed]) -> None:
    from crawler.delivery.by_hand import try_channels
    from crawler.logs import configure

    if not wanted:
        raise UsageError(f"watch {watch.name}: has no channels to send to")
    configure(log_format=ctx.log_format, verbosity=ctx.verbosity, quiet=ctx.quiet)
    tried = try_channels(watch, wanted, found, config=ctx.config())
    for one in tried:
        click.echo(f"{one.channel}: {one.error or 'confirmed'}", err=True)
    if any(one.error is not None for one in tried):
        raise SystemExit(3)


def _hint(query: str) -> None:
    from pipelines.query import parse

    for problem in parse(query).problems:
        click.echo(f"note: {problem}", err=True)


def _unknown(name: str, names: Sequence[str]) -> UsageError:
    near = get_close_matches(name, names, n=1)
    return UsageError(f"no watch is named {name!r}{f'; did you mean {near[0]!r}?' if near else ''}")
