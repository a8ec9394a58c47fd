"""Lines learned per site, by the commands: during a crawl, at its end, by hand, and in the service."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import connect

import pytest
from newsserver import clean_environment, wirewatch
from promosite import ARTICLES, TONGUES, VERSIONS, page_of, paragraphs_of, path_to, promo_site

from crawler.learning import Learning
from crawler.sources import Source
from pipelines.extract import read_article
from pipelines.items import Page
from pipelines.store import Store

CONFIG = (
    '[network]\nallow = ["127.0.0.0/8"]\n[defaults]\ndelay = 0.0\n[extraction]\nworkers = 1\n'
    '[crawl]\nlearn = "1s"\n[[sources]]\nname = "coast"\nurl = "{url}/"\nfeeds = ["{url}/feed/"]\n'
)
FIGURES = ("updated", "unchanged", "stored")


def configure(folder: Path, url: str, extra: str = "") -> None:
    (folder / "wirewatch.toml").write_text(CONFIG.format(url=url) + extra)


def figures(stderr: str) -> dict[str, float]:
    pairs = (pair.partition("=") for pair in stderr.splitlines()[-1].split())
    return {word: float(count) for word, _, count in pairs}


def texts(folder: Path) -> dict[str, list[str]]:
    """Path -> lines of the articles as they are now."""
    with closing(connect(folder / "wirewatch.db")) as connection:
        rows = connection.execute("SELECT url_canonical, text FROM articles").fetchall()
    return {"/" + url.split("/", 3)[3]: text.split("\n\n") for url, text in rows}


def first_texts(folder: Path) -> list[list[str]]:
    """The lines of each article as it was first stored, in the order they were stored."""
    query = (
        "SELECT coalesce(r.text, a.text) FROM visits v JOIN articles a ON a.id = v.article_id "
        "LEFT JOIN revisions r ON r.id = a.id AND r.revision = 1 WHERE v.outcome = 'stored' ORDER BY v.id"
    )
    with closing(connect(folder / "wirewatch.db")) as connection:
        return [text.split("\n\n") for (text,) in connection.execute(query)]


@pytest.mark.parametrize("tongue", TONGUES)
def test_control_nothing_else_knows_these_promos(tongue: str) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    url = f"https://coast.example{path_to(0)}"
    page = Page(
        url=url, final_url=url, status=200, headers={}, body=page_of(tongue, 0).encode(), fetched_at=now
    )
    reading = read_article(page, source="coast")
    assert reading.article is not None
    lines = reading.article.text.split("\n\n")
    assert set(lines) == {*paragraphs_of(tongue, 0), *TONGUES[tongue].promos}
    assert not reading.cuts


@pytest.mark.parametrize("tongue", TONGUES)
def test_five_kinds_of_promo_are_gone_after_the_fifth_article(tongue: str, tmp_path: Path) -> None:
    promos = set(TONGUES[tongue].promos)
    with promo_site(tongue) as site:
        configure(tmp_path, site.url)
        done = wirewatch("crawl", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert figures(done.stderr)["stored"] == ARTICLES
        assert "articles cleaned" in done.stderr
        first = first_texts(tmp_path)
        assert sum(bool(promos & set(lines)) for lines in first[:5]) >= 3  # control: they were there
        assert not any(promos & set(lines) for lines in first[5:])
        wanted = {path_to(number): paragraphs_of(tongue, number) for number in range(ARTICLES)}
        assert texts(tmp_path) == wanted
        # Nothing is left to do, and the pages, read again, say what they said.
        again = wirewatch("learn", cwd=tmp_path)
        assert again.returncode == 0, again.stderr
        assert (figures(again.stderr)["rules"], figures(again.stderr)["cleaned"]) == (6, 0)
        urls = [f"{site.url}{path_to(number)}" for number in (0, 1, 2, *VERSIONS, 29)]
        read = figures(wirewatch("crawl", *urls, cwd=tmp_path).stderr)
        assert [read[name] for name in FIGURES] == [0, len(urls), 0]
        assert texts(tmp_path) == wanted
    assert wirewatch("db", "check", cwd=tmp_path).returncode == 0


def test_what_was_learned_is_shown_and_can_be_overruled(tmp_path: Path) -> None:
    label, deck, sentence, pitch, app, disclaimer = TONGUES["sw"].promos
    own = paragraphs_of("sw", 2)
    with promo_site("sw", count=12) as site:
        configure(tmp_path, site.url, f"keep_lines = ['{app.upper()}']\ndrop_lines = ['{own[1]}']\n")
        assert wirewatch("crawl", cwd=tmp_path).returncode == 0
        lines = texts(tmp_path)[path_to(2)]
        assert app in lines
        assert own[1] not in lines
        rules = json.loads(wirewatch("sources", "rules", "coast", "--json", cwd=tmp_path).stdout)
        states = {rule["sample"]: rule["state"] for rule in rules}
        assert states == {
            **dict.fromkeys((label, deck, sentence, pitch, disclaimer), "learned"),
            app: "forbidden",
            own[1]: "pinned",
        }
        assert {(rule["articles"], rule["of"]) for rule in rules if rule["state"] == "learned"} == {(10, 12)}
        table = wirewatch("sources", "rules", "coast", cwd=tmp_path).stdout
        assert "10/12" in table
        assert "83%" in table
        # Overruled once more, the other way round.
        configure(tmp_path, site.url, f"keep_lines = ['{sentence}']\n")
        done = wirewatch("learn", "coast", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        lines = texts(tmp_path)[path_to(2)]
        assert app not in lines
        # Cleaned of it after it was stored, an article gets it back.
        assert sum(sentence in lines for lines in texts(tmp_path).values()) >= 3
        assert figures(wirewatch("learn", cwd=tmp_path).stderr)["cleaned"] == 0
        shown = json.loads(wirewatch("show", f"{site.url}{path_to(0)}", "--json", cwd=tmp_path).stdout)
        assert shown["revised_by"] == "cleaning"
        plain = wirewatch("show", f"{site.url}{path_to(0)}", cwd=tmp_path).stdout
        assert f"revision {shown['revision']} by cleaning" in plain


def test_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "wirewatch.toml").write_text(CONFIG.format(url="http://127.0.0.1:9"))
    assert wirewatch("learn", cwd=tmp_path).returncode == 1
    assert not (tmp_path / "wirewatch.db").exists()
    Store.open(f"sqlite:///{tmp_path}/wirewatch.db").close()
    unknown = wirewatch("learn", "coats", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "did you mean coast" in unknown.stderr
    assert wirewatch("sources", "rules", "other", cwd=tmp_path).returncode == 2
    nothing = wirewatch("sources", "rules", "coast", "--json", cwd=tmp_path)
    assert (nothing.returncode, nothing.stdout) == (0, "[]\n")
    done = wirewatch("--log-format", "json", "learn", "coast", cwd=tmp_path)
    assert json.loads(done.stderr)["summary"]["sites"] == 0


def test_stopped_at_any_step_it_goes_on_where_it_was(tmp_path: Path) -> None:
    with promo_site("fi", count=12) as site:
        configure(tmp_path, site.url)
        assert wirewatch("crawl", "--limit", "8", cwd=tmp_path).returncode == 0
    promo = TONGUES["fi"].promos[0]
    source = Source(name="coast", url="http://127.0.0.1/", keep_lines=(promo,))
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with Store.open(f"sqlite:///{tmp_path}/wirewatch.db") as store:
        for steps in range(5):
            learning = Learning(store, sources=[source], clock=lambda: now)
            for count, _ in enumerate(learning.steps()):
                if count == steps:
                    break
            assert store.check() == []
        left = [article for article in store.articles() if promo in article.text]
        assert left
        assert all(article.revised_by == "cleaning" for article in left)
        assert learning.figures()["cleaned"] == 0


def test_the_service_cleans_what_it_stored(tmp_path: Path) -> None:
    promos = set(TONGUES["ka"].promos)
    with promo_site("ka", count=9) as site:
        configure(tmp_path, site.url)
        command = [sys.executable, "-m", "crawler", "--log-format", "json", "run"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stderr is not None
                found = any("articles cleaned" in line for line in iter(process.stderr.readline, ""))
                process.send_signal(signal.SIGTERM)
                process.stderr.read()
                process.wait(timeout=30)
            finally:
                process.kill()
        assert found
        assert process.returncode == 143
        assert not any(promos & set(lines) for lines in texts(tmp_path).values())
