"""Lines learned per site, in the store: noted with the visit, decided, applied to what is known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from plans import due_at

from pipelines.boilerplate.line import RULE, fingerprint
from pipelines.boilerplate.wishes import Wishes
from pipelines.cleaning import without_lines
from pipelines.items import Article, Cut, Link, Outcome, Visit
from pipelines.store import Step, Store, decision
from pipelines.store.rules import STRIDE, WINDOW
from pipelines.store.schema import seen_lines

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
SITE = "n.example"
PROMO = "Tollo remmi vask un dorre belim anstuk."
OTHER = "Nabro kell osti vennu, trassim orbel."
COUNT = 8


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as opened:
        opened.sync_source("n", f"https://{SITE}/", configured=True, enabled=True, roots=(), now=NOW)
        yield opened
        assert opened.check() == []


def own(number: int) -> list[str]:
    rng = random.Random(number)
    return [f"{' '.join(''.join(rng.choices('aeioklmnrstv', k=6)) for _ in range(14))}." for _ in range(4)]


def body(number: int, *promos: str) -> str:
    first, second, *rest = own(number)
    return "\n\n".join([first, second, *promos, *rest])


def url(number: int) -> str:
    return f"https://{SITE}/{number}"


def read(
    store: Store,
    number: int,
    text: str,
    *,
    cuts: tuple[Cut, ...] = (),
    hours: int = 0,
    wishes: Wishes | None = None,
    site: str = SITE,
) -> Visit:
    """Visit the article's page when it says this, and end the visit."""
    at = NOW + timedelta(hours=hours)
    store.add_targets("n", [Link(url=url(number))], via="feed", depth=0, now=NOW)
    target = store.target(url(number))
    assert target is not None
    article = Article(
        id="",
        url=url(number),
        url_canonical=url(number),
        source="n",
        domain=site,
        title=f"Title {number}",
        text=text,
        first_seen_at=at,
        last_seen_at=at,
    )
    visit = Visit(target=target, started_at=at, ended_at=at, article=article, cuts=cuts)
    return store.end_visit(visit, plan=due_at(None), wishes=wishes or Wishes())


def fill(store: Store, count: int = COUNT, *promos: str, start: int = 0) -> None:
    for number in range(start, start + count):
        read(store, number, body(number, *(promos or (PROMO,))))


def text(store: Store, number: int) -> str:
    found = store.article(url(number))
    assert found is not None
    return found.text


def clean(store: Store, **options: Wishes) -> int:
    step: Step | None = None
    cleaned = 0
    while step is None or step.last is not None:
        step = store.clean_some("n", SITE, before=step, now=NOW, **options)
        cleaned += step.cleaned
    return cleaned


def test_from_the_sixth_article_on_a_learned_line_is_not_stored(store: Store) -> None:
    fill(store)
    assert [PROMO in text(store, number) for number in range(COUNT)] == [True] * 5 + [False] * 3
    assert store.known_lines(SITE) == {fingerprint(PROMO)}
    (rule,) = store.line_rules(SITE)
    # Those that a rule took before they were stored still count.
    assert (rule.sample, rule.articles, rule.of, rule.retired_at) == (PROMO, COUNT, COUNT, None)
    assert store.known_lines("other.example") == frozenset()


def test_lines_cut_in_the_worker_count_in_their_places(store: Store) -> None:
    fill(store, 5)
    for number in range(5, 20):
        read(store, number, body(number), cuts=(Cut(line=PROMO, rule=RULE, place=2),))
    (rule,) = store.line_rules(SITE)
    assert (rule.articles, rule.of) == (20, 20)
    fill(store, 1, start=40)
    with store._database.read() as connection:
        rows = connection.execute(sa.select(seen_lines.c.lines)).scalars().all()
    assert all(len(lines) == 5 and lines[2][0] == fingerprint(PROMO) for lines in rows)


def test_another_site_of_the_same_source_learns_for_itself(store: Store) -> None:
    fill(store, 5)
    read(store, 6, body(6, PROMO), site="other.example")
    assert PROMO in text(store, 6)


def test_cleaning_is_a_revision_of_our_own_and_is_done_once(store: Store) -> None:
    fill(store)
    assert clean(store) == 5
    assert text(store, 0) == body(0)
    before, after = store.revisions(store.article(url(0)).id)  # type: ignore[union-attr]
    assert (before.text, before.revised_by, before.revision) == (body(0, PROMO), "publisher", 1)
    assert (after.revised_by, after.revision, after.word_count) == ("cleaning", 2, 56)
    assert after.content_hash != before.content_hash
    assert [hit.article.id for hit in store.search("tollo remmi")] == []
    assert clean(store) == 0
    assert store.learn(SITE, now=NOW)[0].articles == COUNT
    assert clean(store) == 0


def test_read_again_the_unchanged_page_is_unchanged(store: Store) -> None:
    fill(store)
    clean(store)
    for said in (body(0, PROMO), body(0)):  # before the rule was known to the worker, and after
        visit = read(store, 0, said, hours=1)
        assert (visit.outcome, visit.article and visit.article.revision) == (Outcome.UNCHANGED, 2)
    assert text(store, 0) == body(0)


def test_read_again_before_it_was_cleaned_it_is_cleaned_and_unchanged(store: Store) -> None:
    fill(store)
    visit = read(store, 0, body(0), cuts=(Cut(line=PROMO, rule=RULE, place=2),), hours=1)
    assert visit.outcome is Outcome.UNCHANGED
    assert [one.revised_by for one in store.revisions(visit.article.id)] == ["publisher", "cleaning"]  # type: ignore[union-attr]
    assert text(store, 0) == body(0)


def test_control_without_our_cleaning_it_would_be_an_edit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision, "as_cleaned_today", lambda known, new, **_: known)
    fill(store)
    assert read(store, 0, body(0), hours=1).outcome is Outcome.UPDATED


def test_an_edit_by_the_publisher_comes_after_our_cleaning(store: Store) -> None:
    fill(store)
    visit = read(store, 0, body(0) + "\n\nCorrection: it was on Monday.", hours=1)
    assert visit.outcome is Outcome.UPDATED
    states = store.revisions(visit.article.id)  # type: ignore[union-attr]
    assert [one.revised_by for one in states] == ["publisher", "cleaning", "publisher"]
    assert [one.text for one in states] == [body(0, PROMO), body(0), visit.article.text]  # type: ignore[union-attr]


def test_an_edit_of_the_page_from_which_nothing_was_learned_is_the_publishers(store: Store) -> None:
    fill(store)
    visit = read(store, 6, body(6).replace(own(6)[2], own(99)[2]), hours=1)
    assert visit.outcome is Outcome.UPDATED
    assert visit.article is not None
    assert visit.article.revised_by == "publisher"


def test_a_retired_rule_gives_its_line_back(store: Store) -> None:
    intro = own(77)[0]
    for number in range(20):
        said = body(number)
        read(store, number, f"{intro}\n\n{said}" if number < 3 else said)
        if number == 4:
            assert clean(store) == 3
            assert intro not in text(store, 0)
    (rule,) = store.line_rules(SITE)
    assert rule.retired_at == NOW
    assert store.known_lines(SITE) == frozenset()
    assert read(store, 1, f"{intro}\n\n{body(1)}", hours=1).outcome is Outcome.UNCHANGED
    assert text(store, 1).startswith(intro)
    assert clean(store) == 2
    assert all(text(store, number).startswith(intro) for number in range(3))
    assert clean(store) == 0


def test_wishes_overrule_what_was_learned(store: Store) -> None:
    fill(store, COUNT, PROMO, OTHER)
    wishes = Wishes.of(keep=[PROMO], drop=[own(2)[0]])
    assert store.known_lines(SITE, wishes=wishes) == {fingerprint(OTHER), fingerprint(own(2)[0])}
    assert clean(store, wishes=wishes) == 5
    assert PROMO in text(store, 0)
    assert OTHER not in text(store, 0)
    assert own(2)[0] not in text(store, 2)
    again = read(store, 7, body(7, PROMO, OTHER), wishes=wishes, hours=1)
    assert (again.outcome, text(store, 7)) == (Outcome.UNCHANGED, body(7, PROMO))


def test_articles_from_before_lines_were_noted_are_learned_from(store: Store) -> None:
    fill(store, 5)
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM seen_lines")
        connection.exec_driver_sql("DELETE FROM line_rules")
    assert clean(store) == 0
    assert len(store.learn(SITE, now=NOW)) == 1
    assert clean(store) == 5


def test_what_is_noted_stays_bounded(store: Store) -> None:
    with store._database.write() as connection:
        article = sa.table("articles", *map(sa.column, ("id", "pk")))
        for number in range(WINDOW + 3 * STRIDE):
            _insert(connection, number)
        assert connection.scalar(sa.select(sa.func.count()).select_from(article)) == WINDOW + 3 * STRIDE
    fill(store, STRIDE, start=1000)
    with store._database.read() as connection:
        rows = connection.execute(sa.select(seen_lines.c.article_id)).scalars().all()
    assert WINDOW <= len(rows) < WINDOW + STRIDE
    assert store.article(url(1005)).id in rows  # type: ignore[union-attr]


def _insert(connection: sa.Connection, number: int) -> None:
    """An article as a visit of long ago left it."""
    from pipelines.store.rules import observe
    from pipelines.store.schema import articles
    from pipelines.store.schema import visits as log

    key = f"{number:016x}"
    old = NOW - timedelta(days=30)
    names = ("url", "url_canonical", "title", "content_hash", "extractor", "extractor_version", "text")
    values = {name: f"{name} {number}" for name in names} | {"source": "n", "domain": SITE, "id": key}
    times = dict.fromkeys(("first_seen_at", "last_seen_at", "dated_at"), old)
    rest = {"authors": [], "tags": [], "word_count": 1, "revision": 1, "discovered_via": "feed"}
    row = connection.execute(sa.insert(articles).values(**values, **times, **rest))
    connection.exec_driver_sql(
        "INSERT INTO articles_fts (rowid, title, text) VALUES (?, '', '')",
        tuple(row.inserted_primary_key or ()),
    )
    connection.execute(
        sa.insert(log).values(
            url=values["url"], source="n", kind="article", started_at=old, ended_at=old, outcome="stored",
            article_id=key, links=0, timings={},
        )
    )  # fmt: skip
    found = Article(
        id=key, url="", url_canonical="", source="n", domain=SITE, title="", text=body(number),
        first_seen_at=old, last_seen_at=old,
    )  # fmt: skip
    observe(connection, found, text=found.text, cuts=(), now=old)


def test_a_visit_that_fails_leaves_nothing_noted(store: Store) -> None:
    fill(store, 4)
    store.add_targets("n", [Link(url=url(4))], via="feed", depth=0, now=NOW)

    def broken(_: Visit) -> None:
        raise ValueError("killed here")

    target = store.target(url(4))
    assert target is not None
    article = Article(
        id="", url=url(4), url_canonical=url(4), source="n", domain=SITE, title="T", text=body(4, PROMO),
        first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    with pytest.raises(ValueError, match="killed here"):
        store.end_visit(Visit(target=target, started_at=NOW, article=article), plan=broken)
    assert store.line_rules(SITE) == []
    with store._database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(seen_lines)) == 4


def test_a_text_of_nothing_but_known_lines_is_left_alone() -> None:
    assert (
        without_lines(f"{PROMO}\n\n{OTHER}", {fingerprint(PROMO), fingerprint(OTHER)})
        == f"{PROMO}\n\n{OTHER}"
    )
    assert without_lines(f"{PROMO}\n\n{OTHER}", {fingerprint(PROMO)}) == OTHER
