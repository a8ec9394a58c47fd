"""Column types: UTC times, text that every database takes, lists and mappings as JSON.

A value that is none of its kind, as overwritten pages leave, is an error of the database like any other.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

_UTC = "+00:00"
# Characters of a time as it is kept.
_KEPT = len("2026-11-01 08:00:00.000000")
# NUL is kept by SQLite but cuts length(), and refused by PostgreSQL; lone surrogates are refused by both.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str) -> str:
    """The text without NUL; surrogate pairs joined, lone surrogates replaced by U+FFFD."""
    if not _UNSTORABLE.search(text):
        return text
    text = text.replace("\x00", "")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class CleanText(sa.types.TypeDecorator[str]):
    """Text that is cleaned on its way in, so that no page can make a transaction fail."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean_text(value)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime; kept without its zone. A naive one is taken as UTC."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is None:
            return value
        try:
            return value.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            # The first or last day there is, moved out of range by its zone.
            return value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        read = super().result_processor(dialect, coltype)
        assert read is not None

        def checked(value: Any) -> datetime | None:
            try:
                return read(value)
            except (ValueError, TypeError) as error:
                raise sqlite3.DatabaseError(f"a time that is none: {value!r:.40}") from error

        return checked


def to_time(kept: str | None) -> datetime | None:
    """A time read by plain SQL. Raises sqlite3.DatabaseError for what is none."""
    try:
        return None if kept is None else datetime.fromisoformat(kept + _UTC)
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"a time that is none: {kept!r:.40}") from error


def to_iso(kept: str | None) -> str | None:
    """The same as `items.iso_utc` has it, for a third of the work. Raises sqlite3.DatabaseError as well."""
    if kept is None:
        return None
    if not isinstance(kept, str) or len(kept) != _KEPT or kept[10] != " ":
        raise sqlite3.DatabaseError(f"a time that is none: {kept!r:.40}")
    return f"{kept[:10]}T{kept[11:19]}Z"


def to_names(kept: str | None) -> tuple[str, ...]:
    """A list read by plain SQL. Raises sqlite3.DatabaseError for what is none."""
    try:
        return () if kept in (None, "[]") else tuple(json.loads(kept))
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"a list that is none: {kept!r:.40}") from error


def to_bool(kept: int | None) -> bool | None:
    return None if kept is None else bool(kept)


class Json(sa.types.TypeDecorator[Any]):
    """A list or mapping as JSON text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return clean_text(json.dumps(value, ensure_ascii=False, default=str))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        try:
            return None if value is None else json.loads(value)
        except (ValueError, TypeError) as error:
            raise sqlite3.DatabaseError(f"a list or mapping that is none: {value!r:.40}") from error
