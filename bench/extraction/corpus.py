"""Folders of pages with known text: index.jsonl (id, url, host, lang, html, truth) and gzipped pages."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePage:
    """A page and its truth; fields of the truth are None where they are not known.

    `must` and `must_not` are strings the text must and must not hold, for folders without a whole text.
    """

    id: str
    url: str
    host: str
    html: Path
    text: str | None
    title: str | None
    authors: tuple[str, ...] | None
    published: str | None
    language: str | None
    must: tuple[str, ...]
    must_not: tuple[str, ...]

    def body(self) -> bytes:
        """The page as it was served."""
        return gzip.decompress(self.html.read_bytes())


def read_corpus(folder: Path) -> list[TruePage]:
    """The pages of a folder, in the order of its index. Raises FileNotFoundError."""
    lines = (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()
    return [_page(folder, json.loads(line)) for line in lines if line.strip()]


def _page(folder: Path, row: dict[str, Any]) -> TruePage:
    authors = row.get("authors")
    return TruePage(
        id=row["id"],
        url=row.get("url") or f"https://{row.get('host') or 'unknown.invalid'}/page",
        host=row.get("host") or "",
        html=folder / row["html"],
        text=row.get("text"),
        title=row.get("title"),
        authors=tuple(authors) if authors else None,
        published=row.get("published"),
        language=row.get("lang"),
        must=tuple(row.get("must") or ()),
        must_not=tuple(row.get("mustnot") or ()),
    )
