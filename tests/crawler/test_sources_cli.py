"""`wirewatch sources ...` by its commands, on a site that the test serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from newsserver import Answer, NewsServer, wirewatch

FEED = """<rss version="2.0"><channel><title>Courier</title>
<item><title>A long enough headline</title><link>{0}/2026/11/24/a-long-enough-headline-1001.html</link></item>
</channel></rss>"""
NEWS_SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{0}/2026/11/24/second-story-1002.html</loc>
<news:news><news:publication><news:name>C</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-11-24</news:publication_date><news:title>Second</news:title></news:news></url></urlset>"""
HOME = """<html lang="en"><head><title>Courier</title>
<link rel="alternate" type="application/rss+xml" href="/rss.xml"></head><body>
<nav><a href="/politics/">Politics</a> <a href="/sport/">Sport</a></nav><main>
<h2><a href="/2026/11/24/a-long-enough-headline-1001.html">A long enough headline about the harbour</a></h2>
</main></body></html>"""


@pytest.fixture
def site():
    pages = {
        "/": HOME,
        "/rss.xml": lambda server: Answer(FEED.format(server.url), type="application/rss+xml"),
        "/news.xml": lambda server: Answer(NEWS_SITEMAP.format(server.url), type="text/xml"),
        "/robots.txt": lambda server: Answer(
            f"User-agent: *\nAllow: /\nSitemap: {server.url}/news.xml\n", type="text/plain"
        ),
    }
    with NewsServer(pages) as server:
        yield server


def test_add_finds_feed_and_news_sitemap_and_keeps_comments(site, tmp_path: Path) -> None:
    config = tmp_path / "wirewatch.toml"
    before = "# mine\n[network]\nallow = ['127.0.0.0/8']  # loopback\n[defaults]\ndelay = 0\n# end\n"
    config.write_text(before)
    done = wirewatch("sources", "add", f"{site.url}/", "--name", "courier", "--tag", "local", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = config.read_text()
    assert text.startswith(before)
    assert f"{site.url}/rss.xml" in text
    assert f"{site.url}/news.xml" in text
    listed = json.loads(wirewatch("sources", "list", "--json", cwd=tmp_path).stdout)
    assert [source["name"] for source in listed] == ["courier"]
    assert listed[0]["tags"] == ["local"]
    again = wirewatch("sources", "add", f"{site.url}/", cwd=tmp_path)
    assert again.returncode == 2
    assert "is there already" in again.stderr
    tested = wirewatch("sources", "test", "--json", cwd=tmp_path)
    kinds = {check["kind"]: check["ok"] for check in json.loads(tested.stdout)}
    assert kinds["feed"]
    assert kinds["sitemap"]


def test_test_names_what_does_not_answer(site, tmp_path: Path) -> None:
    (tmp_path / "wirewatch.toml").write_text(
        f"[network]\nallow = ['127.0.0.0/8']\n[defaults]\ndelay = 0\n"
        f"[[sources]]\nname = 'good'\nurl = '{site.url}/'\nfeeds = ['{site.url}/rss.xml']\n"
        f"[[sources]]\nname = 'bad'\nurl = '{site.url}/x/'\nfeeds = ['{site.url}/none.xml']\n"
    )
    done = wirewatch("sources", "test", cwd=tmp_path)
    assert done.returncode == 3
    assert "none.xml" in done.stdout
    assert wirewatch("sources", "test", "bad", cwd=tmp_path).returncode == 4
    assert wirewatch("sources", "test", "good", cwd=tmp_path).returncode == 0


def test_an_unreachable_site_writes_nothing(tmp_path: Path) -> None:
    done = wirewatch("--allow-network", "127.0.0.0/8", "sources", "add", "http://127.0.0.1:1/", cwd=tmp_path)
    assert done.returncode == 3
    assert "127.0.0.1:1" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
    assert not (tmp_path / "wirewatch.toml").exists()


def test_remove_names_the_nearest(tmp_path: Path) -> None:
    config = tmp_path / "wirewatch.toml"
    config.write_text(
        "# top\n[[sources]]\nname = 'courier'\nurl = 'https://courier.example/'\n"
        "# about the next\n[[sources]]\nname = 'bote'\nurl = 'https://bote.example/'\n"
    )
    done = wirewatch("sources", "remove", "courrier", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean courier?" in done.stderr
    assert wirewatch("sources", "remove", "courier", cwd=tmp_path).returncode == 0
    text = config.read_text()
    assert "courier" not in text
    assert "# about the next" in text
    assert "bote" in text


def test_import_and_export_come_round(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text(
        "url,name,feeds,language,tags\nhttps://a.example/,alpha,https://a.example/rss,de,x;y\n"
        "https://b.example/,beta,,en,\nnot a url,,,,\n"
    )
    done = wirewatch("sources", "import", "sites.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "sites.csv:4" in done.stderr
    assert "added 2" in done.stderr
    again = wirewatch("sources", "import", "sites.csv", cwd=tmp_path)
    assert "added 0" in again.stderr
    assert wirewatch("sources", "export", "-o", "out.opml", cwd=tmp_path).returncode == 0
    (tmp_path / "wirewatch.toml").unlink()
    dry = wirewatch("sources", "import", "--dry-run", "out.opml", cwd=tmp_path)
    assert "would add 2" in dry.stderr
    assert not (tmp_path / "wirewatch.toml").exists()
    wirewatch("sources", "import", "out.opml", cwd=tmp_path)
    listed = json.loads(wirewatch("sources", "list", "--json", cwd=tmp_path).stdout)
    assert {source["url"] for source in listed} == {"https://a.example/", "https://b.example/"}
    assert next(source for source in listed if source["name"] == "alpha")["feeds"] == [
        "https://a.example/rss"
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.txt", "", "nothing in it"),
        ("broken.opml", "<opml><body><outline", "line 1"),
        (
            "bomb.opml",
            '<!DOCTYPE o [<!ENTITY a "aa">]><opml><body><outline text="&a;"/></body></opml>',
            "entities",
        ),
    ],
)
def test_useless_lists_are_one_line(tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content)
    done = wirewatch("sources", "import", name, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
