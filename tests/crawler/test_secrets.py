"""Names and passwords in addresses: refused, and shown nowhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from door import look
from newsserver import Answer, NewsServer, article, clean_environment, local_news, path_of, rss, wirewatch

ALLOW = '[network]\nallow = ["127.0.0.0/8"]\n'
SECRET = "hush-hush-1234"


def test_names_and_passwords_are_never_shown(tmp_path: Path) -> None:
    with local_news(4) as site:
        with_secret = site.url.replace("//", f"//ada:{SECRET}@")
        site.pages["/feed/"] = lambda site: rss(site.url, range(2))
        items = f"<item><title>x</title><link>{with_secret}/2026/11/a-story-with-a-secret</link></item>"
        feed = str(rss(site.url, range(2)).body).replace("</channel>", items + "</channel>")
        site.pages["/feed/"] = Answer(feed, type="application/rss+xml")
        site.pages[path_of(0)] = Answer(status=302, headers={"Location": f"{with_secret}/x"})
        site.pages[path_of(1)] = article(
            1, head=f'<meta property="og:image" content="{with_secret}/a.jpg">'
            f'<link rel="canonical" href="{with_secret}/canonical-of-the-story">'
        )  # fmt: skip
        config = f'[defaults]\ndelay = 0.0\n[[sources]]\nname = "a"\nurl = "{site.url}/"\nfeeds = ["{site.url}/feed/"]\n'
        (tmp_path / "wirewatch.toml").write_text(config)
        runs = [
            wirewatch("-vv", "crawl", cwd=tmp_path),
            wirewatch("-vv", "--log-format", "json", "crawl", f"{with_secret}/", cwd=tmp_path),
            wirewatch("-v", "crawl", f"{with_secret}/", cwd=tmp_path),
            wirewatch("probe", f"{with_secret}/", cwd=tmp_path),
            wirewatch("sources", "add", f"{with_secret}/", cwd=tmp_path),
            wirewatch("extract", f"{with_secret}/", cwd=tmp_path),
            wirewatch("show", f"{with_secret}/", cwd=tmp_path),
            wirewatch("--database", f"postgresql://ada:{SECRET}@127.0.0.1:1/x", "search", "x", cwd=tmp_path),
            wirewatch("export", cwd=tmp_path),
        ]
        assert "stored=1" in runs[0].stderr, runs[0].stderr[-2000:]
        assert "user information" in runs[0].stderr
        (tmp_path / "wirewatch.toml").write_text(config.replace(site.url, with_secret))
        runs.append(wirewatch("crawl", cwd=tmp_path))
        (tmp_path / "wirewatch.toml").unlink()
        for run in runs:
            assert SECRET not in run.stdout + run.stderr, run.args
        assert not any(SECRET in asked.path for asked in site.asked)
        for file in tmp_path.iterdir():
            assert SECRET.encode() not in file.read_bytes(), file


def test_control_scrapy_by_itself_shows_them() -> None:
    """The same redirect, and the log as Scrapy writes it."""
    with NewsServer() as site:
        site.pages["/"] = Answer(status=302, headers={"Location": f"http://ada:{SECRET}@127.0.0.1:1/"})
        code = (
            "import logging, sys; sys.argv = sys.argv[1:]; from crawler import logs; "
            "logs.NoSecrets.filter = lambda self, record: True; import door, json; "
            "door.main(json.loads(sys.argv[0]))"
        )
        task = {"urls": [f"{site.url}/"], "names": {}, "config": ALLOW, "guarded": True}
        done = subprocess.run(
            [sys.executable, "-c", code, json.dumps(task | {"settings": {}, "headers": {}})],
            env={**clean_environment(), "PYTHONPATH": f"{Path(__file__).parents[2]}:{Path(__file__).parents[1]}/support"},
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert SECRET in done.stderr
        assert SECRET not in look(f"{site.url}/", config=ALLOW).output
