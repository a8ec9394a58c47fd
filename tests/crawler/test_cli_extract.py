"""`wirewatch extract` on files, standard input and addresses."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from newsserver import NewsServer, wirewatch

PARAGRAPHS = [
    f"Paragraph {number} of a story about the harbour wall, which the town has been debating since the spring floods."
    for number in ("one", "two", "three", "four")
]
PAGE = f"""<html lang="en"><head><title>Harbour wall delayed - Courier</title>
<meta property="article:published_time" content="2026-11-24T08:30:00+01:00"><meta name="author" content="Ann Lee">
</head><body><article><h1>Harbour wall delayed</h1>{"".join(f"<p>{line}</p>" for line in PARAGRAPHS)}
<p>Leave a Reply</p></article></body></html>"""


def test_a_file_gives_its_clean_text(tmp_path: Path) -> None:
    (tmp_path / "story.html").write_text(PAGE)
    done = wirewatch("extract", "story.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n\n") == ["Harbour wall delayed", *PARAGRAPHS[:-1], PARAGRAPHS[-1] + "\n"]


def test_gzip_json_and_why(tmp_path: Path) -> None:
    (tmp_path / "story.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    done = wirewatch(
        "extract",
        "--json",
        "--why",
        "--url",
        "https://courier.example/2026/11/24/wall/",
        "story.html.gz",
        cwd=tmp_path,
    )
    record = json.loads(done.stdout)
    assert record["title"] == "Harbour wall delayed"
    assert record["authors"] == ["Ann Lee"]
    assert record["published_at"] == "2026-11-24T07:30:00Z"
    assert record["domain"] == "courier.example"
    assert {"line": "Leave a Reply", "rule": "comment-form"} in record["cuts"]


def test_an_address_is_fetched(tmp_path: Path) -> None:
    with NewsServer({"/2026/11/24/wall/": PAGE}) as server:
        done = wirewatch(
            "--allow-network", "127.0.0.0/8", "extract", f"{server.url}/2026/11/24/wall/", cwd=tmp_path
        )
    assert done.returncode == 0, done.stderr
    assert PARAGRAPHS[2] in done.stdout
    assert not list(tmp_path.iterdir())


def test_what_is_no_article_says_why(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("<html><title>Page not found</title><h1>Page not found</h1></html>")
    done = wirewatch("extract", "x.html", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.strip() == "wirewatch: x.html: not_article: soft 404"
    machine = wirewatch("extract", "--json", "x.html", cwd=tmp_path)
    assert json.loads(machine.stdout) == {"outcome": "not_article", "reason": "soft 404"}


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.gz").write_bytes(b"\x1f\x8b\x08garbage")
    (tmp_path / "empty.html").write_bytes(b"")
    for name, code in (("none.html", 2), ("bad.gz", 2), ("empty.html", 3)):
        done = wirewatch("extract", name, cwd=tmp_path)
        assert done.returncode == code
        assert len(done.stderr.strip().splitlines()) == 1
        assert name in done.stderr
