"""What the store remembers of hosts, and whom it therefore does not hand out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plans import due_at

from pipelines.items import HostState, Kind, Link, OriginFile, Outcome, Page, Visit
from pipelines.store import Store

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three sources, each on a host of its own, with one feed and two articles there."""
    with Store.open(f"sqlite:///{tmp_path}/s.db") as opened:
        for name in "abc":
            root = Link(url=f"https://{name}.example/feed", kind=Kind.FEED)
            opened.sync_source(
                name, f"https://{name}.example/", configured=True, enabled=True, roots=(root,), now=NOW
            )
            found = [Link(url=f"https://{name}.example/{number}") for number in range(2)]
            opened.add_targets(name, found, via=root.url, depth=0, now=NOW)
        yield opened


def alone(name: str, *, asked: bool = False, until: datetime = NOW + HOUR) -> HostState:
    return HostState(host=f"{name}.example", not_before=until, asked=asked, failures=3, reason="why")


def due_hosts(store: Store, now: datetime = NOW, **options: datetime) -> set[str]:
    return {target.host for target in store.due(now, **options)}


def test_hosts_left_alone_are_not_handed_out(store: Store) -> None:
    store.keep_hosts([alone("a"), alone("b", asked=True)])
    assert due_hosts(store) == {"c.example"}
    assert due_hosts(store, roots_since=NOW) == {"c.example"}
    assert due_hosts(store, NOW + HOUR) == {"a.example", "b.example", "c.example"}


def test_a_crawl_by_hand_forgives_what_was_not_asked_for_to_its_own_hosts(store: Store) -> None:
    elsewhere = replace(alone("a"), host="elsewhere.example")
    store.keep_hosts([alone("a"), alone("b", asked=True), alone("c"), elsewhere])
    store.forgive(["a", "b"])
    assert due_hosts(store, roots_since=NOW) == {"a.example"}
    states = {state.host: state for state in store.hosts()}
    assert states["a.example"] == replace(alone("a"), not_before=None)  # its failures stay counted
    assert states["elsewhere.example"] == elsewhere
    store.forgive([], {"elsewhere.example"})
    assert replace(elsewhere, not_before=None) in store.hosts()


def test_who_waits_and_how_many_pages(store: Store) -> None:
    store.keep_hosts([alone("b", until=NOW + 2 * HOUR), alone("a", asked=True), alone("d")])
    for root in store.roots("a"):
        store.end_visit(_visit(store, root.url), plan=due_at(NOW + HOUR))
    found = [(state.host, pages) for state, pages in store.waiting(NOW, sources=["a", "b"])]
    assert found == [("a.example", 2), ("d.example", 0), ("b.example", 3)]
    by_hand = store.waiting(NOW, sources=["a"], roots_since=NOW + HOUR)
    assert {state.host: pages for state, pages in by_hand}["a.example"] == 3
    assert store.waiting(NOW + 3 * HOUR, sources=["a", "b"]) == []


def _visit(store: Store, url: str, *, final_url: str | None = None) -> Visit:
    target = store.target(url)
    assert target is not None
    page = Page(url=url, final_url=final_url or url, status=404, headers={}, body=b"", fetched_at=NOW)
    return Visit(target=target, started_at=NOW, ended_at=NOW, page=page, outcome=Outcome.GONE)


def test_a_visit_ends_with_what_it_taught_of_hosts(store: Store) -> None:
    store.end_visit(_visit(store, "https://a.example/0"), plan=due_at(None), hosts=[alone("a"), alone("x")])
    assert store.hosts() == [alone("a"), alone("x")]
    better = HostState(host="a.example", certificate_ends_at=NOW)
    store.end_visit(
        _visit(store, "https://a.example/1"), plan=due_at(None), hosts=[better, HostState(host="x.example")]
    )
    assert store.hosts() == [better]


def test_nothing_of_it_is_kept_where_the_visit_is_not(store: Store) -> None:
    def fail(visit: Visit) -> object:
        raise RuntimeError("no plan")

    with pytest.raises(RuntimeError):
        store.end_visit(_visit(store, "https://a.example/0"), plan=fail, hosts=[alone("a")])  # type: ignore[arg-type]
    assert store.hosts() == []


def test_what_was_asked_for_last(store: Store) -> None:
    visit = _visit(store, "https://a.example/0", final_url="https://www.a.example/0")
    early = replace(_visit(store, "https://b.example/0"), ended_at=NOW - HOUR)
    for one in (early, visit):
        store.end_visit(one, plan=due_at(None))
    origin = "https://c.example"
    store.keep_origin_file(_robots(origin))
    assert sorted(store.asked_since(NOW - HOUR / 2)) == [
        ("https://a.example/0", NOW),
        (origin, NOW),
        ("https://www.a.example/0", NOW),
    ]


def _robots(origin: str) -> OriginFile:
    return OriginFile(
        origin=origin, status=200, body="User-agent: *\n\x00", fetched_at=NOW, expires_at=NOW + HOUR
    )


def test_robots_txt_is_kept_and_replaced(store: Store) -> None:
    origin = "https://a.example"
    assert store.origin_file(origin) is None
    store.keep_origin_file(_robots(origin))
    assert store.origin_file(origin) == replace(_robots(origin), body="User-agent: *\n")
    nobody = replace(_robots(origin), status=None, body=None)
    store.keep_origin_file(nobody)
    assert store.origin_file(origin) == nobody
