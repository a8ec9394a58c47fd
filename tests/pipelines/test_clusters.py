from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipelines.clusters import describe
from pipelines.items import Article

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEXT = (
    "The council met on Tuesday to settle the budget for the coming year. After long talks over the bridge, "
    "which needs new bearings, the members agreed to spend less on roads and more on schools."
)


def article(site: str, **fields: object) -> Article:
    url = f"https://{site}.example/1"
    base = Article(
        id=site,
        url=url,
        url_canonical=url,
        source=site,
        domain=f"{site}.example",
        title="Council settles the budget",
        text=TEXT,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def test_a_story_alone() -> None:
    found = describe([article("a")])
    assert (found.first.id, found.earliest, found.agency, found.outlets) == ("a", None, None, ("a.example",))
    (member,) = found.members
    assert (member.kept, member.added, member.headline) == (1.0, 0.0, False)


def test_a_day_without_a_time_is_later_than_any_time_of_it() -> None:
    day = NOW.replace(hour=0)
    copies = [
        article("a", published_at=NOW),
        article("b", published_at=day, published_precision="day"),
        article("c", published_at=day + HOUR, published_precision="minute"),
    ]
    found = describe(copies).earliest
    assert found is not None
    assert found.id == "c"


def test_the_agency_and_the_outlets_of_all() -> None:
    copies = [article("a"), article("b", agency="dpa"), article("c", agency="AFP"), article("a", id="a2")]
    found = describe(copies)
    assert found.agency == "dpa"
    assert found.outlets == ("a.example", "b.example", "c.example")


def test_how_much_a_copy_differs() -> None:
    half = TEXT[: len(TEXT) // 2]
    cut, longer = describe(
        [article("a"), article("b", text=half), article("c", text=f"{TEXT} {half[::-1]}")]
    ).members[1:]
    assert 0.4 < cut.kept < 0.6
    assert cut.added == 0.0
    assert longer.kept == 1.0
    assert 0.25 < longer.added < 0.4


def test_a_headline_differs_by_its_words() -> None:
    copies = [
        article("a"),
        article("b", title="“Council” settles the BUDGET"),
        article("c", title="Budget settled"),
    ]
    assert [member.headline for member in describe(copies).members] == [False, False, True]
