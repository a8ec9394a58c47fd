"""`wirewatch serve`: the desk in the browser, the HTTP API and the feeds."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import click

from crawler.cli.context import Context, FileConfig
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from crawler.web.access import Access


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Where to listen; [serve] listen, else 127.0.0.1:8080.")
@click.option(
    "--set-password", is_flag=True, help="Ask for a password and print the config line that knows it."
)
@click.option("--new-token", is_flag=True, help="Print a new token that may read, and its config line.")
@click.option("--write", is_flag=True, help="With --new-token: one that may change things too.")
@click.option("--fd", type=click.IntRange(min=3), hidden=True, help="A socket that listens already.")
@click.pass_obj
def serve(
    ctx: Context, listen: str | None, set_password: bool, new_token: bool, write: bool, fd: int | None
) -> None:
    """Show the store in the browser, and serve it to programs (/api/v1) and feed readers (/feeds).

    Nobody but this machine reaches it by default, and nobody is asked for a password then. To let others in,
    set a password or token first: without one a wider address is refused.

    \b
    Examples:
      wirewatch serve
      wirewatch serve --listen 127.0.0.1:9000
      wirewatch serve --set-password
      wirewatch serve --new-token
      wirewatch serve --listen 0.0.0.0:8080          with a password or token set
    """
    from crawler.web.access import Access, Right
    from crawler.web.access import new_token as make_token

    if set_password:
        _print_password()
        return
    if new_token:
        token, line = make_token(Right.WRITE if write else Right.READ)
        click.echo(f"token, shown only now: {token}", err=True)
        click.echo(f'[serve]\ntokens = ["{line}"]')
        return
    config = ctx.config()
    access = Access.of(config.serve, os.environ)
    host, port = place(listen or config.serve.listen)
    listening = socket.socket(fileno=fd) if fd is not None else bound(host, port, access)
    _serve(ctx, access, listening, beside=fd is not None)


def _print_password() -> None:
    from crawler.web.access import hash_password

    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) < 8:
        raise UsageError("a password of fewer than 8 characters is soon guessed: take a longer one")
    click.echo(f'[serve]\npassword = "{hash_password(password)}"')


def place(text: str) -> tuple[str, int]:
    """Host and port as typed. Raises UsageError."""
    from crawler.web.serving import split_listen

    try:
        return split_listen(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def bound(host: str, port: int, access: Access) -> socket.socket:
    """A socket that listens there, where that is safe. Raises UsageError."""
    from crawler.web.serving import check_listen, listen

    check_listen(host, access)
    return listen(host, port)


def _serve(ctx: Context, access: Access, listening: socket.socket, *, beside: bool) -> None:
    from crawler.logs import configure
    from crawler.web.app import create_app
    from crawler.web.lists import open_store
    from crawler.web.serving import address_of, end_with_parent, serve

    configure(log_format=ctx.log_format, verbosity=ctx.verbosity, quiet=ctx.quiet)
    with open_store(ctx.database, readonly=False) as store:
        app = create_app(
            store=store,
            config=FileConfig(ctx),
            config_path=ctx.config_path,
            access=access,
            command=(sys.executable, "-m", "crawler", *ctx.global_options),
        )
        if beside:
            end_with_parent()
        if not ctx.quiet:
            click.echo(f"the desk is at {address_of(listening)} (Ctrl-C ends it)", err=True)
        serve(app, listening)
