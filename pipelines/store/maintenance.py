"""Looking after a database: what is wrong with it, and a copy of it while it is in use."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from pipelines.errors import StoreError
from pipelines.items import Kind, Outcome
from pipelines.store.database import BUSY_SECONDS, reader_uri, sqlite_path, translated
from pipelines.store.migrations import HEAD

_SHOWN = 10


def _words(words: type[Kind] | type[Outcome]) -> str:
    return ", ".join(f"'{word}'" for word in words)


# What each query finds is a problem; its first column goes into the message.
_RULES = {
    "an article without a visit that stored it: {}": (
        "SELECT id FROM articles WHERE id NOT IN"
        " (SELECT article_id FROM visits WHERE outcome = 'stored' AND article_id IS NOT NULL)"
    ),
    "an article with a wrong number of revisions: {}": (
        "SELECT a.id FROM articles a WHERE a.revision !="
        " 1 + (SELECT count(*) FROM revisions r WHERE r.id = a.id)"
    ),
    "two articles with one canonical URL: {}": (
        "SELECT url_canonical FROM articles NOT INDEXED GROUP BY url_canonical HAVING count(*) > 1"
    ),
    "two articles with one id: {}": "SELECT id FROM articles NOT INDEXED GROUP BY id HAVING count(*) > 1",
    "two targets with one URL: {}": "SELECT url FROM targets NOT INDEXED GROUP BY url HAVING count(*) > 1",
    "the canonical URL of one article is another address of a second one: {}": (
        "SELECT u.url FROM article_urls u JOIN articles a ON a.url_canonical = u.url"
    ),
    "a visit without a known outcome: {}": (
        f"SELECT id FROM visits WHERE outcome IS NULL OR outcome NOT IN ({_words(Outcome)})"  # noqa: S608
    ),
    "a visit that ended before it started: {}": "SELECT id FROM visits WHERE ended_at < started_at",
    "a target of an unknown kind: {}": f"SELECT url FROM targets WHERE kind NOT IN ({_words(Kind)})",  # noqa: S608
    "a target with impossible counts: {}": (
        "SELECT url FROM targets WHERE failures < 0 OR visits < 0 OR failures > visits"
    ),
    "a target visited but never logged: {}": (
        "SELECT url FROM targets WHERE (visits > 0) != (last_visited_at IS NOT NULL)"
    ),
    "a due time that is no time: {}": (
        "SELECT url FROM targets WHERE due_at IS NOT NULL AND julianday(due_at) IS NULL"
    ),
    "an article that the search does not know: {}": (
        "SELECT id FROM articles WHERE pk NOT IN (SELECT id FROM articles_fts_docsize)"
    ),
    "a search entry without an article: {}": (
        "SELECT id FROM articles_fts_docsize WHERE id NOT IN (SELECT pk FROM articles)"
    ),
}


def check(url: str) -> list[str]:
    """What is wrong with a database, a line each; empty when all is well.

    A file that is damaged, no database at all or not there is reported like any other problem.
    """
    try:
        path = sqlite_path(url)
    except StoreError as error:
        return [str(error)]
    if path is None:
        return []
    if not path.is_file():
        return [f"{path} is no file"]
    try:
        with closing(_reader(path)) as connection:
            return list(_problems(connection))
    except sqlite3.Error as error:
        return [f"{path} cannot be read: {error}"]


def _reader(path: Path) -> sqlite3.Connection:
    # Text that is damaged must not end the check.
    connection = sqlite3.connect(reader_uri(path), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def _problems(connection: sqlite3.Connection) -> Iterator[str]:
    damaged = [line for line in _rows(connection, "PRAGMA integrity_check(20)") if line != "ok"]
    yield from damaged
    versions = _rows(connection, "SELECT version_num FROM alembic_version")
    if versions != [HEAD]:
        yield f"schema version {', '.join(versions) or 'missing'}, expected {HEAD}"
        return
    for row in _rows(
        connection, "SELECT DISTINCT \"table\" || ' -> ' || parent FROM pragma_foreign_key_check"
    ):
        yield f"rows that refer to nothing: {row}"
    for message, query in _RULES.items():
        yield from _broken(connection, message, query)


def _broken(connection: sqlite3.Connection, message: str, query: str) -> Iterator[str]:
    found = _rows(connection, query)
    yield from (message.format(row) for row in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"... and {len(found) - _SHOWN} more of these"


def _rows(connection: sqlite3.Connection, query: str) -> list[str]:
    try:
        return [str(row[0]) for row in connection.execute(query)]
    except sqlite3.Error as error:
        return [f"cannot be read: {error}"]


def backup(url: str, target: Path) -> None:
    """Write a copy of the database as it is at this moment, while others go on writing.

    The copy is one complete file, and sound. Raises StoreError when the target exists or cannot be written,
    or the database is damaged; then nothing is left behind.
    """
    path = sqlite_path(url)
    if path is None:
        raise StoreError("a database in memory has no backup")
    if not path.is_file():
        raise StoreError(f"database {path}: there is none")
    if target.exists() or target.is_symlink():
        raise StoreError(f"{target} exists already; nothing was written")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with translated(target):
            _copy(path, partial)
            _refuse_damaged(partial, path)
            # Unlike a rename, a link never replaces what came into being meanwhile.
            os.link(partial, target)
    finally:
        with suppress(OSError):
            partial.unlink()


def _refuse_damaged(copy: Path, path: Path) -> None:
    """A backup that cannot be relied on is worse than none: it takes the place of one that can."""
    with closing(_reader(copy)) as connection:
        damaged = [line for line in _rows(connection, "PRAGMA quick_check(1)") if line != "ok"]
    if damaged:
        raise _damaged(path)


def _damaged(path: Path) -> StoreError:
    return StoreError(f"database {path}: is damaged; `wirewatch db check` says where; nothing was written")


def _copy(path: Path, partial: Path) -> None:
    with closing(_reader(path)) as source, closing(sqlite3.connect(partial)) as copy:
        # In one step: in steps it would start again whenever another process writes.
        try:
            source.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
                raise
            raise _damaged(path) from error
    with partial.open("rb") as file:
        os.fsync(file.fileno())
