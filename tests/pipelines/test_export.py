from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from pipelines.errors import UsageError
from pipelines.export import ExportWriter
from pipelines.items import ARTICLE_FIELDS, Article, article_record

NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
ARTICLE = Article(
    id="0123456789abcdef",
    url="https://n.example/a",
    url_canonical="https://n.example/a",
    source="n",
    domain="n.example",
    title="Überschrift, „北京“",
    text='One.\n\nTwo "quoted"; three.',
    authors=("A. Writer", "B. Other"),
    published_at=NOW,
    is_accessible_for_free=False,
    word_count=5,
    first_seen_at=NOW,
    last_seen_at=NOW,
)


def written(path: Path, *articles: Article) -> Path:
    with ExportWriter(path) as writer:
        for article in articles:
            writer.write(article)
    assert writer.count == len(articles)
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    return path


def test_json_lines(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", ARTICLE, ARTICLE)
    assert [json.loads(line) for line in path.read_bytes().splitlines()] == [article_record(ARTICLE)] * 2


def test_csv(tmp_path: Path) -> None:
    path = written(tmp_path / "a.CSV", ARTICLE)
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert tuple(row) == ARTICLE_FIELDS
    assert row["text"] == ARTICLE.text
    assert row["authors"] == "A. Writer; B. Other"
    assert (row["published_at"], row["modified_at"]) == ("2026-11-01T08:30:00Z", "")
    assert (row["is_accessible_for_free"], row["word_count"]) == ("false", "5")


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝"))
def test_a_csv_cell_is_never_a_formula(tmp_path: Path, start: str) -> None:
    evil = f"{start}cmd|' /C calc'!A0"
    path = written(tmp_path / "a.csv", replace(ARTICLE, title=evil, text=evil, authors=(evil,), section=evil))
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    for name in ("title", "text", "authors", "section"):
        assert row[name] == f"'{evil}"


def test_parquet(tmp_path: Path) -> None:
    bare = replace(ARTICLE, published_at=None, is_accessible_for_free=None, authors=(), id="b")
    table = parquet.read_table(written(tmp_path / "a.parquet", ARTICLE, bare))
    assert tuple(table.column_names) == ARTICLE_FIELDS
    first, second = table.to_pylist()
    assert first["published_at"] == NOW
    assert first["authors"] == ["A. Writer", "B. Other"]
    assert (second["published_at"], second["is_accessible_for_free"], second["authors"]) == (None, None, [])
    assert parquet.read_table(written(tmp_path / "a.parquet")).num_rows == 0


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_odd_text_and_dates_in_every_format(tmp_path: Path, form: str) -> None:
    odd = replace(
        ARTICLE,
        title="\ud800 \x00 \x1b[31m",
        tags=("\udfff",),
        published_at=datetime(1, 1, 1, tzinfo=UTC),
        modified_at=datetime(9999, 12, 31, tzinfo=UTC),
    )
    written(tmp_path / f"a.{form}", odd)


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_after_an_exception_the_earlier_file_is_still_there(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    path.write_text("earlier")

    def fail() -> None:
        with ExportWriter(path) as writer:
            writer.write(ARTICLE)
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        fail()
    assert path.read_text() == "earlier"
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["a.txt", "a", "csv", "missing/a.csv", "."])
def test_what_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught, ExportWriter(tmp_path / name):
        pass
    assert "\n" not in str(caught.value)


def test_a_directory_a_device_and_a_link(tmp_path: Path) -> None:
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(UsageError), ExportWriter(tmp_path / "d.csv"):
        pass
    with ExportWriter(Path("/dev/null"), format="csv") as writer:
        writer.write(ARTICLE)
    link = tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "real.jsonl")
    with ExportWriter(link) as writer:
        writer.write(ARTICLE)
    assert link.is_symlink()
    assert (tmp_path / "real.jsonl").stat().st_size > 0


def test_parquet_has_no_place_on_standard_output() -> None:
    with pytest.raises(UsageError):
        ExportWriter(None, format="parquet")
