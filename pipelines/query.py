"""The query language: what is typed, as a tree that search and watches share; nothing typed is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

MAX_TERMS = 64
MAX_CHARACTERS = 4000
# Brackets within brackets; what reads the expression in the end takes a few dozen.
MAX_DEPTH = 12
# Words that may stand between the two of a NEAR without a number, and the most that may be asked for.
NEAR_WORDS, MAX_NEAR = 10, 1000

# In the order in which a query shows them; those of one value are matched as a whole.
FIELDS = ("title", "text", "author", "source", "site", "language", "section", "tag", "agency")
VALUES = frozenset({"source", "site", "language"})

# Quotation marks as people's keyboards and word processors make them.
_QUOTES = str.maketrans("„“”«»「」『』", '"' * 9)
_TOKEN = re.compile(
    r"\s*(?:(?P<minus>-+(?=[^\s)-]))?"
    rf"(?:(?P<field>(?ai:{'|'.join(FIELDS)})):(?=[^\s)]))?"
    r'(?:(?P<open>\()|"(?P<phrase>[^"]*)"?|(?P<word>[^\s"()]+))|(?P<close>\)))'
)
_NEAR = re.compile(r"NEAR(?:/(\d{1,9}))?")
_OPERATOR = re.compile(rf"AND|OR|NOT|{_NEAR.pattern}")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase; in a field or, with None, in title and text. `prefix`: any word that starts so."""

    text: str
    field: str | None = None
    phrase: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Terms of one field that stand together, at most `words` other ones between the first and the last."""

    terms: tuple[Term, ...]
    words: int


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class And:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    nodes: tuple[Node, ...]


Node = Term | Near | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read: None for an empty one. `problems` are hints, a line each, for the one who typed
    what was taken otherwise than it may have been meant."""

    root: Node | None
    problems: tuple[str, ...] = ()


def parse(text: str) -> Query:
    """Read a query.

    Words must all be there; "a phrase" in this order; `-word` and `NOT word` must not be; `a OR b` either of
    them (it binds the two next to it only, tighter than AND, which need not be written); word* any word that
    starts so; `a NEAR/5 b` at most five words apart; (brackets) make one of many; field:word, field:"a
    phrase", field:(brackets) look there only. Operators are in capitals. Every character that means nothing
    here is taken as text. At most the first 64 terms of the first 4000 characters count.
    """
    return _Reader(text).query()


def rendered(node: Node | None) -> str:
    """A query that reads as this tree."""
    return "" if node is None else _rendered(node, top=True)


def narrowed(root: Node | None, **fields: str | None) -> Node | None:
    """The tree with these fields asked for as well; None asks for nothing."""
    terms = [
        Term(value, field=field, phrase=True) for field in FIELDS if (value := fields.get(field)) is not None
    ]
    return _joined(And, [*([root] if root is not None else []), *terms])


def with_filters(
    query: str,
    *,
    source: str | None = None,
    language: str | None = None,
    section: str | None = None,
    author: str | None = None,
) -> str:
    """A query that finds by itself what this one finds with these filters."""
    root = narrowed(parse(query).root, source=source, language=language, section=section, author=author)
    return rendered(root)


def terms_of(node: Node | None) -> Iterator[Term]:
    """All terms of a tree, from left to right, those that must not be there too."""
    if isinstance(node, Term):
        yield node
    elif isinstance(node, Near):
        yield from node.terms
    elif isinstance(node, Not):
        yield from terms_of(node.node)
    elif node is not None:
        for part in node.nodes:
            yield from terms_of(part)


def unquoted(text: str) -> str:
    """The text with a space for each quotation mark, so that it can stand between two."""
    return text.translate(_QUOTES).replace('"', " ")


@dataclass(frozen=True, slots=True)
class _Operator:
    """AND, OR, NOT, NEAR or a bracket among the tokens; `words` is that of a NEAR."""

    name: str
    typed: str
    field: str | None = None
    minus: bool = False
    words: int = 0


@dataclass(frozen=True, slots=True)
class _Operand:
    node: Node
    minus: bool


class _Reader:
    """Reads one query, from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self._problems: list[str] = []
        self._text = text[:MAX_CHARACTERS]
        if len(text) > MAX_CHARACTERS:
            self._problems.append(f"only the first {MAX_CHARACTERS} characters count")
        tokens = list(_tokens(self._text.translate(_QUOTES)))
        if all(isinstance(token, _Operator) and token.name != "(" for token in tokens):
            # Nothing but operators: they are what is looked for.
            words = [token.typed for token in tokens if isinstance(token, _Operator) and token.name != ")"]
            tokens = [_Operand(Term(word, phrase=True), minus=False) for word in words]
        self._tokens = self._limited(tokens)
        self._at = 0

    def query(self) -> Query:
        nodes: list[Node] = []
        while self._next is not None:
            nodes += self._sequence(field=None, depth=0)
            if self._next is not None:
                self._hint('")" closes nothing')
                self._at += 1
        root = _joined(And, nodes)
        if root is None and self._text.strip():
            root = Term(" ".join(unquoted(self._text).split()), phrase=True)
        return Query(root, tuple(dict.fromkeys(self._problems)))

    def _limited(self, tokens: list[_Operator | _Operand]) -> list[_Operator | _Operand]:
        operands = (at for at, token in enumerate(tokens) if isinstance(token, _Operand))
        end = next(islice(operands, MAX_TERMS, None), None)
        if end is not None:
            self._problems.append(f"only the first {MAX_TERMS} words and phrases count")
            while isinstance(tokens[end - 1], _Operator):
                end -= 1
        return tokens[:end]

    @property
    def _next(self) -> _Operator | _Operand | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _taken(self, *names: str) -> _Operator | None:
        token = self._next
        if isinstance(token, _Operator) and token.name in names:
            self._at += 1
            return token
        return None

    def _hint(self, problem: str) -> None:
        self._problems.append(problem)

    def _sequence(self, *, field: str | None, depth: int) -> list[Node]:
        """What stands up to the closing bracket, which is left, or the end."""
        nodes: list[Node] = []
        while (token := self._next) is not None and not (isinstance(token, _Operator) and token.name == ")"):
            if self._dangling(first=not nodes):
                continue
            node = self._either(field=field, depth=depth)
            if node is not None:
                nodes.append(node)
        return nodes

    def _dangling(self, *, first: bool) -> bool:
        """Leave out an operator with nothing to join; AND between two terms is what would be anyway."""
        operator = self._taken("AND", "OR", "NEAR")
        if operator is not None and (first or operator.name != "AND" or self._at_end):
            self._hint(f"{operator.typed} joins nothing here")
        return operator is not None

    @property
    def _at_end(self) -> bool:
        token = self._next
        return token is None or (isinstance(token, _Operator) and token.name == ")")

    def _either(self, *, field: str | None, depth: int) -> Node | None:
        nodes = [self._close_together(field=field, depth=depth)]
        while (operator := self._taken("OR")) is not None:
            if self._at_end:
                self._hint(f"{operator.typed} joins nothing here")
            else:
                nodes.append(self._close_together(field=field, depth=depth))
        return _joined(Or, [node for node in nodes if node is not None])

    def _close_together(self, *, field: str | None, depth: int) -> Node | None:
        nodes = [self._one(field=field, depth=depth)]
        words = 0
        while (operator := self._taken("NEAR")) is not None:
            if self._at_end:
                self._hint(f"{operator.typed} joins nothing here")
                continue
            words = max(words, operator.words)
            nodes.append(self._one(field=field, depth=depth))
        found = [node for node in nodes if node is not None]
        return self._near(found, words) if len(found) > 1 else _joined(And, found)

    def _near(self, nodes: list[Node], words: int) -> Node | None:
        terms = [node for node in nodes if isinstance(node, Term)]
        fields = {term.field for term in terms if term.field is not None}
        if len(terms) < len(nodes) or len(fields) > 1 or fields & VALUES:
            self._hint("NEAR joins words and phrases of one field; taken as AND")
            return _joined(And, nodes)
        field = next(iter(fields), None)
        return Near(tuple(replace(term, field=field) for term in terms), words)

    def _one(self, *, field: str | None, depth: int) -> Node | None:
        negated = 0
        while self._taken("NOT") is not None:
            negated += 1
        token = self._next
        if token is None or (isinstance(token, _Operator) and token.name != "("):
            if negated:
                self._hint("NOT takes away nothing here")
            if token is not None and not self._at_end:
                self._at += 1
            return None
        self._at += 1
        negated += token.minus
        if isinstance(token, _Operand):
            node: Node | None = _in_field(token.node, field)
        else:
            node = self._bracketed(token, field=token.field or field, depth=depth + 1)
        if node is None or negated % 2 == 0:
            return node
        return node.node if isinstance(node, Not) else Not(node)

    def _bracketed(self, bracket: _Operator, *, field: str | None, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            self._hint(f"more than {MAX_DEPTH} brackets in each other count as none")
            return None
        node = _joined(And, self._sequence(field=field, depth=depth))
        if self._taken(")") is None:
            self._hint("a bracket is not closed")
        if node is None:
            self._hint("nothing stands between two brackets")
        return node


def _tokens(text: str) -> Iterator[_Operator | _Operand]:
    at = 0
    while (match := _TOKEN.match(text, at)) is not None:
        at = match.end()
        field = match["field"].lower() if match["field"] else None
        minus = match["minus"] is not None
        word = match["word"]
        if match["close"]:
            yield _Operator(")", ")")
        elif match["open"]:
            yield _Operator("(", "(", field=field, minus=minus)
        elif word and not field and not minus and _OPERATOR.fullmatch(word):
            near = _NEAR.fullmatch(word)
            words = min(int(near[1] or NEAR_WORDS), MAX_NEAR) if near else 0
            yield _Operator("NEAR" if near else word, word, words=words)
        elif word is not None:
            # Words that would be read as something else elsewhere are phrases.
            phrase = field is None and (not word.strip("-") or bool(_OPERATOR.fullmatch(word)))
            prefix = word.endswith("*")
            bare = word.rstrip("*") if prefix else word
            yield _Operand(Term(bare, field, phrase=phrase, prefix=prefix), minus)
        else:
            yield _Operand(Term(" ".join(match["phrase"].split()), field, phrase=True), minus)


def _in_field(node: Node, field: str | None) -> Node:
    return replace(node, field=field) if isinstance(node, Term) and node.field is None else node


def _joined(kind: type[And] | type[Or], nodes: list[Node]) -> Node | None:
    """The nodes in one of this kind; the only one as it is."""
    flat: list[Node] = []
    for node in nodes:
        flat += node.nodes if isinstance(node, kind) else [node]
    if len(flat) < 2:
        return flat[0] if flat else None
    return kind(tuple(flat))


def _rendered(node: Node, *, top: bool = False) -> str:
    if isinstance(node, Term):
        return _rendered_term(node)
    if isinstance(node, Near):
        return f" NEAR/{node.words} ".join(map(_rendered_term, node.terms))
    if isinstance(node, Not):
        return f"-{_grouped(node.node)}"
    if isinstance(node, Or):
        return " OR ".join(map(_grouped, node.nodes))
    text = " ".join(_rendered(part) if not isinstance(part, And) else _grouped(part) for part in node.nodes)
    return text if top else f"({text})"


def _grouped(node: Node) -> str:
    text = _rendered(node)
    return text if isinstance(node, Term | Not | And) else f"({text})"


def _rendered_term(term: Term) -> str:
    field = f"{term.field}:" if term.field else ""
    if term.phrase:
        return f'{field}"{" ".join(unquoted(term.text).split())}"'
    return f"{field}{term.text}{'*' if term.prefix else ''}"
