"""Articles in the store: kept, found again by id or any of their addresses, read in a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from pipelines.errors import UsageError
from pipelines.identity import article_id, content_hash
from pipelines.items import ARTICLE_FIELDS, LIST_FIELDS, TIME_FIELDS, Article
from pipelines.store import fields
from pipelines.store.database import Prepared, driver
from pipelines.store.schema import article_urls, articles, changes, revisions, seen_lines, visits
from pipelines.store.types import clean_text, to_bool, to_iso, to_names, to_time

_PREFIXES_SHOWN = 3
# A publisher's date this far ahead of the day we saw the article is a mistake (or announces an embargo).
_FUTURE = timedelta(days=1)


# How what plain SQL reads becomes a field's value, where it is not one as it is.
_PLAIN: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TIME_FIELDS, to_time),
    **dict.fromkeys(LIST_FIELDS, to_names),
    **dict.fromkeys(("is_accessible_for_free", "tdm_reservation"), to_bool),
}
_RECORDED = {**_PLAIN, **dict.fromkeys(TIME_FIELDS, to_iso)}
_NAMES = ", ".join(ARTICLE_FIELDS)
_BY_PKS = f"SELECT pk, {_NAMES} FROM articles WHERE pk IN (SELECT value FROM json_each(?))"  # noqa: S608
_BY_PREFIX = f"SELECT {_NAMES} FROM articles WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"  # noqa: S608


def by_pks(connection: sa.Connection, pks: Collection[int]) -> dict[int, Article]:
    """Those of these rows that are there: a page's, which SQLAlchemy would take ten times as long to read."""
    rows = driver(connection).execute(_BY_PKS, (json.dumps(list(pks)),))
    return {pk: _from_row(values) for pk, *values in rows}


def records_by_pks(connection: sa.Connection, pks: Collection[int]) -> dict[int, dict[str, Any]]:
    """The same in their public form (`items.article_record`, tuples for lists): to make articles of them
    first takes three times as long."""
    rows = driver(connection).execute(_BY_PKS, (json.dumps(list(pks)),))
    return {pk: _read(values, _RECORDED) for pk, *values in rows}


def _from_row(row: Sequence[Any]) -> Article:
    return Article(**_read(row, _PLAIN))


def _read(row: Sequence[Any], readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    values = dict(zip(ARTICLE_FIELDS, row, strict=True))
    for name, read in readers.items():
        values[name] = read(values[name])
    return values


def to_article(row: sa.Row[Any]) -> Article:
    values = {name: row._mapping[name] for name in ARTICLE_FIELDS}
    return Article(**{**values, **{name: tuple(values[name] or ()) for name in LIST_FIELDS}})


def to_values(article: Article) -> dict[str, Any]:
    values = {name: getattr(article, name) for name in ARTICLE_FIELDS}
    return {**values, **{name: list(values[name]) for name in LIST_FIELDS}, "dated_at": dated_at(article)}


def dated_at(article: Article) -> datetime:
    """The date that orders articles: published, or first seen where that is unknown or in the future."""
    published, seen = article.published_at, article.first_seen_at
    return published if published is not None and published <= seen + _FUTURE else seen


def cleaned(article: Article) -> Article:
    """The article with text that can be stored, and with id and hash that follow from its content."""
    texts = {name: getattr(article, name) for name in ARTICLE_FIELDS}
    changed: dict[str, Any] = {
        name: clean_text(text) for name, text in texts.items() if isinstance(text, str)
    }
    for name in LIST_FIELDS:
        changed[name] = tuple(clean_text(item) for item in texts[name])
    changed["url_canonical"] = changed["url_canonical"] or changed["url"]
    changed["id"] = article_id(changed["url_canonical"])
    changed["content_hash"] = content_hash(changed["title"], changed["text"])
    return replace(article, **changed)


# What every ended visit asks for is built once: SQLAlchemy takes longer to put a statement together than
# SQLite to answer it.
_FIRST = sa.select(articles).order_by(articles.c.pk).limit(1)
_BY_CANONICAL = _FIRST.where(articles.c.url_canonical == sa.bindparam("url"))
_BY_CANONICALS = _FIRST.where(articles.c.url_canonical.in_(sa.bindparam("urls", expanding=True)))
_BY_OTHERS = _FIRST.where(
    articles.c.id.in_(
        sa.select(article_urls.c.article_id).where(
            article_urls.c.url.in_(sa.bindparam("urls", expanding=True))
        )
    )
)
_BY_CONTENT = _FIRST.where(
    articles.c.content_hash == sa.bindparam("content_hash"), articles.c.source == sa.bindparam("source")
)
_INSERT = Prepared(sa.insert(articles), [*ARTICLE_FIELDS, "dated_at"])
# The same three questions in one, for the most frequent answer: nobody knows it. Plain SQL, for SQLAlchemy
# takes ten times as long as SQLite here.
_ADDRESSES = 4
_ANY = """
SELECT 1 FROM articles WHERE url_canonical IN ({marks})
UNION ALL SELECT 1 FROM article_urls WHERE url IN ({marks})
UNION ALL SELECT 1 FROM articles WHERE content_hash = ? AND source = ? LIMIT 1
""".format(marks=", ".join("?" * _ADDRESSES))  # noqa: S608 - question marks only
_TAKEN = sa.select(articles.c.url_canonical).where(
    articles.c.url_canonical.in_(sa.bindparam("urls", expanding=True))
)
_INDEX = "INSERT INTO articles_fts (rowid, {}) VALUES (?{})".format(  # noqa: S608 - names of columns only
    ", ".join(fields.COLUMNS), ", ?" * len(fields.COLUMNS)
)
_INDEXED = sa.select(articles.c.pk, *(articles.c[name] for name in fields.SOURCES)).where(
    articles.c.id == sa.bindparam("id")
)
_DROP_ADDRESS = "DELETE FROM article_urls WHERE url = ?"


def keep_new(connection: sa.Connection, article: Article) -> int:
    """Returns the row's `pk`."""
    pk = _INSERT.execute(connection, to_values(article)).lastrowid
    assert pk is not None
    _index(connection, pk, article)
    return pk


def keep_revision(connection: sa.Connection, article: Article) -> None:
    """Replace the kept state by this one, and put the whole earlier state among the revisions."""
    names = [column.name for column in revisions.c]
    earlier = sa.select(*(articles.c[name] for name in names)).where(articles.c.id == article.id)
    connection.execute(sa.insert(revisions).from_select(names, earlier))
    touch(connection, article)


def touch(connection: sa.Connection, article: Article) -> None:
    """Write the fields of a known article, and what the search knows of it where that is another."""
    before = connection.execute(_INDEXED, {"id": article.id}).mappings().first()
    connection.execute(sa.update(articles).where(articles.c.id == article.id).values(to_values(article)))
    if before is not None and _indexed(to_values(article)) != _indexed(dict(before)):
        driver(connection).execute("DELETE FROM articles_fts WHERE rowid = ?", (before["pk"],))
        _index(connection, before["pk"], article)


def _indexed(values: Mapping[str, Any]) -> list[Any]:
    return [values[name] for name in fields.SOURCES]


def _index(connection: sa.Connection, pk: Any, article: Article) -> None:
    driver(connection).execute(_INDEX, (pk, *fields.row(article, dated_at(article))))


def seen_again(connection: sa.Connection, url: str, now: datetime) -> Article | None:
    """Note that the page at this URL still says what it said; the article as it was, if it is one's."""
    found = by_address(connection, [url])
    if found is not None and found.last_seen_at < now:
        values = {"last_seen_at": now, "withdrawn_at": None}
        connection.execute(sa.update(articles).where(articles.c.id == found.id).values(values))
    return found


def rename(connection: sa.Connection, key: str, url: str) -> None:
    """Keep an article under another canonical URL, by the id that goes with it."""
    new = article_id(url)
    # Rows that name the article and the article itself cannot be changed in one statement.
    driver(connection).execute("PRAGMA defer_foreign_keys=ON")
    connection.execute(sa.update(articles).where(articles.c.id == key).values(id=new, url_canonical=url))
    naming = (revisions.c.id, changes.c.article_id, article_urls.c.article_id, seen_lines.c.article_id)
    for column in (*naming, visits.c.article_id, articles.c.cluster_id, articles.c.copy_of):
        connection.execute(sa.update(column.table).where(column == key).values({column: new}))
    drop_address(connection, url)


def withdraw(connection: sa.Connection, key: str, at: datetime) -> None:
    """Mark an article as taken away by its publisher."""
    connection.execute(sa.update(articles).where(articles.c.id == key).values(withdrawn_at=at))


def is_address(connection: sa.Connection, key: str, url: str) -> bool:
    """Whether an article is known to stand at this address beside its canonical one."""
    here = sa.select(article_urls.c.url).where(article_urls.c.url == url, article_urls.c.article_id == key)
    return connection.execute(here).first() is not None


def by_canonical(connection: sa.Connection, url: str) -> Article | None:
    return _first(connection, _BY_CANONICAL, url=url)


def by_address(connection: sa.Connection, urls: Collection[str]) -> Article | None:
    """The article that one of these URLs is a known address of: canonical before others."""
    names = sorted(urls)
    return _first(connection, _BY_CANONICALS, urls=names) or _first(connection, _BY_OTHERS, urls=names)


def is_known(connection: sa.Connection, article: Article, urls: Collection[str]) -> bool:
    """Whether `by_address` or `by_content` would find one; True as well for more URLs than can be asked."""
    names = sorted(urls)
    if len(names) > _ADDRESSES:
        return True
    names += names[:1] * (_ADDRESSES - len(names))
    values = (*names, *names, article.content_hash, article.source)
    return driver(connection).execute(_ANY, values).fetchone() is not None


def by_content(connection: sa.Connection, article: Article) -> Article | None:
    """The first article of the same source with the same words."""
    return _first(connection, _BY_CONTENT, content_hash=article.content_hash, source=article.source)


def add_addresses(connection: sa.Connection, key: str, urls: Iterable[str]) -> None:
    """Note other addresses of an article; one that is the canonical URL of an article stays that one's."""
    wanted = set(urls)
    taken = connection.scalars(_TAKEN, {"urls": sorted(wanted)})
    rows = [{"url": url, "article_id": key} for url in sorted(wanted - set(taken))]
    if rows:
        statement = insert(article_urls)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["url"], set_={"article_id": statement.excluded.article_id}
            ),
            rows,
        )


def addresses(connection: sa.Connection, key: str) -> list[str]:
    query = sa.select(article_urls.c.url).where(article_urls.c.article_id == key)
    return list(connection.scalars(query.order_by(article_urls.c.url)))


def drop_address(connection: sa.Connection, url: str) -> None:
    driver(connection).execute(_DROP_ADDRESS, (url,))


def find(connection: sa.Connection, name: str) -> Article | None:
    """By id, by the unique start of one, or by any address however spelled. UsageError when several ids start
    so."""
    name = clean_text(name.strip())
    if "://" in name:
        from pipelines.urls import canonical  # late: it loads the list of public suffixes

        names = {name, canonical(name) or name}
        return by_address(connection, names) or _one(connection, articles.c.url.in_(names))
    prefix = name.lower()
    if not prefix or not set(prefix) <= set("0123456789abcdef"):
        return None
    # "g" follows the last hex digit.
    rows = driver(connection).execute(_BY_PREFIX, (prefix, f"{prefix}g", _PREFIXES_SHOWN))
    found = [_from_row(row) for row in rows]
    if len(found) > 1:
        raise UsageError(f"several articles start with {name}: {', '.join(one.id for one in found)}")
    return found[0] if found else None


def earlier(connection: sa.Connection, key: str, limit: int) -> list[Article]:
    """The newest states before the present one, the latest first."""
    query = sa.select(revisions).where(revisions.c.id == key).order_by(revisions.c.revision.desc())
    return [to_article(row) for row in connection.execute(query.limit(limit))]


def history(connection: sa.Connection, key: str) -> list[Article]:
    """All states of an article, the first one first, the present one last."""
    query = sa.select(revisions).where(revisions.c.id == key).order_by(revisions.c.revision)
    present = _one(connection, articles.c.id == key)
    return [*(to_article(row) for row in connection.execute(query)), *([present] if present else [])]


def conditions(
    *, source: str | None, language: str | None, since: datetime | None, until: datetime | None
) -> list[sa.ColumnElement[bool]]:
    """WHERE terms; a language takes in its regions (pt: pt-BR); `until` is not included."""
    found: list[sa.ColumnElement[bool]] = []
    if source is not None:
        found.append(articles.c.source == source)
    if language is not None:
        name = language.lower().replace("_", "-")
        own = sa.func.lower(articles.c.language)
        found.append(sa.or_(own == name, own.startswith(f"{name}-", autoescape=True)))
    if since is not None:
        found.append(articles.c.dated_at >= since)
    if until is not None:
        found.append(articles.c.dated_at < until)
    return found


def stream(
    connection: sa.Connection, where: Collection[sa.ColumnElement[bool]], limit: int | None
) -> Iterator[Article]:
    query = sa.select(articles).where(*where).order_by(articles.c.dated_at.desc(), articles.c.pk.desc())
    rows = connection.execution_options(yield_per=200).execute(query.limit(limit))
    return (to_article(row) for row in rows)


def _first(connection: sa.Connection, statement: sa.Select[Any], **values: object) -> Article | None:
    row = connection.execute(statement, values).first()
    return None if row is None else to_article(row)


def _one(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Article | None:
    row = connection.execute(sa.select(articles).where(*where).order_by(articles.c.pk).limit(1)).first()
    return None if row is None else to_article(row)
