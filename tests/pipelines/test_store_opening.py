from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from plans import due_at

import pipelines.store.database
from pipelines.errors import StoreError, StoreVersionError
from pipelines.items import Article, Kind, Link, Outcome, Visit
from pipelines.store import Store, check_database, sqlite_path
from pipelines.store.migrations import REVISIONS
from pipelines.store.schema import metadata

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
MIGRATIONS = Path(pipelines.store.database.__file__).parent / "migrations"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "filled.db"
    with Store.open(url(path)) as store:
        fill(store, 3)
    return path


def fill(store: Store, count: int) -> None:
    roots = [Link(url="https://n.example/feed", kind=Kind.FEED)]
    store.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=roots, now=NOW)
    for number in range(count):
        address = f"https://n.example/{number}"
        store.add_targets("n", [Link(url=address)], via="https://n.example/feed", depth=0, now=NOW)
        target = store.target(address)
        assert target is not None
        article = Article(
            id="",
            url=address,
            url_canonical=address,
            source="n",
            domain="n.example",
            title=f"Title {number}",
            text=f"Text number {number}.\n\n" + f"More of {number}. " * 50,
            first_seen_at=NOW,
            last_seen_at=NOW,
        )
        store.end_visit(Visit(target=target, started_at=NOW, article=article), plan=due_at(NOW))


def one_line(error: BaseException) -> bool:
    return "\n" not in str(error) and len(str(error)) < 300


def test_a_new_database_is_created_in_wal_mode(tmp_path: Path) -> None:
    path = tmp_path / "new with ? # % and space.db"
    with Store.open(url(path)) as store:
        assert set(store.counts().values()) == {0}
        assert store.check() == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_plain_path_an_empty_file_and_memory_will_do(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    for place in (str(tmp_path / "plain.db"), str(empty), "sqlite://", "sqlite:///:memory:"):
        with Store.open(place) as store:
            fill(store, 1)
            assert len(store.search("number")) == 1


def test_home_is_expanded() -> None:
    assert sqlite_path("sqlite:///~/x.db") == Path.home() / "x.db"
    assert sqlite_path("sqlite:////abs/x.db") == Path("/abs/x.db")
    assert sqlite_path("x.db") == Path("x.db")


@pytest.mark.parametrize(
    "bad", ["postgresql://h/d", "postgres+psycopg://u:p@h/d", "mysql://h/d", "", "sqlite://host/x", "a\x00b"]
)
def test_other_databases_are_refused_in_one_line(bad: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(bad)
    assert one_line(caught.value)
    assert len(check_database(bad)) == 1


@pytest.mark.parametrize("readonly", [False, True])
def test_what_is_no_database_is_refused_in_one_line(tmp_path: Path, readonly: bool) -> None:
    (tmp_path / "text.db").write_text("not a database at all\n" * 500)
    (tmp_path / "short.db").write_bytes(b"x")
    (tmp_path / "dir.db").mkdir()
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE things (id)")
    for name in ("text.db", "short.db", "dir.db", "other.db", "missing/x.db", "text.db/x.db"):
        with pytest.raises(StoreError) as caught:
            Store.open(url(tmp_path / name), readonly=readonly)
        assert one_line(caught.value), name
        assert name.split("/")[0] in str(caught.value)
        assert check_database(url(tmp_path / name)), name
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("things",)]


def test_a_reader_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is none yet"):
        Store.open(url(tmp_path / "none.db"), readonly=True)
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreVersionError, match="db upgrade"):
        Store.open(url(tmp_path / "empty.db"), readonly=True)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]


def test_a_reader_cannot_write_and_sees_what_the_writer_commits(filled: Path) -> None:
    with Store.open(url(filled)) as writer, Store.open(url(filled), readonly=True) as reader:
        with pytest.raises(StoreError, match="readonly"):
            fill(reader, 1)
        fill(writer, 5)
        assert len(list(reader.articles())) == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_right_to_write(filled: Path) -> None:
    filled.chmod(0o400)
    filled.parent.chmod(0o500)
    try:
        with pytest.raises(StoreError) as caught:
            Store.open(url(filled))
        assert one_line(caught.value)
        with Store.open(url(filled), readonly=True) as reader:
            assert len(list(reader.articles())) == 3
    finally:
        filled.parent.chmod(0o700)


def test_a_newer_schema_is_refused(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for readonly in (False, True):
        with pytest.raises(StoreVersionError, match="newer"):
            Store.open(url(filled), readonly=readonly)
    assert any("9999" in problem for problem in check_database(url(filled)))


def test_the_migrations_lead_to_the_present_schema(filled: Path) -> None:
    with Store.open(url(filled)) as store, store._database.read() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"include_name": _is_ours}), metadata
        )
    assert found == []


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("articles_fts"))


def test_the_list_of_migrations_is_that_of_the_files() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


@pytest.fixture
def newer_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A later version of this program, whose last migration copies a table that others refer to."""
    folder = tmp_path / "store"
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    for path in (MIGRATIONS / "env.py", *MIGRATIONS.glob("versions/*.py")):
        (folder / "migrations" / path.relative_to(MIGRATIONS)).write_text(path.read_text())
    (versions / "9999_later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = '9999'\ndown_revision = '{REVISIONS[-1]}'\nbranch_labels = None\ndepends_on = None\n"
        "def upgrade():\n"
        "    with op.batch_alter_table('sources') as batch:\n"
        "        batch.alter_column('url', nullable=True)\n"
        "        batch.add_column(sa.Column('note', sa.Text))\n"
    )
    monkeypatch.setattr(pipelines.store.database, "__file__", str(folder / "database.py"))
    monkeypatch.setattr(pipelines.store.database, "REVISIONS", (*REVISIONS, "9999"))
    monkeypatch.setattr(pipelines.store.database, "HEAD", "9999")
    return versions


def test_an_older_database_is_brought_up_to_date_with_everything_in_it(
    filled: Path, newer_program: Path
) -> None:
    with pytest.raises(StoreVersionError, match="db upgrade"):
        Store.open(url(filled), readonly=True)
    with Store.open(url(filled)) as store:
        assert store.counts()["targets"] == 4
        assert len(store.search("number")) == 3
        with store._database.read() as connection:
            assert connection.exec_driver_sql("SELECT note FROM sources").all() == [(None,)]
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_migration_that_fails_changes_nothing(filled: Path, newer_program: Path) -> None:
    later = newer_program / "9999_later.py"
    later.write_text(later.read_text() + "    op.execute('SELECT * FROM no_such_table')\n")
    with pytest.raises(StoreError, match="no_such_table"):
        Store.open(url(filled))
    with closing(sqlite3.connect(filled)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (REVISIONS[-1],)
        assert "note" not in [row[1] for row in connection.execute("PRAGMA table_info(sources)")]


def test_two_processes_may_create_it_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pipelines.store import Store; sys.stdin.readline(); Store.open(sys.argv[1]).close()"
    )
    command = [sys.executable, "-c", code, url(tmp_path / "new.db")]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert check_database(url(tmp_path / "new.db")) == []


def test_a_locked_database_is_one_line(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines.store.database, "BUSY_SECONDS", 0.05)
    with (
        Store.open(url(filled)) as store,
        closing(sqlite3.connect(filled, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked") as caught:
            fill(store, 1)
        assert one_line(caught.value)
        assert len(list(store.articles())) == 3
        other.execute("ROLLBACK")
        fill(store, 4)


def test_a_full_disk_is_one_line_and_loses_nothing(filled: Path) -> None:
    with Store.open(url(filled)) as store:

        def limit(connection: sqlite3.Connection, *_: object) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages + 4}")

        sa.event.listen(store._database.engine, "checkout", limit)
        with pytest.raises(StoreError, match="full") as caught:
            fill(store, 400)
        assert one_line(caught.value)
    assert check_database(url(filled)) == []


def test_a_writer_waits_for_another_one(filled: Path) -> None:
    """A transaction that reads first and then writes must not fail when another one wrote in between."""
    with Store.open(url(filled)) as one, Store.open(url(filled)) as two:
        with one._database.write() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM targets")
            # Control: what a deferred transaction would have let happen is refused at once here.
            with (
                closing(sqlite3.connect(filled, timeout=0, isolation_level=None)) as other,
                pytest.raises(sqlite3.OperationalError, match="locked"),
            ):
                other.execute("BEGIN IMMEDIATE")
            connection.exec_driver_sql("UPDATE targets SET failures = 0")
        fill(two, 4)
        assert len(list(one.articles())) == 4


# Maintenance


def corrupt(path: Path, statement: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    return check_database(url(path))


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM visits WHERE article_id = (SELECT min(id) FROM articles)", "without a visit"),
        ("UPDATE visits SET outcome = 'whatever' WHERE id = 1", "without a known outcome"),
        ("DELETE FROM articles_fts WHERE rowid = 1", "search does not know"),
        ("DELETE FROM articles WHERE pk = 1", "search entry without an article"),
        ("UPDATE targets SET source = 'gone'", "refer to nothing"),
        ("UPDATE targets SET due_at = 'soon' WHERE id = 1", "due time that is no time"),
        ("UPDATE targets SET kind = 'odd' WHERE id = 1", "unknown kind"),
        ("UPDATE targets SET failures = 9 WHERE id = 1", "impossible counts"),
        ("UPDATE targets SET last_visited_at = NULL", "never logged"),
        ("UPDATE articles SET revision = 5 WHERE pk = 1", "wrong number of revisions"),
        ("UPDATE visits SET started_at = '2999-01-01 00:00:00.000000'", "before it started"),
        ("INSERT INTO article_urls SELECT url_canonical, id FROM articles", "another address of a second"),
        ("DELETE FROM alembic_version", "schema version missing"),
        ("DROP TABLE visits", "no such table"),
    ],
)
def test_check_names_what_is_wrong(filled: Path, statement: str, problem: str) -> None:
    assert check_database(url(filled)) == []
    assert any(problem in line for line in corrupt(filled, statement))


def test_check_reports_a_damaged_file(filled: Path) -> None:
    whole = filled.read_bytes()
    damaged = 0
    for at in range(0, len(whole), 4096):
        filled.write_bytes(whole[:at] + b"\x5a" * min(2048, len(whole) - at) + whole[at + 2048 :])
        problems = check_database(url(filled))
        assert all("\n" not in line or line.startswith("***") for line in problems)
        damaged += bool(problems)
    assert damaged > len(whole) // 4096 // 2
    filled.write_bytes(whole[: len(whole) // 2])
    assert check_database(url(filled))


def test_backup_is_one_complete_file(filled: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with Store.open(url(filled)) as store, store._database.write() as connection:
        connection.exec_driver_sql("UPDATE sources SET url = 'uncommitted'")
        store.backup(copy)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".", "copy.db-"))]
    assert check_database(url(copy)) == []
    with Store.open(url(copy), readonly=True) as store:
        assert len(store.search("number")) == 3
        assert store.sources()[0].url == "https://n.example/"


def test_backup_never_replaces_a_file(filled: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("precious")
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    with Store.open(url(filled), readonly=True) as store:
        for target in (there, dangling, filled, tmp_path, tmp_path / "no" / "x.db"):
            with pytest.raises(StoreError) as caught:
                store.backup(target)
            assert one_line(caught.value)
    assert there.read_text() == "precious"


SUPPORT = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]


def test_backup_while_another_process_writes(filled: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from test_store_opening import *\n"
        "store = Store.open(sys.argv[1])\n"
        "fill(store, 10); print('go', flush=True)\n"
        "fill(store, 100000)\n"
    )
    command = [sys.executable, "-c", code, url(filled), *SUPPORT]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"go\n"
            counts = []
            for number in range(3):
                copy = tmp_path / f"copy{number}.db"
                with Store.open(url(filled), readonly=True) as store:
                    store.backup(copy)
                assert check_database(url(copy)) == []
                with Store.open(url(copy), readonly=True) as store:
                    counts.append(store.counts()["visits"])
            assert writer.poll() is None
            assert counts[0] < counts[-1]
        finally:
            writer.kill()
    # Killed amid its work: what was committed is whole.
    assert check_database(url(filled)) == []
    with Store.open(url(filled)) as store:
        rows = [store.visits(article.url) for article in store.articles()]
    assert all(row[0].outcome is Outcome.STORED for row in rows)
