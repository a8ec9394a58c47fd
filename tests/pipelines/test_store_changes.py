from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plans import due_at

from pipelines.changes import ChangeKind
from pipelines.items import Article, Link, Outcome, Page, Visit
from pipelines.store import Store

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://n.example/2026/story"
BODY = "The council met on Tuesday to settle the budget. At least 12 people were hurt, the police said."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as opened:
        opened.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW)
        opened.add_targets("n", [Link(url=URL)], via="x", depth=0, now=NOW)
        yield opened
        assert opened.check() == []


def read(store: Store, hours: int, text: str = BODY) -> Visit:
    found = Article(
        id="",
        url=URL,
        url_canonical=URL,
        source="n",
        domain="n.example",
        title="Council settles the budget",
        text=text,
        first_seen_at=NOW,
        last_seen_at=NOW + hours * HOUR,
    )
    return end(store, hours, article=found)


def end(store: Store, hours: int, **fields: object) -> Visit:
    target = store.target(URL)
    assert target is not None
    at = NOW + hours * HOUR
    visit = replace(Visit(target=target, started_at=at), ended_at=at, **fields)  # type: ignore[arg-type]
    return store.end_visit(visit, plan=due_at(None))


def kinds(store: Store) -> list[str]:
    return [row.kind.value for row in reversed(store.changes())]


def test_what_changed_is_kept_by_kind(store: Store) -> None:
    read(store, 0)
    assert store.changes() == []
    read(store, 1, BODY.replace("12", "15"))
    (row,) = store.changes()
    assert (row.kind, row.revision, row.at, row.url) == (ChangeKind.FIGURES, 2, NOW + HOUR, URL)
    assert store.changes_of(row.article_id) == [row]
    assert store.changes(kinds=[ChangeKind.HEADLINE]) == []
    assert store.changes(kinds=[ChangeKind.FIGURES], source="n", since=NOW + HOUR) == [row]
    assert store.changes(until=NOW + HOUR) == []
    assert store.changes(source="m") == []


def test_a_counter_piles_up_no_revisions(store: Store) -> None:
    for hour in range(4):
        read(store, hour, f"{BODY}\n\n{hour * 17} views\n\nThe next meeting is in March, as the clerk said.")
    found = store.article(URL)
    assert found is not None
    assert found.revision == 1
    assert store.changes() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": Outcome.GONE, "reason": "404"},
        {
            "outcome": Outcome.NOT_ARTICLE,
            "reason": "home page",
            "page": Page(
                url=URL,
                final_url="https://n.example/",
                status=200,
                headers={},
                body=b"x",
                fetched_at=NOW,
            ),
        },
    ],
)
def test_withdrawn_once_and_restored(store: Store, fields: dict[str, object]) -> None:
    read(store, 0)
    assert end(store, 1, **fields).outcome is Outcome.GONE
    end(store, 2, **fields)
    found = store.article(URL)
    assert found is not None
    assert (found.withdrawn_at, found.text, found.revision) == (NOW + HOUR, BODY, 1)
    assert kinds(store) == ["withdrawn"]
    read(store, 3)
    found = store.article(URL)
    assert found is not None
    assert found.withdrawn_at is None
    assert kinds(store) == ["withdrawn", "restored"]


def test_a_wall_or_a_failure_withdraws_nothing(store: Store) -> None:
    read(store, 0)
    end(store, 1, outcome=Outcome.NETWORK_ERROR, reason="timeout")
    end(store, 2, outcome=Outcome.NOT_ARTICLE, reason="login wall")
    found = store.article(URL)
    assert found is not None
    assert found.withdrawn_at is None
    assert store.changes() == []


def test_an_answer_of_304_restores(store: Store) -> None:
    read(store, 0)
    end(store, 1, outcome=Outcome.GONE, reason="404")
    end(store, 2, outcome=Outcome.NOT_MODIFIED)
    found = store.article(URL)
    assert found is not None
    assert found.withdrawn_at is None
    assert kinds(store) == ["withdrawn", "restored"]


def elsewhere(text: str, title: str, hours: int) -> dict[str, object]:
    """A redirect from the story's address to another article."""
    url = "https://n.example/2026/other"
    article = Article(
        id="", url=url, url_canonical=url, source="n", domain="n.example", title=title, text=text,
        first_seen_at=NOW, last_seen_at=NOW + hours * HOUR,
    )  # fmt: skip
    page = Page(url=URL, final_url=url, status=200, headers={}, body=b"x", fetched_at=NOW)
    return {"article": article, "page": page}


def test_an_address_that_leads_to_another_article_withdraws_the_first(store: Store) -> None:
    read(store, 0)
    ended = end(store, 1, **elsewhere("A fire burned two sheds in the harbour at night.", "Fire", 1))
    assert ended.outcome is Outcome.STORED
    found = store.article(URL)
    assert found is not None
    assert found.withdrawn_at == NOW + HOUR
    assert kinds(store) == ["withdrawn"]


def test_an_address_that_leads_to_the_same_article_has_moved_it(store: Store) -> None:
    read(store, 0)
    assert end(store, 1, **elsewhere(BODY, "Council settles the budget", 1)).outcome is Outcome.UNCHANGED
    (row,) = store.changes()
    assert (row.kind, row.before, row.after) == (ChangeKind.MOVED, URL, "https://n.example/2026/other")
    end(store, 2, **elsewhere(BODY, "Council settles the budget", 2))
    assert kinds(store) == ["moved"]


def test_a_headline_tried_out_on_readers_ends_as_two_revisions(store: Store) -> None:
    for hour in range(8):
        line = "It is settled at last" if hour % 2 else "The budget of the town is settled"
        read(store, hour, f"{line}\n\n{BODY}")
    found = store.article(URL)
    assert found is not None
    assert found.revision <= 3
