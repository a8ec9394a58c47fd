"""Articles written to a file: JSON lines, CSV or Parquet."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from pipelines.errors import UsageError
from pipelines.items import ARTICLE_FIELDS, Article, article_record

FORMATS = ("jsonl", "csv", "parquet")
# One group of rows in a Parquet file; news articles of 5 kB make it about 5 MB.
_ROWS = 1000
# What makes a spreadsheet take a cell for a formula, in half and full width.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def format_of(path: Path) -> str:
    """The format that a file's ending stands for. Raises UsageError for another ending."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        wanted = ", ".join(f".{name}" for name in FORMATS)
        raise UsageError(f"cannot tell the format of {path}: the name should end in one of {wanted}")
    return ending


class ExportWriter:
    """Writes articles in their public form (`article_record`) into a file, or to standard output.

    The file appears under its name when the `with` block ends well; after an exception an earlier file of
    that name is still there. `path` None is standard output. Raises UsageError for an unknown ending or
    format, and where the file cannot be written.
    """

    def __init__(self, path: Path | None, *, format: str | None = None) -> None:  # noqa: A002 - the usual word
        self._format = format or (format_of(path) if path is not None else "jsonl")
        if self._format not in FORMATS:
            raise UsageError(f"unknown format {self._format}: want {', '.join(FORMATS)}")
        if path is None and self._format == "parquet":
            raise UsageError("parquet needs a file: -o FILE.parquet")
        self._path = path
        self._partial: Path | None = None
        self._file: IO[bytes] | None = None
        self._writer: _Writer | None = None
        self.count = 0

    def __enter__(self) -> Self:
        self._file = self._opened()
        self._writer = _WRITERS[self._format](self._file)
        return self

    def write(self, article: Article) -> None:
        if self._writer is None:
            raise RuntimeError("write() outside of the with block")
        self._guarded(self._writer.write, article)
        self.count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._guarded(self._finish)
            else:
                with suppress(Exception):
                    self._close()
        finally:
            if self._partial is not None:
                self._partial.unlink(missing_ok=True)

    def _opened(self) -> IO[bytes]:
        if self._path is None:
            return sys.stdout.buffer
        # A link stays a link; a device or pipe has no temporary file beside it.
        self._path = Path(os.path.realpath(self._path))
        try:
            if self._path.exists() and not self._path.is_file():
                return self._path.open("wb")
            partial = self._path.with_name(f".{self._path.name}.{os.getpid()}.partial")
            file = partial.open("wb")
        except OSError as error:
            raise UsageError(f"cannot write {self._path}: {error.strerror}") from error
        self._partial = partial
        return file

    def _finish(self) -> None:
        self._close()
        if self._partial is not None and self._path is not None:
            self._partial.replace(self._path)

    def _close(self) -> None:
        assert self._writer is not None
        assert self._file is not None
        self._writer.close()
        if self._path is not None:
            self._file.close()
        else:
            self._file.flush()

    def _guarded(self, act: Callable[..., None], *args: object) -> None:
        try:
            act(*args)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UsageError(f"cannot write {self._path or 'the output'}: {error.strerror}") from error


def clean_record(article: Article) -> dict[str, Any]:
    """`article_record` without lone surrogates, which no file format takes."""
    return {name: _encodable(value) for name, value in article_record(article).items()}


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return [_encodable(item) for item in value] if isinstance(value, list) else value


class _Writer(Protocol):
    def write(self, article: Article) -> None: ...
    def close(self) -> None: ...


class _JsonLines:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, article: Article) -> None:
        self._file.write(json.dumps(clean_record(article), ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        pass


class _Csv:
    """Lists are joined by "; "; text that a spreadsheet would run as a formula gets an apostrophe."""

    def __init__(self, file: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._csv = csv.writer(self._text)
        self._csv.writerow(ARTICLE_FIELDS)

    def write(self, article: Article) -> None:
        record = clean_record(article)
        self._csv.writerow([_cell(record[name]) for name in ARTICLE_FIELDS])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


class _Parquet:
    def __init__(self, file: IO[bytes]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._pa = pa
        self._schema = _parquet_schema(pa)
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._records: list[Mapping[str, Any]] = []

    def write(self, article: Article) -> None:
        times = {name: getattr(article, name) for name in _TIMES}
        self._records.append({**clean_record(article), **times})
        if len(self._records) >= _ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._records:
            self._writer.write_table(self._pa.Table.from_pylist(self._records, schema=self._schema))
            self._records = []


_WRITERS: Mapping[str, Callable[[IO[bytes]], _Writer]] = {
    "jsonl": _JsonLines,
    "csv": _Csv,
    "parquet": _Parquet,
}
_TIMES = ("published_at", "modified_at", "first_seen_at", "last_seen_at", "withdrawn_at")


def _parquet_schema(pa: Any) -> Any:
    types = {
        **dict.fromkeys(_TIMES, pa.timestamp("us", tz="UTC")),
        "authors": pa.list_(pa.string()),
        "tags": pa.list_(pa.string()),
        "published_flags": pa.list_(pa.string()),
        "is_accessible_for_free": pa.bool_(),
        "word_count": pa.int64(),
        "revision": pa.int64(),
    }
    return pa.schema([(name, types.get(name, pa.string())) for name in ARTICLE_FIELDS])
