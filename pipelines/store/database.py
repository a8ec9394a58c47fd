"""Opening a database and its transactions; every error of the driver leaves here as a StoreError."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool, StaticPool

from pipelines.errors import StoreError, StoreVersionError
from pipelines.store.migrations import HEAD, REVISIONS

# How long a writer waits for another one: a visit ends within milliseconds, a migration within seconds.
BUSY_SECONDS = 10.0
# Pages of the database that each connection keeps, MiB.
CACHE = 32
# Pages of the log that are written back at once, 32 MiB: sketches and the search index touch pages all over
# the database, which many visits in a row share.
_LOG_PAGES = 8000
_MAGIC = b"SQLite format 3\0"
_WRITING = {"writing": True}
_NO_INDEX = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
# What a person can do about it, by SQLite's result code.
_ADVICE = {
    sqlite3.SQLITE_BUSY: f"another program has been writing to it for over {BUSY_SECONDS:g} s",
    sqlite3.SQLITE_IOERR: "the disk is full, or fails",
    sqlite3.SQLITE_CORRUPT: "it is damaged: `wirewatch db check` says where; put a backup in its place",
}


@contextmanager
def translated(name: object) -> Iterator[None]:
    """Turn what the driver raises into one line that names the database."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        line = (str(cause).splitlines() or [type(cause).__name__])[0]
        advice = _ADVICE.get((getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF)
        raise StoreError(f"database {name}: {line}{f' ({advice})' if advice else ''}") from error
    except OSError as error:
        raise StoreError(f"database {name}: {error.strerror or error}") from error


def sqlite_path(url: str) -> Path | None:
    """The file a database URL (or a plain path) names; None for one in memory. Raises StoreError."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        path = url
    elif scheme.startswith("postgres"):
        raise StoreError("PostgreSQL is not supported yet; use sqlite:///FILE")
    elif scheme != "sqlite" or (rest and not rest.startswith("/")):
        raise StoreError(f"not a database URL: {url} (want sqlite:///FILE)")
    else:
        path = rest.removeprefix("/")
        if path in ("", ":memory:"):
            return None
    if not path or "\x00" in path:
        raise StoreError(f"not a database URL: {url!r} (want sqlite:///FILE)")
    return Path(path).expanduser()


@dataclass(frozen=True, slots=True)
class Database:
    """One SQLite database, at the present schema."""

    engine: sa.Engine
    path: Path | None

    @classmethod
    def open(cls, url: str, *, readonly: bool, durable: bool = False, cache: int = CACHE) -> Self:
        """Open it, or create it, or bring it to the present schema; a reader does none but open.

        `durable`: what was committed outlasts a loss of power, at the price of a wait for the disk. `cache`:
        MiB of it that each connection keeps in memory.

        Raises StoreVersionError when its schema is newer than this program (or older, for a reader),
        StoreError when the file is missing for a reader, no database, or not to be opened.
        """
        path = sqlite_path(url)
        if path is not None:
            _look_at(path, readonly=readonly)
        name = path or "in memory"
        with translated(name):
            engine = _engine(path, readonly=readonly, durable=durable, cache=cache)
            try:
                _ready(engine, name=str(name), readonly=readonly)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine, path)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its start: read, then write, cannot fail."""
        with translated(self.name), self.engine.connect() as connection:
            connection = connection.execution_options(**_WRITING)
            with connection.begin():
                yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state throughout."""
        try:
            with translated(self.name), self.engine.connect() as connection, connection.begin():
                yield connection
        except ValueError as error:  # a word that is none of an enumeration's
            raise StoreError(f"database {self.name}: a value that is none: {error}") from error

    @property
    def name(self) -> str:
        return str(self.path or "in memory")

    def close(self) -> None:
        self.engine.dispose()


def _look_at(path: Path, *, readonly: bool) -> None:
    """Say in plain words what SQLite would call "unable to open database file"."""
    with translated(path):
        if path.is_dir():
            raise StoreError(f"database {path}: is a directory")
        if not path.parent.is_dir():
            raise StoreError(f"database {path}: there is no directory {path.parent}")
        if not path.exists():
            if readonly:
                raise StoreError(f"database {path}: there is none yet; a crawl creates it")
        elif not _looks_like_database(path):
            # SQLite would take a file of a few bytes for an empty one and write over it.
            raise StoreError(f"database {path}: file is not a database")


def _looks_like_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) in (b"", _MAGIC)


def _engine(path: Path | None, *, readonly: bool, durable: bool, cache: int) -> sa.Engine:
    pool: type[Pool] = QueuePool if path is not None else StaticPool
    connect = _connector(path, readonly=readonly)
    engine = sa.create_engine("sqlite+pysqlite://", creator=connect, poolclass=pool)
    if not readonly:
        sa.event.listen(engine, "connect", partial(_prepare_writer, durable=durable))
    sa.event.listen(engine, "connect", partial(_prepare, cache=cache))
    sa.event.listen(engine, "begin", _begin)
    return engine


def _connector(path: Path | None, *, readonly: bool) -> Callable[[], sqlite3.Connection]:
    uri = "file::memory:"
    if path is not None:
        uri = reader_uri(path) if readonly else f"{_file_uri(path)}?mode=rwc"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
        )

    return connect


def reader_uri(path: Path) -> str:
    """What to hand to sqlite3.connect(uri=True) for reading only."""
    # Without write access to the directory, or on a full disk, a reader cannot create the WAL's index. Nobody
    # writes while there is no WAL, so the file can be read as it is.
    return f"{_file_uri(path)}?mode=ro{'&immutable=1' if _is_frozen(path) else ''}"


def _file_uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}"


def _is_frozen(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        return False
    probe = sqlite3.connect(f"{_file_uri(path)}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    try:
        probe.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF in _NO_INDEX
    finally:
        probe.close()
    return False


def _prepare_writer(connection: sqlite3.Connection, _: ConnectionPoolEntry, *, durable: bool) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    # NORMAL survives a killed process (measured). The log is synced before it is written back, not at each
    # commit: a loss of power may cost the last transactions, never the file.
    connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry, *, cache: int) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA cache_size=-{cache * 1024}")
    connection.execute("PRAGMA temp_store=MEMORY")


def _begin(connection: sa.Connection) -> None:
    # The driver's own BEGIN is switched off (isolation_level=None): it comes too late and is deferred.
    writing = connection.get_execution_options().get("writing")
    # By the driver itself: through SQLAlchemy it takes as long as many a question that follows.
    driver(connection).execute("BEGIN IMMEDIATE" if writing else "BEGIN")


def driver(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's own connection, in the same transaction: for what every stored article asks in plain SQL.

    SQLAlchemy's way to it costs ten times what SQLite needs for the answer.
    """
    found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


class Prepared:
    """A statement that every stored article needs, put together once and handed to the driver as it is.

    `names` are those of the values it takes. Values are turned into what the database keeps by the columns'
    types, as SQLAlchemy does it.
    """

    def __init__(self, statement: sa.Executable, names: Collection[str]) -> None:
        dialect = sqlite_dialect(paramstyle="qmark")
        compiled = statement.compile(dialect=dialect, column_keys=list(names))  # type: ignore[attr-defined]
        self._sql = str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if name not in names}
        self._values: list[tuple[str, Callable[[Any], Any] | None]] = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup
        ]

    def execute(self, connection: sa.Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        given = {**values, **self._constants}
        row = [given[name] if turn is None else turn(given[name]) for name, turn in self._values]
        return driver(connection).execute(self._sql, row)


def schema_version(connection: sa.Connection) -> str | None:
    """The schema's version; None for an empty database. Raises StoreError when it is not ours."""
    found = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    if not found:
        return None
    if "alembic_version" not in found:
        raise StoreError("it belongs to another program")
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if version is None else str(version)


def _ready(engine: sa.Engine, *, name: str, readonly: bool) -> None:
    with engine.connect() as connection:
        version = _checked_version(connection, name=name)
    if version == HEAD:
        return
    if readonly:
        raise StoreVersionError(f"database {name}: its schema is older; run `wirewatch db upgrade`")
    _migrate(engine, name=name)


def _checked_version(connection: sa.Connection, *, name: str) -> str | None:
    try:
        version = schema_version(connection)
    except StoreError as error:
        raise StoreError(f"database {name}: {error}") from error
    if version is not None and version not in REVISIONS:
        raise StoreVersionError(
            f"database {name}: written by a newer Wirewatch (schema {version}, this one knows {HEAD})"
        )
    return version


def _migrate(engine: sa.Engine, *, name: str) -> None:
    """Bring the schema up in one transaction, which a second process waits for and then finds done."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.connect() as connection:
        # Copying a table, as batch mode does, would otherwise cascade to the rows that refer to it. The
        # pragma has no effect inside a transaction.
        driver(connection).execute("PRAGMA foreign_keys=OFF")
        # What a statement would have to undo is kept there: all of a table that is dropped.
        driver(connection).execute("PRAGMA temp_store=FILE")
        connection = connection.execution_options(**_WRITING)
        with connection.begin():
            if _checked_version(connection, name=name) != HEAD:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                _refuse_dangling(connection)
        driver(connection).execute("PRAGMA foreign_keys=ON")
        driver(connection).execute("PRAGMA temp_store=MEMORY")


def _refuse_dangling(connection: sa.Connection) -> None:
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if dangling is not None:
        raise StoreError(f"upgrading left rows of {dangling[0]} that refer to nothing; nothing was changed")
