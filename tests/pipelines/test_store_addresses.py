"""Whose article a page is: hosts and schemes, slugs that change, pages that name another's address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from manyaddresses import canonical, page
from newsserver import Answer
from plans import due_at
from stories import text_of

from pipelines.extract import read_article
from pipelines.items import Kind, Link, Outcome, Page, Target, Visit
from pipelines.store import Store
from pipelines.urls import host_of, number_in

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORY = "/2026/11/24/bridge-to-be-repaired-at-last"
WWW = f"https://www.courier.example{STORY}"
MOMENT, LATER = "2026-11-23T10:11:12Z", "2026-11-23T18:30:00Z"
EDITED = [*text_of("one")[:3], "The end of this story was written anew by its author in the afternoon."]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as opened:
        for name in ("courier", "herald"):
            opened.sync_source(name, "https://a.example/", configured=True, enabled=True, roots=(), now=NOW)
        yield opened
        assert opened.check() == []


def read(store: Store, url: str, story: str = "one", *, source: str = "courier", status: int = 200, final: str = "",
         hops: Sequence[str] = (), at: datetime = NOW, guid: str | None = None, **drawn: Any) -> Visit:  # fmt: skip
    """A visit as the crawl makes it, without the network."""
    store.add_targets(source, [Link(url=url, guid=guid)], via="manual", depth=0, now=NOW)
    target = store.target(url)
    if target is None or target.source != source:
        target = Target(id=0, url=url, kind=Kind.ARTICLE, host=host_of(url), source=source, due_at=NOW)
    answer = page(story, **{"time": MOMENT, **drawn})
    assert callable(answer)
    served = answer(SimpleNamespace(url="https://www.courier.example"))  # type: ignore[arg-type]
    assert isinstance(served, Answer)
    body = str(served.body).encode()
    got = Page(
        url=url,
        final_url=final or url,
        status=status,
        headers={},
        body=body,
        fetched_at=at,
        hops=tuple(("301", hop) for hop in hops),
    )
    visit = Visit(target=target, started_at=at, ended_at=at, page=got)
    if status == 200:
        reading = read_article(got, source=source)
        visit = Visit(target=target, started_at=at, ended_at=at, page=got, article=reading.article,
                      outcome=reading.outcome, reason=reading.reason)  # fmt: skip
    else:
        visit = Visit(
            target=target, started_at=at, ended_at=at, page=got, outcome=Outcome.GONE, reason="status 404"
        )
    return store.end_visit(visit, plan=due_at(None))


ONE = (
    (WWW, f"https://courier.example{STORY}"),
    (WWW, f"http://www.courier.example{STORY}"),
    (WWW, f"https://m.courier.example{STORY}"),
    (WWW, f"https://amp.courier.example{STORY}"),
    (WWW, f"https://www.courier.example:8443{STORY}"),
    (WWW, f"{WWW}/"),
    ("https://www.courier.example/12345678/old-slug-of-it", "https://www.courier.example/12345678/new-slug-of-it"),
    (f"{WWW}/index.html", WWW),
)  # fmt: skip


@pytest.mark.parametrize("way", ["canonical", "the same words", "edited in between"])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("pair", ONE)
def test_one_article(store: Store, pair: tuple[str, str], turned: bool, way: str) -> None:
    first, second = pair[::-1] if turned else pair
    head = canonical(pair[0]) if way == "canonical" else ""
    edits = (
        {"title": "Another headline was found for it", "paragraphs": EDITED}
        if way == "edited in between"
        else {}
    )
    assert read(store, first, head=head).outcome is Outcome.STORED
    outcome = read(store, second, head=head, at=NOW + HOUR, **edits).outcome
    if way == "edited in between":
        assert outcome is Outcome.UPDATED
    elif way == "the same words":
        assert outcome is Outcome.DUPLICATE
    for spelled in (first, second, first.replace("courier", "COURIER")):
        found = store.article(f"{spelled}?utm_source=x#top")
        assert found is not None
        assert found.url_canonical == (pair[0] if way == "canonical" else first)
    assert store.counts()["articles"] == 1


def test_a_view_for_printing_does_not_take_the_place_of_the_page(store: Store) -> None:
    read(store, WWW)
    printed = read(
        store,
        f"{WWW}?print=1",
        bare=True,
        paragraphs=[*text_of("one"), "Printed on Tuesday at home by a reader."],
    )
    assert (printed.outcome, printed.reason) == (Outcome.DUPLICATE, f"another address of {WWW}")
    found = store.article(f"{WWW}?print=1")
    assert found is not None
    assert (found.url, found.revision) == (WWW, 1)


TWO: tuple[tuple[str, tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]], ...] = (
    ("other words at one moment", (WWW, {}), (f"{WWW}-2", {"story": "two"})),
    ("other words under one number", ("https://a.example/1234567/a-slug-of-it", {}), ("https://a.example/1234567/b-slug-of-it", {"story": "two"})),
    ("most words again, at another time", (WWW, {}), (f"{WWW}-2", {"time": LATER, "paragraphs": EDITED})),
    ("most words again, at one moment", (WWW, {}), (f"{WWW}-2", {"paragraphs": EDITED})),
    ("most words again, under one path for all", ("https://a.example/story?id=7", {}), ("https://a.example/story?id=8", {"paragraphs": EDITED})),
    ("most words again, under another number", (f"{WWW}-1234567", {}), (f"{WWW}-1234568", {"paragraphs": EDITED})),
    ("most words again, at another site", (WWW, {}), (f"https://b.example{STORY}", {"paragraphs": EDITED})),
    ("the same words, at another source", (WWW, {}), (f"https://b.example{STORY}", {"source": "herald"})),
)  # fmt: skip


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("one", "other"), [case[1:] for case in TWO], ids=[case[0] for case in TWO])
def test_two_articles(
    store: Store, one: tuple[str, dict[str, Any]], other: tuple[str, dict[str, Any]], turned: bool
) -> None:
    for url, drawn in (other, one) if turned else (one, other):
        assert read(store, url, **drawn).outcome is Outcome.STORED
    assert store.counts()["articles"] == 2


def test_a_guid_tells_a_new_slug(store: Store) -> None:
    read(store, WWW, guid="tag:4711")
    assert read(store, f"{WWW}-again", guid="tag:4711", paragraphs=EDITED).outcome is Outcome.UPDATED
    assert "moved" in kinds(store, WWW)
    assert store.article(f"{WWW}-again") == store.article(WWW)


def test_a_guid_alone_makes_no_two_stories_one(store: Store) -> None:
    for number, story in enumerate(("one", "two", "three", "four", "five", "six")):
        assert read(store, f"{WWW}-{number}", story, guid="news").outcome is Outcome.STORED
    assert read(store, f"{WWW}-7", guid="news", paragraphs=EDITED).outcome is Outcome.STORED
    assert (
        read(store, f"{WWW}-8", "two", paragraphs=[*text_of("two")[:3], EDITED[-1]]).outcome is Outcome.STORED
    )


OLD, NEW = (f"https://www.courier.example/12345678/{slug}-slug-of-the-story" for slug in ("old", "new"))
AGAIN = {"title": "Another headline was found for it", "paragraphs": EDITED}


def kinds(store: Store, url: str) -> list[str]:
    found = store.article(url)
    assert found is not None
    return [str(change.kind) for change in store.changes_of(found.id)]


@pytest.mark.parametrize("gone_first", [False, True])
def test_a_new_slug_while_the_old_one_is_gone(store: Store, gone_first: bool) -> None:
    read(store, OLD)
    for number in (1, 2):
        if (number == 1) is gone_first:
            read(store, OLD, status=404, at=NOW + number * HOUR)
        else:
            assert read(store, NEW, at=NOW + number * HOUR, **AGAIN).outcome is Outcome.UPDATED
    found = store.article(NEW)
    assert found is not None
    assert (found.url_canonical, found.url, found.withdrawn_at, found.revision) == (OLD, NEW, None, 2)
    assert store.article(OLD) == found
    assert read(store, NEW, at=NOW + 3 * HOUR, **AGAIN).outcome is Outcome.UNCHANGED
    assert read(store, NEW, status=404, at=NOW + 4 * HOUR).outcome is Outcome.GONE
    gone = store.article(OLD)
    assert gone is not None
    assert gone.withdrawn_at == NOW + 4 * HOUR
    assert store.counts()["articles"] == 1


def test_redirects_are_remembered_but_for_gates(store: Store) -> None:
    middle, gate, final = f"{WWW}-2", "https://www.courier.example/cookies", f"{WWW}-3"
    read(store, WWW, hops=[gate, middle, f"https://b.example{STORY}"], final=final)
    assert {store.article(url) is None for url in (WWW, middle, final)} == {False}
    assert store.article(gate) is None
    assert store.article(f"https://b.example{STORY}") is None


def test_an_article_that_named_anothers_address_gives_it_back(store: Store) -> None:
    liar, named = f"{WWW}-by-a-liar", WWW
    head = canonical(STORY)
    first = read(store, liar, "liar", head=head)
    read(store, f"https://copy.example{STORY}", "liar", source="herald")
    read(store, liar, "liar", head=head, title="Another headline was found for it", at=NOW + HOUR)
    read(store, named, "named", head=head, at=NOW + 2 * HOUR)
    one, other, copied = (store.article(url) for url in (liar, named, f"https://copy.example{STORY}"))
    assert one is not None
    assert other is not None
    assert copied is not None
    assert (one.url_canonical, other.url_canonical) == (liar, named)
    assert (one.revision, other.revision) == (2, 1)
    assert first.article is not None
    assert (one.first_seen_at, other.first_seen_at) == (NOW, NOW + 2 * HOUR)
    assert [state.title for state in store.revisions(one.id)] == [first.article.title, one.title]
    assert (copied.copy_of, copied.cluster_id) == (one.id, one.id)
    assert other.cluster_id is None
    assert [visit.article_id for visit in store.visits(liar)] == [one.id, one.id]
    for url, story in ((liar, "liar"), (named, "named")):
        title = {"title": "Another headline was found for it"} if story == "liar" else {}
        assert read(store, url, story, head=head, at=NOW + 3 * HOUR, **title).outcome is Outcome.UNCHANGED
    assert kinds(store, named) == []
    assert kinds(store, liar) == ["headline"]


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://a.example/12345/slug", "12345"),
        ("https://a.example/2026/11/24/slug-1234567.html", "1234567"),
        ("https://a.example/20261124/slug", None),
        ("https://a.example/202611/slug-200013", "200013"),
        ("https://a.example/slug-201105.html", "201105"),
        ("https://a.example/202611/slug-of-1999", None),
        ("https://a.example/20261124123456/slug", None),
        ("https://a.example/?p=123456", "123456"),
        ("https://a.example:12345/slug", None),
    ],
)
def test_the_number_of_an_address(url: str, number: str | None) -> None:
    assert number_in(url) == number
