"""The store's account of what publishers did to their articles, beside the ledger of those who did it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from editedweb import SCHEDULE, STEPS, EditedWeb, Entry
from newsserver import wirewatch

pytestmark = pytest.mark.slow


def configure(folder: Path, web: EditedWeb) -> None:
    config = (
        '[network]\nallow = ["127.0.0.0/8"]\n[defaults]\ndelay = 0.0\n[crawl]\nreread = ["1h", "2h", "3h"]\n'
    )
    for name, server in web.servers.items():
        config += f'[[sources]]\nname = "{name}"\nurl = "{server.url}/"\nfeeds = ["{server.url}/feed/"]\n'
        config += "sitemaps = []\nlistings = []\n"
    (folder / "wirewatch.toml").write_text(config)


def make_all_due(folder: Path) -> None:
    """An hour or a week has passed."""
    with sqlite3.connect(folder / "wirewatch.db") as connection:
        connection.execute("UPDATE targets SET due_at = '2026-01-01 00:00:00' WHERE kind = 'article'")
    connection.close()


def read_lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, EditedWeb, list[datetime]]]:
    """The folder of a crawl that read every article after every step, and when each reading ended."""
    folder = tmp_path_factory.mktemp("lived")
    ends: list[datetime] = []
    with EditedWeb() as web:
        configure(folder, web)
        for step in range(STEPS + 1):
            if step:
                make_all_due(folder)
            if 0 < step < STEPS:
                web.turn()
            crawl = wirewatch("crawl", "--due", cwd=folder)
            assert crawl.returncode == 0, crawl.stderr
            ends.append(datetime.now(UTC))
        yield folder, web, ends


def test_the_account_matches_the_ledger_entry_by_entry(
    lived: tuple[Path, EditedWeb, list[datetime]],
) -> None:
    folder, web, ends = lived
    rows = read_lines(wirewatch("changes", "--since", "1d", "--json", cwd=folder).stdout)
    stories = {web.address(outlet, story): (outlet, story) for outlet, story in web.stories}
    account = [
        Entry(sum(end < datetime.fromisoformat(row["at"]) for end in ends), *stories[row["url"]], row["kind"])
        for row in rows
    ]
    assert sorted(account) == sorted(web.ledger())
    for act in SCHEDULE:
        shown = [
            row
            for row, entry in zip(rows, account, strict=True)
            if (entry.step, entry.story) == (act.step, act.story) and entry.kind == act.kinds[0]
        ]
        assert act.before in (shown[0]["before"] or "")
        assert act.after in (shown[0]["after"] or "")


def test_what_is_withdrawn_keeps_its_text_and_says_since_when(
    lived: tuple[Path, EditedWeb, list[datetime]],
) -> None:
    folder, web, ends = lived
    withdrawn = {}
    for _, story in web.stories:
        (record,) = read_lines(wirewatch("show", web.address("courier", story), "--json", cwd=folder).stdout)
        assert record["text"]
        if record["withdrawn_at"]:
            at = datetime.fromisoformat(record["withdrawn_at"])
            withdrawn[story] = sum(end < at for end in ends)
    assert withdrawn == {"home": 1, "gone": 2, "quotes": 3}


def test_revisions_and_diff(lived: tuple[Path, EditedWeb, list[datetime]]) -> None:
    folder, web, _ = lived
    address = web.address("courier", "figures")
    table = wirewatch("show", address, "--revisions", cwd=folder).stdout
    assert [line.split()[0] for line in table.splitlines()[1:]] == ["1", "2", "3"]
    assert table.count("figures") == 2
    diff = wirewatch("show", address, "--diff", "1..3", cwd=folder).stdout
    assert "At least [-12-]{+15+} people were hurt" in diff
    assert "4 paragraphs unchanged" in diff
    clock = wirewatch("show", web.address("courier", "clock"), "--json", cwd=folder).stdout
    assert json.loads(clock)["revision"] == 1
