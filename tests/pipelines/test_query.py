from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.query import (
    MAX_DEPTH,
    MAX_TERMS,
    And,
    Near,
    Node,
    Not,
    Or,
    Term,
    parse,
    rendered,
    terms_of,
    with_filters,
)

A, B, C = Term("a"), Term("b"), Term("c")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", None),
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a and b", And((A, Term("and"), B))),
        ("a OR b c", And((Or((A, B)), C))),
        ("a b OR c", And((A, Or((B, C))))),
        ("(a b) OR c", Or((And((A, B)), C))),
        ("a -b", And((A, Not(B)))),
        ("a NOT b", And((A, Not(B)))),
        ("-(a OR b)", Not(Or((A, B)))),
        ("NOT NOT a", A),
        ("NOT -a", A),
        ("a*", Term("a", prefix=True)),
        ('"a b"', Term("a b", phrase=True)),
        ("“a b”", Term("a b", phrase=True)),
        ('"a b', Term("a b", phrase=True)),
        ("title:a", Term("a", field="title")),
        ("TITLE:a", Term("a", field="title")),
        ("ſource:a", Term("ſource:a")),
        ('author:"a b"', Term("a b", field="author", phrase=True)),
        ("title:(a OR text:b)", Or((Term("a", field="title"), Term("b", field="text")))),
        ("-title:(a b)", Not(And((Term("a", field="title"), Term("b", field="title"))))),
        ("a NEAR/5 b", Near((A, B), 5)),
        ('a NEAR "b c"', Near((A, Term("b c", phrase=True)), 10)),
        ("a NEAR/2 b NEAR/3 c", Near((A, B, C), 3)),
        ("title:a NEAR/2 b", Near((Term("a", field="title"), Term("b", field="title")), 2)),
        ("(a NEAR/2 b) OR c", Or((Near((A, B), 2), C))),
        ("NEAR", Term("NEAR", phrase=True)),
        ("a:b", Term("a:b")),
        ("title: a", And((Term("title:"), A))),
    ],
)
def test_what_a_query_means(text: str, root: Node | None) -> None:
    query = parse(text)
    assert query.root == root
    assert not query.problems


@pytest.mark.parametrize(
    ("text", "root", "problem"),
    [
        ("a OR", A, "OR joins nothing here"),
        ("OR a", A, "OR joins nothing here"),
        ("a AND", A, "AND joins nothing here"),
        ("a OR AND b", And((A, B)), "NOT takes away"),
        ("a NOT", A, "NOT takes away nothing here"),
        ("NEAR/3 a", A, "NEAR/3 joins nothing here"),
        ("(a OR b", Or((A, B)), "a bracket is not closed"),
        ("a) b", And((A, B)), '")" closes nothing'),
        ("a ()", A, "nothing stands between two brackets"),
        ("a NEAR/3 (b c)", And((A, B, C)), "NEAR joins words and phrases of one field"),
        ("a NEAR/3 source:b", And((A, Term("b", field="source"))), "NEAR joins words"),
        ("()", Term("()", phrase=True), "nothing stands between"),
        ("( OR )", Term("( OR )", phrase=True), "nothing stands between"),
    ],
)
def test_what_means_nothing_is_left_out_and_told(text: str, root: Node, problem: str) -> None:
    query = parse(text)
    assert query.root == root
    if problem != "NOT takes away":
        assert any(one.startswith(problem) for one in query.problems)


def test_more_than_a_query_may_hold_is_cut_and_told() -> None:
    query = parse("x OR " * 500)
    assert len(list(terms_of(query.root))) == MAX_TERMS
    assert query.problems == ("only the first 64 words and phrases count",)
    deep = parse("(" * 100 + "a" + ")" * 100)
    assert deep.root == A
    assert any(str(MAX_DEPTH) in problem for problem in deep.problems)
    assert "only the first 4000 characters count" in parse("x" * 5000).problems


def test_filters_become_a_part_of_the_query() -> None:
    assert with_filters("a OR b", source="the-courier", author='Jane "JD" Doe') == (
        'a OR b author:"Jane JD Doe" source:"the-courier"'
    )
    assert with_filters('(a "b', language="de") == 'a "b" language:"de"'
    assert with_filters("", section="World") == 'section:"World"'
    assert with_filters("OR", section="World") == '"OR" section:"World"'
    assert with_filters("a -b") == "a -b"


pieces = st.sampled_from([
    "a", "b*", '"c d"', "-", "(", ")", "OR", "AND", "NOT", "NEAR", "NEAR/3", "title:", "source:", ":", '"', "*", "北京", " ",
])  # fmt: skip


@given(st.lists(pieces, max_size=25).map(" ".join) | st.lists(pieces, max_size=25).map("".join))
def test_a_tree_reads_as_what_it_is_rendered_to(text: str) -> None:
    root = parse(text).root
    assert parse(rendered(root)).root == root
