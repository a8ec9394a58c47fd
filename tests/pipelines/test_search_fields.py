from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeping import NOW, WORDS, kept

from pipelines.items import Outcome
from pipelines.query import with_filters
from pipelines.store import Store, fields
from pipelines.store.query import compiled


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("fields") / "s.db"
    with Store.open(f"sqlite:///{path}") as store:
        for name, values in ARTICLES.items():
            kept(store, name, **values)
        yield store


ARTICLES: dict[str, dict[str, Any]] = {
    "alpha": {"authors": ("Jane Doe", "Sam Roe"), "language": "pt-BR", "section": "World News"},
    "beta": {"authors": ("Jane Roe",), "language": "pt", "source": "courier", "tags": ("climate", "local news")},
    "gamma": {"source": "harbour", "domain": "news.other.example", "agency": "Reuters", "text": WORDS.format("alpha")},
    "delta": {"source": 'The "Bay" Times', "language": "de", "at": NOW - timedelta(days=40)},
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("author:jane", "alpha beta"),
        ('author:"Jane Doe"', "alpha"),
        ('author:"Doe Sam"', ""),
        ("author:(jane roe)", "alpha beta"),
        ("language:pt", "alpha beta"),
        ("language:pt_BR", "alpha"),
        ("language:p", ""),
        ("source:harbour-courier", "alpha"),
        ("source:harbour", "gamma"),
        ("source:HARBOUR*", "alpha gamma"),
        ("source:courier", "beta"),
        ("source:(courier OR harbour)", "beta gamma"),
        ('source:"The Bay Times"', "delta"),
        ("site:other.example", "gamma"),
        ("site:news.other.example", "gamma"),
        ("site:example -site:n.example", "gamma"),
        ("site:ther.example", ""),
        ('section:"world news"', "alpha"),
        ('tag:"local news"', "beta"),
        ('tag:"climate local"', ""),
        ("agency:reuters", "gamma"),
        ("alpha", "alpha gamma"),
        ("title:alpha OR agency:reuters", "alpha gamma"),
        ("alpha NOT agency:reuters", "alpha"),
        ("NOT (alpha OR beta)", "delta"),
        ("beta OR -alpha", "beta delta"),
        ("council NEAR/2 city", "alpha beta gamma delta"),
        ("council NEAR/1 city", ""),
        ('"the council" NEAR/1 "the city"', "alpha beta gamma delta"),
        ("title:council NEAR/9 city", ""),
        ("jane", ""),
        ("y2026", ""),
        ("any", ""),
        ("author:???", ""),
    ],
)
def test_fields(store: Store, query: str, names: str) -> None:
    expected = set(names.split())
    for order in ("relevance", "newest"):
        assert {hit.article.title for hit in store.search(query, order=order)} == expected
    assert store.count_matches(query) == len(expected)


def test_filters_find_what_they_find_as_a_query(store: Store) -> None:
    for filters in (
        {"source": "harbour-courier"},
        {"language": "pt"},
        {"section": "World News"},
        {"author": "Jane Roe"},
        {"source": 'The "Bay" Times'},
        {"author": "nobody"},
        {"section": "???"},
    ):
        found = [hit.place for hit in store.search("met", **filters, order="newest")]
        assert found == [hit.place for hit in store.search(with_filters("met", **filters), order="newest")]
        assert len(found) == (
            0 if set(filters.values()) & {"nobody", "???"} else 2 if "language" in filters else 1
        )


def test_newest_is_the_order_of_storing_in_pages(store: Store) -> None:
    assert [hit.article.title for hit in store.search("", order="newest")] == list(ARTICLES)[::-1]
    first = store.search("council", order="newest", limit=3)
    rest = store.search("council", order="newest", limit=3, before=first[-1].place)
    assert [hit.article.title for hit in first + rest] == list(ARTICLES)[::-1]
    assert [hit.article.title for hit in store.search("", order="newest", before=2)] == ["alpha"]
    assert store.count_matches("council", at_most=3) == 3


def test_days_are_exact_at_both_ends(store: Store) -> None:
    def found(since: datetime | None, until: datetime | None) -> int:
        counts = {len(store.search(query, since=since, until=until, order="newest")) for query in ("", "met")}
        assert counts == {store.count_matches("met", since=since, until=until)}
        return counts.pop()

    second = timedelta(seconds=1)
    assert found(NOW, NOW + second) == 3
    assert found(NOW + second, None) == 0
    assert found(None, NOW) == 1
    assert found(None, NOW + second) == 4
    assert found(NOW - timedelta(days=40), NOW) == 1
    assert found(NOW.replace(hour=0), None) == 3
    assert found(NOW.astimezone(timezone(timedelta(hours=14))), None) == 3
    assert found(LEAST, LEAST + timedelta(days=3_652_058)) == 4
    assert found(None, LEAST) == 0
    # As many tokens as there can be.
    assert found(LEAST + timedelta(days=1), LEAST + timedelta(days=3_652_057)) == 4


LEAST = datetime(1, 1, 1, tzinfo=UTC)
days = st.integers(0, 3_652_058).map(lambda count: LEAST + timedelta(days=count, hours=5))


@given(days, days, days)
def test_a_span_has_the_tokens_of_its_days_and_no_others(
    at: datetime, one: datetime, other: datetime
) -> None:
    since, until = sorted((one, other))
    since = since.replace(hour=0, minute=0, second=0, microsecond=0)
    until = until.replace(hour=0, minute=0, second=0, microsecond=0)
    for first, last in ((since, until), (since, None), (None, until)):
        tokens = list(fields.span(first, last))
        assert len(tokens) <= 160
        own = fields.day_tokens(at).split()
        has = any(
            word.startswith(token[:-1]) if token[-1] == "*" else word == token
            for token in tokens
            for word in own
        )
        assert has == ((first is None or first <= at) and (last is None or at < last))


def test_the_first_copy_that_matches_stands_for_all(tmp_path: Path) -> None:
    story = " ".join(f"word{number} and thing{number}" for number in range(120))
    with Store.open(f"sqlite:///{tmp_path}/s.db") as store:
        for number, language in enumerate(("en", "de", "de")):
            at = NOW + timedelta(hours=number)
            kept(
                store,
                f"copy{number}",
                at=at,
                text=story,
                source=f"s{number}",
                domain=f"s{number}.example",
                language=language,
            )
        kept(store, "alone", at=NOW)
        for order in ("relevance", "newest"):
            one = [hit.article.title for hit in store.search("", unique=True, order=order)]
            assert sorted(one) == ["alone", "copy0"]
            (hit,) = store.search("word7", unique=True, order=order)
            assert (hit.article.title, hit.copies) == ("copy0", 2)
            (hit,) = store.search("word7", unique=True, language="de", order=order)
            assert hit.article.title == "copy1"
            (hit,) = store.search("word7", unique=True, since=NOW + timedelta(minutes=61), order=order)
            assert hit.article.title == "copy2"
        assert store.count_matches("word7", unique=True) == 1


def test_the_index_follows_what_changes_in_an_article(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as store:
        kept(store, "alpha")
        assert store.search("section:politics OR tag:fresh") == []
        fresh: dict[str, Any] = {"outcome": Outcome.UNCHANGED, "tags": ("fresh",), "section": "Politics"}
        kept(store, "alpha", at=NOW + timedelta(hours=1), **fresh)
        assert len(store.search("section:politics tag:fresh")) == 1
        with store._database.write() as connection:
            entries = connection.exec_driver_sql("SELECT count(*) FROM articles_fts_docsize").scalar()
            before = connection.exec_driver_sql("SELECT total_changes()").scalar()
        assert entries == 1
        kept(store, "alpha", at=NOW + timedelta(hours=2), **fresh)
        with store._database.write() as connection:
            # The visit writes the article and a line of the log: nothing of the index.
            assert connection.exec_driver_sql("SELECT total_changes()").scalar() - before <= 4


def test_the_deepest_query_is_no_error(store: Store) -> None:
    text = "a"
    for number in range(40):
        text = f"(-({text}) OR b{number} NEAR/3 c)"
    store.search(text)
    store.search("-(" * 12 + " ".join(f"x{number} OR (y{number} -z)" for number in range(20)) + ")" * 12)
    assert compiled("a").words == '{title text} : "a"'
