"""The store's account of what publishers did to their articles, and of who copied whom, beside the ledger of those
who did it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from editedweb import COURIER, HERALD, SCHEDULE, STEPS, STORIES, EditedWeb, Entry
from newsserver import wirewatch

from crawler.cli.context import Context
from crawler.cli.read import export, show

pytestmark = pytest.mark.slow


Record = dict[str, Any]


@dataclass
class Lived:
    """A crawl that read every article after every step: its folder, when each reading ended, and what the store
    held then, by address."""

    folder: Path
    web: EditedWeb
    ends: list[datetime] = field(default_factory=list)
    states: list[dict[str, Record]] = field(default_factory=list)

    def step(self, at: str) -> int:
        """That in which this was noted."""
        return sum(end < datetime.fromisoformat(at) for end in self.ends)

    def read(self, command: click.Command, *words: str) -> list[Record]:
        database = Context(database_option=f"sqlite:///{self.folder}/wirewatch.db")
        result = CliRunner().invoke(command, words, obj=database)
        assert result.exit_code == 0, result.output
        return read_lines(result.stdout)


def configure(folder: Path, web: EditedWeb) -> None:
    config = (
        '[network]\nallow = ["127.0.0.0/8"]\n[defaults]\ndelay = 0.0\n[crawl]\nreread = ["1h", "2h", "3h"]\n'
        # Half of a short crawl is the start of its workers.
        "[extraction]\nworkers = 1\n"
    )
    for name, server in web.servers.items():
        config += f'[[sources]]\nname = "{name}"\nurl = "{server.url}/"\nfeeds = ["{server.url}/feed/"]\n'
        config += "sitemaps = []\nlistings = []\n"
    (folder / "wirewatch.toml").write_text(config)


def make_all_due(folder: Path) -> None:
    """An hour or a week has passed."""
    with sqlite3.connect(folder / "wirewatch.db") as connection:
        connection.execute("UPDATE targets SET due_at = '2026-01-01 00:00:00'")
    connection.close()


def read_lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with EditedWeb() as web:
        lived = Lived(tmp_path_factory.mktemp("lived"), web)
        configure(lived.folder, web)
        for step in range(STEPS + 1):
            if step:
                make_all_due(lived.folder)
            if 0 < step < STEPS:
                web.turn()
            crawl = wirewatch("crawl", "--due", cwd=lived.folder)
            assert crawl.returncode == 0, crawl.stderr
            lived.ends.append(datetime.now(UTC))
            lived.states.append({record["url_canonical"]: record for record in lived.read(export)})
        yield lived


def test_the_account_matches_the_ledger_entry_by_entry(lived: Lived) -> None:
    rows = read_lines(wirewatch("changes", "--since", "1d", "--json", cwd=lived.folder).stdout)
    stories = {lived.web.address(outlet, story): (outlet, story) for outlet, story in lived.web.stories}
    account = [Entry(lived.step(row["at"]), *stories[row["url"]], row["kind"]) for row in rows]
    assert sorted(set(account)) == sorted(lived.web.ledger())
    assert {entry.story for entry, places in Counter(account).items() if places > 1} == {"rewritten"}
    for act in (act for act in SCHEDULE if act.kinds):
        noted = Entry(act.step, act.outlet, act.story, act.kinds[0])
        shown = rows[account.index(noted)]
        assert act.before in (shown["before"] or "")
        assert act.after in (shown["after"] or "")


@pytest.mark.parametrize("step", range(STEPS + 1))
def test_what_is_a_copy_of_what_matches_the_ledger_after_each_step(lived: Lived, step: int) -> None:
    web, state = lived.web, lived.states[step]
    standing = web.standing(step)
    firsts = {entry.of for entry in standing.values()}
    published = {key for key in web.stories if web.address(*key) in state}
    assert {story for outlet, story in published if outlet == COURIER} == set(STORIES)
    assert {story for outlet, story in published if outlet == HERALD} == {*standing, "own"}
    for outlet, story in published:
        record = state[web.address(outlet, story)]
        entry = standing.get(story) if outlet == HERALD else None
        first = entry.of if entry else story if outlet == COURIER and story in firsts else None
        key = state[web.address(COURIER, first)]["id"] if first else None
        of = key if entry else None
        agency = entry.agency if entry else None
        assert (record["cluster_id"], record["copy_of"], record["agency"]) == (key, of, agency), (
            outlet,
            story,
        )


def test_copies_side_by_side(lived: Lived) -> None:
    web = lived.web
    standing = web.standing(STEPS)
    for outlet, story in web.stories:
        shown = lived.read(show, web.address(outlet, story), "--copies", "--json")
        entry = standing.get(story) if outlet == HERALD else None
        first = story if outlet == COURIER else entry.of if entry else None
        copies = {name for name, other in standing.items() if first and other.of == first}
        expected = {(COURIER, first), *((HERALD, name) for name in copies)} if first else {(outlet, story)}
        ids = {lived.states[-1][web.address(*key)]["id"] for key in expected}
        assert {record["id"] for record in shown} == ids
        assert (shown[0]["first"], shown[0]["copy_of"], shown[0]["kept"]) == (True, None, 1.0)
        for record in shown[1:]:
            assert record["copy_of"] == shown[0]["id"]
            assert record["kept"] > 0.5


def test_how_much_a_copy_kept_and_added(lived: Lived) -> None:
    def copy(of: str, number: int = 1) -> Record:
        return lived.read(show, lived.web.address(COURIER, of), "--copies", "--json")[number]

    first = copy("still")
    assert (first["kept"], first["added"], first["other_headline"]) == (1.0, 0.0, True)
    assert 0.5 < copy("headline")["kept"] < 0.8
    assert copy("headline")["other_headline"] is False
    assert copy("added")["kept"] < 1.0  # the first one was edited afterwards
    assert copy("clock")["agency"] == "dpa"


def test_what_is_withdrawn_keeps_its_text_and_says_since_when(lived: Lived) -> None:
    withdrawn = {}
    for outlet, story in lived.web.stories:
        record = lived.states[-1][lived.web.address(outlet, story)]
        assert record["text"]
        if record["withdrawn_at"]:
            withdrawn[outlet, story] = lived.step(record["withdrawn_at"])
    assert withdrawn == {(COURIER, "home"): 1, (COURIER, "gone"): 2, (COURIER, "quotes"): 3}


def test_revisions_and_diff(lived: Lived) -> None:
    address = lived.web.address(COURIER, "figures")
    table = wirewatch("show", address, "--revisions", cwd=lived.folder).stdout
    assert [line.split()[0] for line in table.splitlines()[1:]] == ["1", "2", "3"]
    assert table.count("figures") == 2
    diff = wirewatch("show", address, "--diff", "1..3", cwd=lived.folder).stdout
    assert "At least [-12-]{+15+} people were hurt" in diff
    assert "4 paragraphs unchanged" in diff
    assert lived.states[-1][lived.web.address(COURIER, "clock")]["revision"] == 1
