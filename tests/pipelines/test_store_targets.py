from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from plans import due_at

from pipelines.items import Kind, Link, Outcome, Page, Target, Visit
from pipelines.store import Store

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as opened:
        yield opened


def add(store: Store, name: str, *roots: Link, enabled: bool = True, replace: bool = True) -> None:
    url = f"https://{name}.example/"
    store.sync_source(name, url, configured=True, enabled=enabled, roots=roots, now=NOW, replace=replace)


def feed(url: str) -> Link:
    return Link(url=url, kind=Kind.FEED)


def links(store: Store, source: str, *found: Link, now: datetime = NOW) -> int:
    return store.add_targets(source, found, via=f"https://{source}.example/feed", depth=0, now=now)


def end(store: Store, target: Target, *, at: datetime = NOW, due: datetime | None = None) -> Visit:
    visit = Visit(target=target, started_at=at, ended_at=at, outcome=Outcome.LINKS)
    return store.end_visit(visit, plan=due_at(due))


def urls(found: list[Target]) -> list[str]:
    return [target.url for target in found]


def test_a_new_root_is_due_at_once_and_a_retired_one_no_more(store: Store) -> None:
    add(store, "n", feed("https://n.example/a"), feed("https://n.example/b"))
    assert urls(store.roots("n")) == ["https://n.example/a", "https://n.example/b"]
    add(store, "n", feed("https://n.example/b"))
    assert urls(store.roots("n")) == ["https://n.example/b"]
    assert urls(store.due(NOW, per_host=9)) == ["https://n.example/b"]
    add(store, "n", feed("https://n.example/a"), replace=False)
    assert urls(store.roots("n")) == ["https://n.example/a", "https://n.example/b"]


def test_syncing_again_does_not_make_a_root_due(store: Store) -> None:
    add(store, "n", feed("https://n.example/a"))
    end(store, store.roots("n")[0], due=NOW + HOUR)
    add(store, "n", feed("https://n.example/a"))
    assert store.due(NOW) == []
    assert urls(store.due(NOW + HOUR)) == ["https://n.example/a"]


def test_a_link_that_becomes_a_root_takes_its_kind(store: Store) -> None:
    add(store, "n", feed("https://n.example/a"))
    links(store, "n", Link(url="https://n.example/world"))
    add(store, "n", Link(url="https://n.example/world", kind=Kind.LISTING))
    assert [(root.url, root.kind) for root in store.roots("n")] == [("https://n.example/world", Kind.LISTING)]


def test_a_root_of_two_sources_stays_the_first_ones(store: Store) -> None:
    add(store, "n", feed("https://shared.example/feed"))
    add(store, "m", feed("https://shared.example/feed"))
    assert len(store.roots("n")) == 1
    assert store.roots("m") == []
    add(store, "n")
    add(store, "m", feed("https://shared.example/feed"))
    assert len(store.roots("m")) == 1


def test_known_urls_stay_untouched(store: Store) -> None:
    add(store, "n")
    assert links(store, "n", Link(url="https://n.example/1", title="first")) == 1
    later = Link(url="https://n.example/1", title="second")
    assert links(store, "n", later, Link(url="https://n.example/2"), now=NOW + HOUR) == 1
    target = store.target("https://n.example/1")
    assert target is not None
    assert (target.hint_title, target.due_at, target.discovered_via) == (
        "first",
        NOW,
        "https://n.example/feed",
    )


@pytest.mark.parametrize("url", ["", "http://", "https://[::1", "mailto:x", "https://h:99999999/"])
def test_urls_without_a_host_are_left_out(store: Store, url: str) -> None:
    add(store, "n")
    assert links(store, "n", Link(url=url), Link(url="https://n.example/ok")) == 1


def test_the_host_has_no_default_port(store: Store) -> None:
    add(store, "n")
    links(store, "n", Link(url="https://N.Example:443/1"), Link(url="http://127.0.0.1:8000/2"))
    found = {target.host for target in store.due(NOW)}
    assert found == {"n.example", "127.0.0.1:8000"}


def test_one_target_a_host_in_order_of_kind_due_time_and_news(store: Store) -> None:
    add(store, "n")
    links(store, "n", Link(url="https://n.example/late"), now=NOW - HOUR)
    links(
        store,
        "n",
        Link(url="https://n.example/old", published_at=NOW - 9 * HOUR),
        Link(url="https://n.example/new", published_at=NOW - HOUR),
        Link(url="https://n.example/undated"),
        Link(url="https://n.example/section", kind=Kind.LISTING),
        Link(url="https://n.example/map", kind=Kind.SITEMAP),
        Link(url="https://other.example/1"),
    )
    assert set(urls(store.due(NOW))) == {"https://n.example/map", "https://other.example/1"}
    assert urls(store.due(NOW, per_host=9, exclude_hosts=["other.example"])) == [
        f"https://n.example/{name}" for name in ("map", "section", "late", "new", "old", "undated")
    ]
    assert len(store.due(NOW, limit=1)) == 1
    assert len(store.due(NOW, per_host=2)) == 3
    assert store.due(NOW - 2 * HOUR) == []


def test_only_enabled_and_named_sources(store: Store) -> None:
    add(store, "on", feed("https://on.example/f"))
    add(store, "off", feed("https://off.example/f"), enabled=False)
    add(store, "shared", feed("https://on.example/g"))
    assert set(urls(store.due(NOW, per_host=5))) == {"https://on.example/f", "https://on.example/g"}
    assert len(store.due(NOW)) == 1
    assert urls(store.due(NOW, sources=["shared"])) == ["https://on.example/g"]
    assert store.due(NOW, sources=["off"]) == []
    assert store.due(NOW, sources=[]) == []
    assert store.next_due_at(["off"]) is None
    assert store.next_due_at([]) is None
    assert store.count_due(NOW) == 2
    assert store.count_due(NOW, sources=["on"]) == 1
    assert store.count_due(NOW - HOUR) == 0


def test_a_crawl_by_hand_reads_each_root_once(store: Store) -> None:
    add(store, "n", feed("https://n.example/f"))
    end(store, store.roots("n")[0], at=NOW - HOUR, due=NOW + 5 * HOUR)
    links(store, "n", Link(url="https://n.example/1"), now=NOW + 5 * HOUR)
    assert store.due(NOW) == []
    (root,) = store.due(NOW, roots_since=NOW, per_host=5)
    assert root.url == "https://n.example/f"
    # Due again by its own time, but read since the crawl began: a short interval must not make it endless.
    end(store, root, at=NOW, due=NOW)
    assert store.due(NOW, roots_since=NOW) == []
    assert len(store.due(NOW)) == 1
    add(store, "n")
    assert store.due(NOW, roots_since=NOW + HOUR) == []


def test_next_due_at(store: Store) -> None:
    assert store.next_due_at() is None
    add(store, "n", feed("https://n.example/f"))
    end(store, store.roots("n")[0], due=NOW + HOUR)
    links(store, "n", Link(url="https://n.example/1"), now=NOW + 2 * HOUR)
    assert store.next_due_at() == NOW + HOUR


def test_removing_a_source_keeps_the_log(store: Store) -> None:
    add(store, "n", feed("https://n.example/f"))
    end(store, store.roots("n")[0])
    (row,) = store.sources()
    assert (row.name, row.targets, row.articles, row.last_visit_at, row.configured) == ("n", 1, 0, NOW, True)
    assert store.remove_source("n")
    assert not store.remove_source("n")
    assert store.sources() == []
    assert store.target("https://n.example/f") is None
    assert len(store.visits("https://n.example/f")) == 1
    assert store.check() == []


def test_a_visit_of_a_source_that_was_removed_meanwhile_is_logged(store: Store) -> None:
    add(store, "n", feed("https://n.example/f"))
    (target,) = store.due(NOW)
    store.remove_source("n")
    visit = Visit(target=target, started_at=NOW, links=(Link(url="https://n.example/1"),), ended_at=NOW)
    assert store.end_visit(visit, plan=due_at(NOW)).outcome is Outcome.LINKS
    assert len(store.visits(target.url)) == 1
    assert store.counts()["targets"] == 0


def test_failures_count_up_and_start_again(store: Store) -> None:
    add(store, "n", feed("https://n.example/f"))
    for outcome in (Outcome.TIMEOUT, Outcome.HTTP_ERROR):
        (target,) = store.due(NOW)
        store.end_visit(Visit(target=target, started_at=NOW, ended_at=NOW, outcome=outcome), plan=due_at(NOW))
    (target,) = store.due(NOW)
    assert (target.failures, target.visits, target.last_visited_at) == (2, 2, NOW)
    end(store, target, due=NOW)
    assert store.due(NOW)[0].failures == 0


def answered(target: Target, outcome: Outcome, status: int, **headers: str) -> Visit:
    page = Page(
        url=target.url,
        final_url=target.url,
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=b"body",
        fetched_at=NOW,
    )
    return Visit(target=target, started_at=NOW, ended_at=NOW, outcome=outcome, page=page)


def test_validators_are_kept_only_from_pages_that_were_used(store: Store) -> None:
    add(store, "n", feed("https://n.example/f"))

    def visit(outcome: Outcome, status: int, **headers: str) -> tuple[str | None, str | None]:
        (target,) = store.due(NOW)
        store.end_visit(answered(target, outcome, status, **headers), plan=due_at(NOW))
        (target,) = store.due(NOW)
        return target.etag, target.last_modified

    assert visit(Outcome.PARSE_ERROR, 200, etag='"0"') == (None, None)
    assert visit(Outcome.LINKS, 200, etag='"1"', last_modified="Mon") == ('"1"', "Mon")
    assert store.due(NOW)[0].body_hash is not None
    assert visit(Outcome.NOT_MODIFIED, 304, etag='"2"') == ('"2"', "Mon")
    assert visit(Outcome.HTTP_ERROR, 500) == ('"2"', "Mon")
    assert visit(Outcome.LINKS, 200) == (None, None)


def test_the_cost_does_not_grow_with_the_targets_of_a_host(store: Store) -> None:
    add(store, "n")
    steps: list[int] = []

    def count(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(lambda: steps.append(100) or 0, 100)  # type: ignore[func-returns-value]

    sa.event.listen(store._database.engine, "checkout", count)

    def cost() -> int:
        steps.clear()
        assert len(store.due(NOW)) == 1
        return sum(steps)

    links(store, "n", *(Link(url=f"https://n.example/{number}") for number in range(10)))
    few = cost()
    links(store, "n", *(Link(url=f"https://n.example/{number}") for number in range(20_000)))
    # Steps of SQLite's machine; a query that looks at all that are due takes more than one each.
    assert cost() <= few + 1000
    assert store.count_due(NOW) == 20_000
    assert sum(steps) > 10_000
