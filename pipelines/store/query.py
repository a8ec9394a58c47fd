"""A query as FTS5 understands it: one expression for all of it, words, fields and days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pipelines import query as language
from pipelines.query import MAX_TERMS, VALUES, Near, Node, Not, Or, Term
from pipelines.store import fields
from pipelines.store.segment import has_tokens, segmented
from pipelines.store.types import clean_text

__all__ = ["MAX_TERMS", "Query", "compiled", "parse"]

_ANY = f'day : "{fields.ANY}"'
_NOTHING = f'day : "{fields.NONE}"'
_TEXTS = f"{{{' '.join(fields.TEXTS)}}}"


@dataclass(frozen=True, slots=True)
class Query:
    """An FTS5 expression; None for no condition. `words` is that of what was typed, without filters.

    `impossible`: something was asked for, but nothing that an index could hold ("???"). `problems` are hints.
    """

    wanted: str | None
    words: str | None = None
    impossible: bool = False
    problems: tuple[str, ...] = ()


def parse(text: str) -> Query:
    """Read a query: see pipelines.query for what it may say."""
    return compiled(text)


def compiled(
    text: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    **filters: str | None,
) -> Query:
    """The query with the filters, which are fields, and the days of a span; its ends are not exact within a
    day."""
    read = language.parse(clean_text(text))
    asked = _expression(read.root) if read.root is not None else None
    terms = [
        Term(clean_text(value), field=name, phrase=True)
        for name, value in filters.items()
        if value is not None
    ]
    if read.root is not None and asked is None:
        return Query(None, impossible=True, problems=read.problems)
    parts = [part for part in (asked, *map(_term, terms)) if part is not None]
    if since is not None or until is not None:
        days = [_quoted(token.rstrip("*"), star=token.endswith("*")) for token in fields.span(since, until)]
        if not days:
            return Query(None, impossible=True, problems=read.problems)
        # The words first: FTS5 moves on by the first of what is joined.
        parts.append(f"day : ({' OR '.join(days)})")
    return Query(" AND ".join(f"({part})" for part in parts) or None, asked, problems=read.problems)


def _expression(node: Node) -> str | None:
    """An FTS5 expression; None where nothing is left that an index could hold."""
    if isinstance(node, Term):
        return _term(node)
    if isinstance(node, Near):
        return _near(node)
    if isinstance(node, Not):
        return _without([], [node.node])
    if isinstance(node, Or):
        found = [part for one in node.nodes if (part := _expression(one)) is not None]
        return _listed(found, "OR")
    return _without(
        [one for one in node.nodes if not isinstance(one, Not)],
        [one.node for one in node.nodes if isinstance(one, Not)],
    )


def _without(wanted: list[Node], unwanted: list[Node]) -> str | None:
    """To FTS5, NOT stands between two expressions."""
    there = _listed([part for one in wanted if (part := _expression(one)) is not None], "AND")
    away = _listed([part for one in unwanted if (part := _expression(one)) is not None], "OR")
    return there if away is None else f"({there or _ANY}) NOT ({away})"


def _listed(parts: list[str], operator: str) -> str | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return f" {operator} ".join(f"({part})" for part in parts)


def _near(node: Near) -> str | None:
    terms = [replace(term, field=None) for term in node.terms if has_tokens(term.text)]
    if len(terms) < 2:
        return _term(terms[0]) if terms else None
    column = _column(node.terms[0].field)
    return f"{column} : NEAR({' '.join(map(_phrase, terms))}, {node.words})"


def _term(term: Term) -> str | None:
    if term.field in VALUES:
        assert term.field is not None
        return f"{term.field} : {_quoted(fields.asked(term.field, term.text), star=term.prefix)}"
    if has_tokens(term.text):
        return f"{_column(term.field)} : {_phrase(term)}"
    # In a text, what says nothing is left out; an author of that name there is none.
    return None if term.field in (None, *fields.TEXTS) else _NOTHING


def _column(field: str | None) -> str:
    return field or _TEXTS


def _phrase(term: Term) -> str:
    return _quoted(segmented(term.text), star=term.prefix)


def _quoted(text: str, *, star: bool) -> str:
    # Quoted, nothing in it is an operator to FTS5; a quote itself cannot be in it.
    return f'"{text.replace(chr(34), " ")}"{"*" if star else ""}'
