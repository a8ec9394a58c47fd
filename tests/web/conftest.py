"""One browser for the tests of a module and one desk on three days of news, in each process that runs some."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browsing import chromium, chromium_path
from deskserver import copied, serving, sources_config
from playwright.sync_api import Browser
from sampledays import three_days

from pipelines.store import Store


@dataclass(frozen=True)
class Served:
    """A desk: its address, and the folder with its database and config."""

    url: str
    folder: Path

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'wirewatch.db'}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright's loop would be in the way of asyncio.run in other modules' tests: not for the whole session.
    if chromium_path() is None:
        missing = "no chromium on the path: apt-get install chromium, or .ci/browser"
        if os.environ.get("WIREWATCH_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The desk after three days on the sample sites. Tests leave it as it is."""
    folder = tmp_path_factory.mktemp("desk")
    database = copied(three_days(tmp_path_factory), folder)
    with serving(folder, config=sources_config(database)) as url:
        yield Served(url, folder)


@pytest.fixture(scope="session")
def store(desk: Served) -> Iterator[Store]:
    with Store.open(desk.database, readonly=True) as opened:
        yield opened
