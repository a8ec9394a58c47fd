"""The command on a machine in trouble: one clear line, the right exit code, nothing lost, nothing left half done."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from newsserver import Answer, NewsServer, clean_environment, local_news, path_of, wirewatch

from crawler.store_calls import StoreCalls
from pipelines.errors import StoreError
from pipelines.store import Store, check_database

ARTICLES = 12
CONFIG = """
[network]
allow = ["127.0.0.0/8"]
[defaults]
delay = 0.0
[extraction]
workers = 1
[[sources]]
name = "local"
url = "{url}/"
listings = ["{url}/town/"]
"""
DATABASE = "sqlite:///wirewatch.db"


@pytest.fixture
def site() -> Iterator[NewsServer]:
    with local_news(ARTICLES) as site:
        yield site


@pytest.fixture
def home(tmp_path: Path, site: NewsServer) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "wirewatch.toml").write_text(CONFIG.format(url=site.url))
    return home


@pytest.fixture(scope="module")
def once_crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("crawled")
    with local_news(ARTICLES) as site:
        (home / "wirewatch.toml").write_text(CONFIG.format(url=site.url))
        assert_all_stored(home, site)
    return home


@pytest.fixture
def crawled(tmp_path: Path, once_crawled: Path) -> Path:
    """A home with a database of all articles, whose site is gone."""
    return Path(shutil.copytree(once_crawled, tmp_path / "crawled"))


def stored(home: Path) -> set[str]:
    with Store.open(f"sqlite:///{home}/wirewatch.db", readonly=True) as store:
        urls = [article.url_canonical for article in store.articles()]
    assert len(urls) == len(set(urls))
    return set(urls)


def assert_all_stored(home: Path, site: NewsServer) -> None:
    assert wirewatch("--quiet", "crawl", cwd=home).returncode == 0
    assert stored(home) == {site.url + path_of(number) for number in range(ARTICLES)}
    assert check_database(f"sqlite:///{home}/wirewatch.db") == []


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What the command said, without the lines of its log: one line, and no trace."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("wirewatch: ")]
    assert "Traceback" not in done.stderr, done.stderr
    assert len(lines) == 1, done.stderr
    return lines[0]


# --- a disk that is full: a small one of its own, where the system lets us mount one -----------------------


def in_small_disk(folder: Path, size: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a namespace where `folder` is a disk of that size; skips where that is forbidden."""
    mount = f"mount -t tmpfs -o size={size} none '{folder}' || exit 99; cd '{folder}'; {script}"
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    try:
        done = subprocess.run(
            ["unshare", *user, "--mount", "sh", "-c", mount],
            env={**clean_environment(), "RUN": f"{sys.executable} -m crawler"},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode in (1, 99) and "wirewatch" not in done.stderr:
        pytest.skip(f"no disk may be mounted here: {done.stderr}")
    return done


def test_a_disk_that_fills_up_during_a_crawl(tmp_path: Path, home: Path, site: NewsServer) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"cp '{home}/wirewatch.toml' .; $RUN --quiet crawl; echo code=$?; $RUN db check; echo check=$?;"
        f" cp wirewatch.db* '{home}/'"
    )
    done = in_small_disk(disk, "700k", script)
    assert "full" in said(done)
    assert "code=1\n" in done.stdout
    assert "check=0\n" in done.stdout
    assert stored(home) < {site.url + path_of(number) for number in range(ARTICLES)}
    assert_all_stored(home, site)  # with room again: it goes on where it was


def test_control_a_disk_with_room(tmp_path: Path, home: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = in_small_disk(disk, "40m", f"cp '{home}/wirewatch.toml' .; $RUN --quiet crawl; echo code=$?")
    assert "code=0\n" in done.stdout, done.stderr


def test_a_disk_that_is_full_before_a_crawl_begins(tmp_path: Path, crawled: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"cp '{crawled}'/wirewatch.toml '{crawled}'/wirewatch.db .; cat /dev/zero > filling 2>&-;"
        " $RUN --quiet crawl; echo code=$?; $RUN search harbour > /dev/null; echo search=$?; ls -A"
    )
    done = in_small_disk(disk, "3m", script)
    assert "full" in said(done)
    assert done.stdout.startswith("code=1\nsearch=0\n")


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_a_full_disk_under_the_file_that_articles_are_written_to(
    tmp_path: Path, home: Path, site: NewsServer, ending: str
) -> None:
    """The crawl used to wait for ever for the visit whose article could not be written."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = in_small_disk(
        disk, "8k", f"cd '{home}'; $RUN --quiet crawl -o '{disk}/out.{ending}'; echo code=$?; ls '{disk}'"
    )
    assert "No space left" in said(done)
    assert "code=2\n" in done.stdout
    assert f"out.{ending}" not in done.stdout
    assert_all_stored(home, site)


def test_a_backup_that_finds_no_room_leaves_nothing_behind(tmp_path: Path, crawled: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = in_small_disk(
        disk, "100k", f"cd '{crawled}'; $RUN db backup '{disk}/b.db'; echo code=$?; ls -A '{disk}'"
    )
    assert "full" in said(done)
    assert done.stdout == "code=1\n"


# --- a database that cannot be written, or not be read -----------------------------------------------------


def test_a_database_that_another_program_keeps_locked(home: Path, site: NewsServer) -> None:
    """For longer than a writer waits: the run ends, and what it read is read again."""
    assert_all_stored(home, site)
    for number in range(ARTICLES, ARTICLES + 3):
        site.pages[path_of(number)] = site.pages[path_of(number - 1)]
    with closing(sqlite3.connect(home / "wirewatch.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = wirewatch("--quiet", "crawl", cwd=home)
        assert wirewatch("search", "harbour", cwd=home).returncode == 0  # readers wait for nobody
        other.execute("ROLLBACK")
    assert done.returncode == 1
    assert "locked (another program has been writing to it for over 10 s)" in said(done)
    assert_all_stored(home, site)


def test_a_lock_in_the_middle_of_a_run_ends_it_once_and_not_visit_by_visit(
    tmp_path: Path, home: Path
) -> None:
    """Six hosts answer at once while the database is locked: the run must not wait ten seconds for each."""
    held = threading.Event()
    asked = threading.Semaphore(0)
    sites = [local_news(2) for _ in range(6)]
    config = CONFIG.split("[[sources]]")[0]

    def slow(site: NewsServer) -> Answer:
        asked.release()
        held.wait(30)
        return Answer("<html><title>x</title><p>no links</p></html>")

    from contextlib import ExitStack

    with ExitStack() as stack:
        for number, site in enumerate(sites):
            stack.enter_context(site)
            site.pages["/slow/"] = slow
            config += (
                f'[[sources]]\nname = "s{number}"\nurl = "{site.url}/"\nlistings = ["{site.url}/slow/"]\n'
            )
        (home / "wirewatch.toml").write_text(config)
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "--quiet", "crawl"],
            cwd=home, env=clean_environment(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            for _ in sites:
                assert asked.acquire(timeout=30)
            with closing(sqlite3.connect(home / "wirewatch.db", isolation_level=None, timeout=20)) as other:
                other.execute("BEGIN IMMEDIATE")
                held.set()
                _, errors = process.communicate(timeout=25)
    assert process.returncode == 1
    assert errors.count("locked") == 1, errors


@pytest.mark.parametrize(
    "command", [["crawl"], ["search", "harbour"], ["export"], ["db", "backup", "b.db"], ["health"]]
)
def test_a_database_whose_pages_were_overwritten(crawled: Path, command: list[str]) -> None:
    path = crawled / "wirewatch.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x5a" * (len(whole) - 4096))
    done = wirewatch(*command, cwd=crawled)
    assert done.returncode == 1, done.stderr
    assert "wirewatch.db" in said(done)
    assert "damaged" in said(done)
    checked = wirewatch("db", "check", cwd=crawled)
    assert checked.returncode == 1
    assert checked.stdout.strip()


def test_a_database_of_a_newer_version(crawled: Path) -> None:
    with closing(sqlite3.connect(crawled / "wirewatch.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = (crawled / "wirewatch.db").read_bytes()
    for command in (["crawl"], ["search", "harbour"], ["db", "upgrade"]):
        done = wirewatch("--quiet", *command, cwd=crawled)
        assert done.returncode == 1
        assert "written by a newer Wirewatch" in said(done)
    assert (crawled / "wirewatch.db").read_bytes() == before


def test_a_database_that_is_only_to_be_read(tmp_path: Path, crawled: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"cp '{crawled}'/wirewatch.* .; mount -o remount,ro '{disk}' || exit 99; $RUN --quiet crawl; echo code=$?;"
        " $RUN search harbour > /dev/null; echo search=$?; $RUN db check; echo check=$?"
    )
    done = in_small_disk(disk, "20m", script)
    assert "Read-only file system" in said(done)
    assert done.stdout == "code=2\nsearch=0\ncheck=0\n"


# --- two at once, and a stop ---------------------------------------------------------------------------------


def test_a_second_crawl_by_another_name_of_the_database_is_refused(
    tmp_path: Path, home: Path, site: NewsServer
) -> None:
    """By a link: a lock beside the link's name would let both write."""
    (home / "other.db").symlink_to(home / "wirewatch.db")
    asked, go_on = threading.Event(), threading.Event()

    def slow(site: NewsServer) -> Answer:
        asked.set()
        go_on.wait(60)
        return Answer("<p>nothing</p>")

    site.pages["/town/"] = slow
    first = subprocess.Popen(
        [sys.executable, "-m", "crawler", "--quiet", "crawl"],
        cwd=home, env=clean_environment(), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with first:
        assert asked.wait(30)
        for name in ("wirewatch.db", "other.db"):
            done = wirewatch("--database", f"sqlite:///{name}", "--quiet", "crawl", cwd=home)
            assert done.returncode == 75
            assert f"pid {first.pid} " in said(done)
        # The control: a database of its own is nobody's business.
        assert (
            wirewatch("--database", "sqlite:///third.db", "--quiet", "db", "upgrade", cwd=home).returncode
            == 0
        )
        go_on.set()
        assert first.wait(timeout=60) == 0


def test_a_stop_of_all_processes_of_a_service_costs_no_page(home: Path, site: NewsServer) -> None:
    """As a service manager does it: SIGTERM to the workers too. What is in flight ends and is stored."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler", "crawl"],
        cwd=home, env=clean_environment(), stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with process:
        while sum(site.count(path_of(number)) for number in range(ARTICLES)) < 3 and process.poll() is None:
            site.wait_for(len(site.asked) + 1, timeout=1)
        os.killpg(process.pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=70)
    assert process.returncode == 143, errors
    with closing(sqlite3.connect(home / "wirewatch.db")) as connection:
        outcomes = {row[0] for row in connection.execute("SELECT DISTINCT outcome FROM visits")}
    assert "parse_error" not in outcomes
    assert_all_stored(home, site)


def test_a_backup_while_crawling_is_whole_and_a_restore_goes_on(home: Path, site: NewsServer) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler", "--quiet", "crawl"],
        cwd=home, env=clean_environment(), stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        while sum(site.count(path_of(number)) for number in range(ARTICLES)) < 4 and process.poll() is None:
            site.wait_for(len(site.asked) + 1, timeout=1)
        done = wirewatch("db", "backup", "saved.db", cwd=home)
    finally:
        process.kill()
        process.wait()
    assert done.returncode == 0, done.stderr
    assert check_database(f"sqlite:///{home}/saved.db") == []
    for path in home.glob("wirewatch.db*"):
        path.unlink()
    (home / "saved.db").rename(home / "wirewatch.db")
    assert_all_stored(home, site)


BROKEN = """
import sys
import crawler.app
from crawler.cli import main

def planned(visit, rules):
    raise OverflowError("date value out of range")

crawler.app.planned = planned
sys.argv = ["wirewatch", "--quiet", "crawl"]
main()
"""


def test_an_error_of_our_own_while_a_visit_is_stored_ends_the_run_and_does_not_hang_it(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN],
        cwd=home, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "date value out of range" in said(done)
    assert check_database(f"sqlite:///{home}/wirewatch.db") == []


def test_after_its_first_error_the_store_is_not_asked_again() -> None:
    calls = []

    def locked() -> None:
        calls.append(1)
        raise StoreError("locked")

    once, plain = StoreCalls(), lambda function: function()
    for call, expected in ((once, 1), (plain, 3)):  # the second is the control
        calls.clear()
        for _ in range(3):
            with pytest.raises(StoreError, match="locked"):
                call(locked)
        assert len(calls) == expected
