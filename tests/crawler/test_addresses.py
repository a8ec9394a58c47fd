"""One article, one row, all its addresses kept: each way that a site has to give a story several addresses."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from manyaddresses import WAYS, Way, turn
from newsserver import NewsServer, wirewatch

from crawler.cli.context import Context
from crawler.cli.read import show

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder of two crawls, between which the site changed, and the site's address."""
    folder = tmp_path_factory.mktemp("addresses")
    with NewsServer() as site:
        config = f'[network]\nallow = ["127.0.0.0/8"]\n[defaults]\ndelay = 0.0\n[[sources]]\nname = "local"\nurl = "{site.url}/"\n'
        config += f'feeds = ["{site.url}/feed/"]\nsitemaps = []\nlistings = []\n'
        (folder / "wirewatch.toml").write_text(config)
        for number in (0, 1):
            turn(site, number)
            crawl = wirewatch("crawl", cwd=folder, timeout=300)
            print(crawl.stderr)
            assert crawl.returncode == 0, crawl.stderr
        make_all_due(folder)
        crawl = wirewatch("crawl", "--due", cwd=folder, timeout=300)
        print(crawl.stderr)
        assert crawl.returncode == 0, crawl.stderr
        yield folder, site.url


def make_all_due(folder: Path) -> None:
    with sqlite3.connect(folder / "wirewatch.db") as connection:
        connection.execute("UPDATE targets SET due_at = '2026-01-01 00:00:00' WHERE due_at IS NOT NULL")
    connection.close()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_one_article_one_row_all_its_addresses(crawled: tuple[Path, str], way: Way) -> None:
    folder, base = crawled
    with sqlite3.connect(folder / "wirewatch.db") as connection:
        rows = dict(connection.execute("SELECT url_canonical, id FROM articles").fetchall())
        others = Counter(connection.execute("SELECT article_id, url FROM article_urls").fetchall())
    connection.close()
    mine = {path for now in way.rounds for path in (*now.pages, *way.articles)}
    found = {url for url in rows if url.removeprefix(base) in mine}
    assert found == {base + path for path in way.articles}
    for path, addresses in way.articles.items():
        key = rows[base + path]
        assert {url for at, url in others if at == key} == {base + address for address in addresses}
        spellings = way.spelled if len(way.articles) == 1 else ()
        for address in (path, *addresses, *spellings):
            assert shown(folder, base + address) == key
            assert shown(folder, (base + address).replace("http://", "HTTP://") + "#top") == key


def shown(folder: Path, address: str) -> str:
    database = Context(database_option=f"sqlite:///{folder}/wirewatch.db")
    result = CliRunner().invoke(show, [address, "--json"], obj=database)
    return str(json.loads(result.stdout)["id"]) if result.exit_code == 0 else f"{result.exception}"


def test_no_article_takes_the_place_of_another(crawled: tuple[Path, str]) -> None:
    folder, base = crawled
    with sqlite3.connect(folder / "wirewatch.db") as connection:
        query = "SELECT url_canonical, kind FROM changes JOIN articles ON articles.id = article_id"
        changes = Counter((url.removeprefix(base), kind) for url, kind in connection.execute(query))
        (withdrawn,) = connection.execute("SELECT count(withdrawn_at) FROM articles").fetchone()
    connection.close()
    renamed = {path for way in WAYS if way.edited for path in way.articles}
    assert {path for path, kind in changes if kind == "headline"} == renamed
    assert {path for path, kind in changes if kind == "moved"} >= renamed
    assert not withdrawn
