"""What a person types into the search, turned into what FTS5 understands; nothing typed is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.store.segment import has_tokens, segmented
from pipelines.store.types import clean_text

# FTS5 refuses an expression that nests deeper than 256; nobody types this many words.
MAX_TERMS = 64
MAX_CHARACTERS = 4000

# A field, then a phrase (its closing quote may be missing) or a word.
_TERM = re.compile(r'(?P<minus>-)?(?P<field>title:|text:)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
# Quotation marks as people's keyboards and word processors make them.
_QUOTES = str.maketrans("„“”«»「」『』", '"' * 9)


@dataclass(frozen=True, slots=True)
class Query:
    """FTS5 expressions: what must be there, what must not; None for no such condition.

    `impossible`: something was asked for, but nothing that an index could hold ("???").
    """

    wanted: str | None
    unwanted: str | None
    impossible: bool = False


def parse(text: str) -> Query:
    """Read a query.

    Words must all be there; "a phrase" in this order; -word must not be; `a OR b` either of them (it
    binds the two next to it only); word* any word that starts so; title:word, text:"a phrase" in that
    field. Every character that means nothing here is taken as text. At most the first 64 terms count.
    """
    groups: list[list[str]] = []
    unwanted: list[str] = []
    either = False
    matches = list(_TERM.finditer(clean_text(text[:MAX_CHARACTERS]).translate(_QUOTES)))[:MAX_TERMS]
    for match in matches:
        if match[0] == "OR":
            either = True
            continue
        term = _expression(match)
        if term is not None and match["minus"]:
            unwanted.append(term)
        elif term is not None and either and groups:
            groups[-1].append(term)
        elif term is not None:
            groups.append([term])
        either = False
    wanted = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    return Query(
        wanted=wanted or None,
        unwanted=" OR ".join(unwanted) or None,
        impossible=bool(matches) and not groups and not unwanted,
    )


def _expression(match: re.Match[str]) -> str | None:
    word = match["phrase"] if match["phrase"] is not None else match["word"]
    if not has_tokens(word):
        return None
    star = "*" if match["word"] and word.endswith("*") else ""
    # Quoted, nothing in it is an operator to FTS5; a quote itself cannot be in it.
    quoted = f'"{segmented(word)}"{star}'
    return f"{match['field'].rstrip(':')} : {quoted}" if match["field"] else quoted
