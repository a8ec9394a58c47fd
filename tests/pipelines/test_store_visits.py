from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plans import due_at

from pipelines.errors import UsageError
from pipelines.identity import article_id
from pipelines.items import Article, Cut, Kind, Link, Outcome, Page, Target, Visit
from pipelines.store import Store

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
BODY = (
    "The council met on Tuesday to settle the budget for the coming year. After long talks over the bridge, "
    "which needs new bearings, the members agreed to spend less on roads and more on schools."
)
OTHER = (
    "A fire broke out in the harbour at night and burned two sheds. Nobody was hurt, the fire brigade said, "
    "though the smoke could be seen from the islands until the morning."
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as opened:
        opened.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW)
        yield opened
        assert opened.check() == []


def article(url: str, *, canonical: str | None = None, text: str = BODY, **fields: object) -> Article:
    base = Article(
        id="",
        url=url,
        url_canonical=canonical or url,
        source="n",
        domain="n.example",
        title="Council settles the budget",
        text=text,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def target(store: Store, url: str) -> Target:
    store.add_targets("n", [Link(url=url)], via="https://n.example/feed", depth=0, now=NOW)
    found = store.target(url)
    assert found is not None
    return found


def visit(
    store: Store,
    found: Article,
    *,
    via: str | None = None,
    at: datetime = NOW,
    due: datetime | None = None,
    links: tuple[Link, ...] = (),
) -> Visit:
    """Visit `via` (a redirect to the article's own URL when that differs) and end it."""
    address = target(store, via or found.url)
    page = Page(
        url=address.url, final_url=found.url, status=200, headers={"etag": '"1"'}, body=b"x", fetched_at=at
    )
    found = replace(found, first_seen_at=at, last_seen_at=at)
    ended = Visit(target=address, started_at=at, ended_at=at, page=page, article=found, links=links)
    before = store.counts()["visits"]
    result = store.end_visit(ended, plan=due_at(due))
    assert store.counts()["visits"] == before + 1
    return result


def test_a_new_article_is_stored_with_everything_that_follows(store: Store) -> None:
    new = article("https://n.example/1", authors=("A", "B"), tags=("x",), published_at=NOW, language="en")
    address = target(store, new.url)
    page = Page(url=new.url, final_url=new.url, status=200, headers={}, body=b"12345", fetched_at=NOW)
    ended = store.end_visit(
        Visit(
            target=address,
            started_at=NOW,
            page=page,
            article=new,
            links=(
                Link(url="https://n.example/2"),
                Link(url="https://n.example/s", kind=Kind.LISTING, depth=1),
            ),
            cuts=(Cut(line="Leave a Reply", rule="phrase"),),
            timings={"fetch": 0.25},
        ),
        plan=lambda done: replace(done.target, due_at=NOW + HOUR if done.outcome is Outcome.STORED else None),
    )
    assert ended.outcome is Outcome.STORED
    assert ended.ended_at is not None
    assert ended.article is not None
    assert ended.article.id == article_id(new.url)
    assert store.article(new.url) == ended.article
    assert ended.article == replace(new, id=ended.article.id, content_hash=ended.article.content_hash)
    (row,) = store.visits(new.url)
    assert (row.outcome, row.status, row.bytes, row.links) == (Outcome.STORED, 200, 5, 2)
    assert (row.article_id, row.timings, row.cuts[0]["line"]) == (
        ended.article.id,
        {"fetch": 0.25},
        "Leave a Reply",
    )
    after = store.target(new.url)
    assert after is not None
    assert (after.due_at, after.visits, after.failures) == (NOW + HOUR, 1, 0)
    section = store.target("https://n.example/s")
    assert section is not None
    assert (section.depth, section.discovered_via, section.kind) == (1, new.url, Kind.LISTING)


def test_read_again_unchanged_and_changed(store: Store) -> None:
    url = "https://n.example/1"
    visit(store, article(url))
    same = visit(store, article(url, language="en"), at=NOW + HOUR)
    assert same.outcome is Outcome.UNCHANGED
    assert same.article is not None
    assert (same.article.revision, same.article.language) == (1, "en")
    assert (same.article.first_seen_at, same.article.last_seen_at) == (NOW, NOW + HOUR)
    changed = visit(store, article(url, text=BODY + " It passed."), at=NOW + 2 * HOUR)
    assert changed.outcome is Outcome.UPDATED
    assert changed.article is not None
    assert (changed.article.revision, changed.article.first_seen_at) == (2, NOW)
    states = store.revisions(changed.article.id)
    assert [(state.revision, state.text) for state in states] == [(1, BODY), (2, BODY + " It passed.")]
    assert states[0].last_seen_at == NOW + HOUR
    assert store.counts()["articles"] == 1
    assert [hit.article.id for hit in store.search("passed")] == [changed.article.id]


def test_not_modified_counts_as_seen(store: Store) -> None:
    url = "https://n.example/1"
    visit(store, article(url))
    again = Visit(
        target=target(store, url), started_at=NOW, ended_at=NOW + HOUR, outcome=Outcome.NOT_MODIFIED
    )
    store.end_visit(again, plan=due_at(None))
    found = store.article(url)
    assert found is not None
    assert found.last_seen_at == NOW + HOUR
    assert store.visits(url)[-1].article_id == found.id


def test_amp_first_then_the_page_itself(store: Store) -> None:
    amp, page = "https://n.example/amp/1", "https://n.example/1"
    first = visit(store, article(amp, canonical=page, text=BODY[:150]))
    assert first.outcome is Outcome.STORED
    second = visit(store, article(page))
    assert second.outcome is Outcome.UPDATED
    assert first.article is not None
    assert second.article is not None
    assert second.article.id == first.article.id
    assert store.counts()["articles"] == 1
    third = visit(store, article(amp, canonical=page, text=BODY[:150]))
    assert third.outcome is Outcome.DUPLICATE
    assert third.reason is not None
    assert page in third.reason
    kept = store.article(amp)
    assert kept is not None
    assert (kept.text, kept.revision) == (BODY, 2)


def test_amp_alone_is_followed_for_corrections(store: Store) -> None:
    amp, page = "https://n.example/amp/1", "https://n.example/1"
    visit(store, article(amp, canonical=page))
    again = visit(store, article(amp, canonical=page, text=BODY + " It passed."))
    assert again.outcome is Outcome.UPDATED


def test_the_page_first_then_amp(store: Store) -> None:
    amp, page = "https://n.example/amp/1", "https://n.example/1"
    visit(store, article(page))
    assert visit(store, article(amp, canonical=page, text=BODY[:150])).outcome is Outcome.DUPLICATE
    found = store.article(amp)
    assert found is not None
    assert found.url_canonical == page
    assert found.text == BODY


def test_other_addresses_are_not_fetched_again(store: Store) -> None:
    amp, page, tracked = "https://n.example/amp/1", "https://n.example/1", "https://go.example/1"
    waiting = target(store, amp)
    visit(store, article(amp, canonical=page), via=tracked)
    ended = store.target(amp)
    assert ended is not None
    assert (waiting.due_at, ended.due_at) == (NOW, None)
    assert store.add_targets("n", [Link(url=amp), Link(url=page)], via="x", depth=0, now=NOW) == 1
    assert [found.url for found in store.due(NOW, per_host=9)] == [page]


def test_an_other_address_asked_for_by_hand_is_a_target(store: Store) -> None:
    amp, page = "https://n.example/amp/1", "https://n.example/1"
    visit(store, article(amp, canonical=page), via="https://go.example/1")
    assert store.target(amp) is None
    store.add_targets("n", [Link(url=amp)], via="manual", depth=0, now=NOW)
    assert store.target(amp) is not None


def test_a_moved_article_is_visited_at_its_new_place(store: Store) -> None:
    old, new = "https://n.example/old", "https://n.example/new"
    visit(store, article(new), via=old, due=NOW + HOUR)
    before, after = store.target(old), store.target(new)
    assert before is not None
    assert after is not None
    assert before.due_at is None
    assert (after.due_at, after.visits, after.etag, after.kind) == (NOW + HOUR, 1, '"1"', Kind.ARTICLE)
    assert store.due(NOW) == []
    assert visit(store, article(new), at=NOW + HOUR).outcome is Outcome.UNCHANGED
    assert visit(store, article(new), via=old, at=NOW + HOUR).outcome is Outcome.UNCHANGED


def test_a_moved_article_found_at_both_places_first(store: Store) -> None:
    old, new = "https://n.example/old", "https://n.example/new"
    target(store, new)
    visit(store, article(new), via=old, due=NOW + HOUR)
    after = store.target(new)
    assert after is not None
    assert (after.due_at, after.visits) == (NOW + HOUR, 1)


def test_one_canonical_url_on_every_page_does_not_make_all_articles_one(store: Store) -> None:
    home = "https://n.example/"
    visit(store, article("https://n.example/1", canonical=home))
    second = visit(store, article("https://n.example/2", canonical=home, title="Fire", text=OTHER))
    assert second.outcome is Outcome.STORED
    assert second.article is not None
    assert second.article.url_canonical == "https://n.example/2"
    rewritten = article("https://n.example/2", canonical=home, title="Storm", text="Rain fell all day long.")
    third = visit(store, rewritten)
    assert third.outcome is Outcome.UPDATED
    assert store.counts()["articles"] == 2


def test_a_changed_canonical_url_is_the_same_article(store: Store) -> None:
    page = "https://n.example/1"
    first = visit(store, article(page))
    second = visit(store, article(page, canonical="https://n.example/1-better-slug", text=BODY + " New."))
    assert second.outcome is Outcome.UPDATED
    assert first.article is not None
    assert second.article is not None
    assert (second.article.id, second.article.url_canonical) == (first.article.id, page)
    slug = "https://n.example/1-better-slug"
    assert store.add_targets("n", [Link(url=slug)], via="x", depth=0, now=NOW) == 0
    store.add_targets("n", [Link(url=slug)], via="manual", depth=0, now=NOW)
    there = visit(store, article(slug, text=BODY + " New."))
    assert there.outcome is Outcome.DUPLICATE
    assert store.counts()["articles"] == 1


def test_an_address_that_turns_to_another_story_is_another_article(store: Store) -> None:
    latest = "https://n.example/latest"
    visit(store, article("https://n.example/1"), via=latest)
    second = visit(store, article("https://n.example/2", title="Fire", text=OTHER), via=latest)
    assert second.outcome is Outcome.STORED
    third = visit(store, article(latest, title="Storm", text="Rain fell all day long in the hills."))
    assert third.outcome is Outcome.STORED
    assert store.counts()["articles"] == 3


def test_the_same_words_at_another_address_of_the_source(store: Store) -> None:
    visit(store, article("https://n.example/1"))
    twin = visit(store, article("https://n.example/copy"))
    assert twin.outcome is Outcome.DUPLICATE
    assert twin.reason == "same text as https://n.example/1"
    assert twin.article is not None
    assert twin.article.url == "https://n.example/1"
    elsewhere = article("https://m.example/1", source="m")
    assert visit(store, elsewhere).outcome is Outcome.STORED


@pytest.mark.parametrize("outcome", [Outcome.TOO_SHORT, Outcome.NOT_ARTICLE, Outcome.FILTERED])
def test_an_outcome_that_is_decided_already_stays(store: Store, outcome: Outcome) -> None:
    new = article("https://n.example/1")
    decided = Visit(
        target=target(store, new.url), started_at=NOW, article=new, outcome=outcome, reason="so it is"
    )
    ended = store.end_visit(decided, plan=due_at(None))
    assert (ended.outcome, ended.reason) == (outcome, "so it is")
    assert store.counts()["articles"] == 0
    assert store.visits(new.url)[0].reason == "so it is"


def test_a_visit_that_gave_nothing_ends_as_well(store: Store) -> None:
    ended = store.end_visit(
        Visit(target=target(store, "https://n.example/1"), started_at=NOW), plan=due_at(None)
    )
    assert ended.outcome is Outcome.PARSE_ERROR


def test_nothing_of_a_visit_stays_when_its_plan_fails(store: Store) -> None:
    new = article("https://n.example/1")
    address = target(store, new.url)
    counts = store.counts()

    def plan(_: Visit) -> Target:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        store.end_visit(Visit(target=address, started_at=NOW, article=new), plan=plan)
    assert store.counts() == counts
    assert store.search("council") == []
    assert store.target(new.url) == address


def test_characters_that_no_database_takes(store: Store) -> None:
    odd = article(
        "https://n.example/1",
        title="Two\x00 \ud83d\ude00 \ud800",
        authors=("A\x00\udfff",),
        text=BODY + "\x00 tail",
    )
    ended = visit(store, odd)
    assert ended.outcome is Outcome.STORED
    assert ended.article is not None
    assert ended.article.title == "Two 😀 \ufffd"
    assert ended.article.authors == ("A\ufffd",)
    assert store.article(ended.article.id) == ended.article
    assert len(store.search("tail")) == 1
    bad = Visit(
        target=target(store, "https://n.example/2"),
        started_at=NOW,
        outcome=Outcome.NETWORK_ERROR,
        reason="\ud800\x00",
        links=(Link(url="https://n.example/\ud800"),),
    )
    store.end_visit(bad, plan=due_at(None))


def test_dates_at_the_ends_of_time(store: Store) -> None:
    eastern = datetime.max.replace(tzinfo=UTC)
    odd = article("https://n.example/1", published_at=eastern, modified_at=datetime(1, 1, 1, tzinfo=UTC))
    ended = visit(store, odd)
    assert ended.article is not None
    assert store.article(ended.article.id) == ended.article
    visit(store, article("https://n.example/2", title="b", text=OTHER, published_at=NOW + HOUR))
    # A date in the future does not make it the newest for ever.
    assert [found.title for found in store.articles()] == ["b", odd.title]


def test_articles_are_found_by_id_prefix_and_any_address(store: Store) -> None:
    page, amp = "https://n.example/1", "https://n.example/amp/1"
    first = visit(store, article(amp, canonical=page)).article
    assert first is not None
    assert store.article(first.id[:6]) == first
    assert store.article(first.id[:6].upper()) == first
    assert store.article(page) == first
    assert store.article(amp) == first
    for name in ("", "zz", "%", "*", "https://n.example/none", "\x00", "ffffffffffffffffff"):
        assert store.article(name) is None
    for number in range(20):
        visit(store, article(f"https://n.example/x{number}", title=f"t{number}", text=f"{OTHER} {number}"))
    firsts = [found.id[0] for found in store.articles()]
    shared = next(first for first in firsts if firsts.count(first) > 1)
    with pytest.raises(UsageError, match="several articles"):
        store.article(shared)


def test_articles_stream_newest_first_through_filters(store: Store) -> None:
    for day in range(1, 6):
        language = "pt-BR" if day % 2 else "en"
        visit(
            store,
            article(
                f"https://n.example/{day}",
                title=f"d{day}",
                text=f"{OTHER} {day}",
                published_at=NOW - timedelta(days=day),
                language=language,
            ),
        )
    assert [found.title for found in store.articles()] == ["d1", "d2", "d3", "d4", "d5"]
    assert [found.title for found in store.articles(language="pt")] == ["d1", "d3", "d5"]
    assert [found.title for found in store.articles(language="p")] == []
    assert [found.title for found in store.articles(limit=2)] == ["d1", "d2"]
    day = timedelta(days=1)
    assert [found.title for found in store.articles(since=NOW - 3 * day, until=NOW - day)] == ["d2", "d3"]
    assert list(store.articles(source="m")) == []


def test_a_stream_that_is_left_open_does_not_stop_the_writer(store: Store) -> None:
    for number in range(5):
        visit(store, article(f"https://n.example/{number}", title=f"{number}", text=f"{OTHER} {number}"))
    stream = store.articles()
    next(stream)
    visit(store, article("https://n.example/new"))
    assert len(list(stream)) == 4
