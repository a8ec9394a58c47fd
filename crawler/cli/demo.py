"""`wirewatch demo`: the bundled sample site, crawled through the very same path as any other."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from crawler.cli.context import Context
from crawler.cli.crawl import crawl_and_report
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from socket import socket

    from crawler.config import Config
    from crawler.demo.server import DemoServer
    from crawler.web.access import Access
    from pipelines.items import Article

    Desk = tuple[socket, Access]

DATABASE = Path("wirewatch-demo.db")
# The sample site is our own and on this machine: a second between two requests protects nobody.
DELAY = 0.02


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 3),
    metavar="N",
    help="Live through the last N days (1 to 3) of the sample site's news first.",
)
@click.option("--keep-serving", is_flag=True, help="Go on serving the sample site until Ctrl-C.")
@click.option(
    "--serve",
    is_flag=False,
    flag_value="127.0.0.1:8080",
    metavar="[HOST:PORT]",
    help="Then open the desk on what was stored, until Ctrl-C; three days of it unless --days says else.",
)
@click.pass_obj
def demo(ctx: Context, days: int | None, keep_serving: bool, serve: str | None) -> None:
    """Crawl the bundled sample news site, without network, and show what came of it.

    Serves several fictional outlets in several languages on loopback, finds their feeds, news sitemaps
    and sections, and stores their articles in wirewatch-demo.db in this folder (made anew each time),
    or where --database says.

    With --days two more outlets join, and the sites are crawled as the service would have done in these
    days, by a clock that is moved on: stories appear, are copied, edited and withdrawn, and a site fails.

    \b
    Examples:
      wirewatch demo
      wirewatch demo --days 3           three days of news in less than a minute
      wirewatch demo --serve            and the desk on them, at 127.0.0.1:8080
      wirewatch demo --keep-serving     then open the printed addresses in a browser
    """
    from crawler.config import load

    # Bound first: nobody wants to hear after a minute that the port is taken.
    desk = None if serve is None else _bound(serve)
    if ctx.database_option is None:
        _remove_old()
        ctx.database_option = f"sqlite:///{DATABASE}"
    config = _config(load(None, env={}))
    if days is None and desk is None:
        sys.exit(_once(ctx, config, keep_serving))
    sys.exit(_days(ctx, config, days or 3, keep_serving, desk))


def _bound(text: str) -> Desk:
    """Where the desk is to be, and whom it lets in. Raises UsageError."""
    from crawler.cli.serve import bound, place
    from crawler.config import ServeSection
    from crawler.web.access import Access

    access = Access.of(ServeSection(), os.environ)
    return bound(*place(text), access), access


def _once(ctx: Context, config: Config, keep_serving: bool) -> int:
    from crawler.demo.server import DemoServer
    from crawler.job import Job

    with DemoServer() as server:
        _say_where(ctx, server)
        result = crawl_and_report(ctx, config, Job(urls=tuple(server.urls.values())))
        if result.exit_code == 0:
            _show(ctx, server.urls)
            _end(ctx, server.urls, keep_serving)
        return result.exit_code


def _days(ctx: Context, config: Config, days: int, keep_serving: bool, desk: Desk | None) -> int:
    """A site fails at the end of these days, which makes for exit code 3 elsewhere: here it is as planned."""
    from crawler.demo.clock import DayClock
    from crawler.demo.days import read_days
    from crawler.demo.server import DemoServer
    from crawler.demo.watches import keep_watches
    from crawler.job import Job, utc_now
    from crawler.sources import Source

    clock = DayClock(days)
    with ctx.open_store(readonly=False) as store:
        keep_watches(store, now=clock())
    with DemoServer(days=read_days(utc_now()), clock=clock) as server:
        _say_where(ctx, server)
        sources = tuple(Source(name=key, url=url, delay=DELAY) for key, url in server.urls.items())
        config = config.model_copy(update={"sources": sources})
        job = Job(sources=sources, due=True, onward=clock.move_on)
        result = crawl_and_report(ctx, config, job, clock=clock)
        if result.signal is None:
            _show(ctx, server.urls)
            if desk is not None:
                _open_desk(ctx, config, *desk)
            _end(ctx, server.urls, keep_serving and desk is None)
        return result.exit_code if result.signal is not None else 0


def _open_desk(ctx: Context, config: Config, listening: socket, access: Access) -> None:
    from crawler.web.app import create_app
    from crawler.web.lists import open_store
    from crawler.web.serving import address_of, serve

    with open_store(ctx.database, readonly=False) as store:
        app = create_app(store=store, config=lambda: config, access=access)
        ctx.errors.print(f"the desk is at {address_of(listening)} (Ctrl-C ends it)", highlight=False)
        serve(app, listening)


def _say_where(ctx: Context, server: DemoServer) -> None:
    ctx.errors.print(f"serving {len(server.urls)} sample outlets on 127.0.0.1", highlight=False)


def _end(ctx: Context, urls: dict[str, str], keep_serving: bool) -> None:
    if keep_serving:
        _serve(ctx, urls)


def _config(config: Config) -> Config:
    network = config.network.model_copy(update={"allow": ("127.0.0.0/8",)})
    defaults = config.defaults.model_copy(update={"delay": DELAY})
    return config.model_copy(update={"network": network, "defaults": defaults})


def _remove_old() -> None:
    for suffix in ("", "-wal", "-shm"):
        try:
            DATABASE.with_name(DATABASE.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"cannot replace {DATABASE}: {error.strerror}") from error


def _show(ctx: Context, urls: dict[str, str]) -> None:
    with ctx.open_store() as store:
        articles = list(store.articles())
    names = {url: name for name, url in urls.items()}
    ctx.console.print(_table(articles, names))
    _show_one(ctx, articles)
    # A language with spaces between its words makes the better first search.
    ctx.console.print("\n[bold]Next, try:[/bold]")
    one = articles[0]
    database = ctx.database
    for command in (
        f"wirewatch --database {database} search 'climate OR Klima OR clima'",
        f"wirewatch --database {database} show {one.id}",
        "wirewatch crawl https://example.org/     (a site of your own choice)",
    ):
        ctx.console.print(f"  {escape(command)}", highlight=False, soft_wrap=True)


def _table(articles: list[Article], names: dict[str, str]) -> Table:
    table = Table(title="stored", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("outlet", "languages"):
        table.add_column(column)
    for column in ("articles", "words", "with author", "with time"):
        table.add_column(column, justify="right")
    for source in sorted({article.source for article in articles}):
        mine = [article for article in articles if article.source == source]
        table.add_row(
            escape(_name(mine[0], names)),
            ", ".join(sorted({article.language or "?" for article in mine})),
            str(len(mine)),
            str(sum(article.word_count for article in mine)),
            str(sum(bool(article.authors) for article in mine)),
            str(sum(article.published_at is not None for article in mine)),
        )
    table.add_section()
    table.add_row("[bold]all[/bold]", "", f"[bold]{len(articles)}[/bold]", "", "", "")
    return table


def _name(article: Article, names: dict[str, str]) -> str:
    for url, name in names.items():
        if article.url.startswith(url.rstrip("/") + "/"):
            return name
    return article.source


def _show_one(ctx: Context, articles: list[Article]) -> None:
    one = next((article for article in articles if article.language == "en"), articles[0])
    by = ", ".join(one.authors) or "no author"
    when = f"{one.published_at:%Y-%m-%d %H:%M} UTC" if one.published_at else "no date"
    subtitle = f"{by}, {when}"
    ctx.console.print(
        Panel(
            escape(one.text), title=f"[bold]{escape(one.title)}[/bold]", subtitle=escape(subtitle), width=100
        )
    )


def _serve(ctx: Context, urls: dict[str, str]) -> None:
    import threading

    for name, url in urls.items():
        ctx.console.print(f"  {name}: {url}", highlight=False)
    ctx.console.print("serving until Ctrl-C")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        ctx.console.print("stopped")
