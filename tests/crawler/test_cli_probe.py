"""`wirewatch probe` on the sample site: everything found, nothing stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from newsserver import wirewatch

from crawler.config import read_config
from crawler.demo.server import DemoServer


@pytest.fixture(scope="module")
def site():
    with DemoServer() as server:
        yield server


def probe(site: DemoServer, key: str, folder: Path) -> dict[str, object]:
    (folder / "wirewatch.toml").write_text("[network]\nallow = ['127.0.0.0/8']\n[defaults]\ndelay = 0\n")
    done = wirewatch("probe", "--json", site.urls[key], cwd=folder)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["wirewatch.toml"]
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_feeds_sitemaps_sections_samples_and_a_block_to_paste(site: DemoServer, tmp_path: Path) -> None:
    home = site.urls["talbote"]
    found = probe(site, "talbote", tmp_path)
    assert found["feeds"] == [f"{home}feed/atom/"]
    assert found["sitemaps"] == [f"{home}news-sitemap.xml.gz"]
    assert {f"{home}{name}/" for name in ("politik", "wirtschaft", "kultur", "klima")} <= set(
        found["listings"]
    )
    assert found["language"] == "de"
    assert found["robots"] == {"allowed": True, "reason": None, "crawl_delay": None}
    titles = {story.title for story in site.stories("talbote")}
    assert len(found["samples"]) == 3
    assert {sample["title"] for sample in found["samples"]} <= titles
    (source,) = read_config(found["config"], name="pasted", env={}).sources
    assert source.url == home


def test_a_site_without_a_feed(site: DemoServer, tmp_path: Path) -> None:
    found = probe(site, "binjiang-daily", tmp_path)
    assert found["feeds"] == []
    assert found["sitemaps"]
    assert found["listings"]
    assert found["samples"]


def test_for_people_it_is_one_page_of_text(site: DemoServer, tmp_path: Path) -> None:
    (tmp_path / "wirewatch.toml").write_text("[network]\nallow = ['127.0.0.0/8']\n[defaults]\ndelay = 0\n")
    done = wirewatch("probe", site.urls["harbour-courier"], cwd=tmp_path)
    assert done.returncode == 0
    assert "[[sources]]" in done.stdout
    assert "The Harbour Courier" in done.stdout
