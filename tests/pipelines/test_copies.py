from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from copywriters import write_at_once
from plans import due_at

from crawler.demo.content import Story, read_outlets
from pipelines.agencies import agencies, agency_of
from pipelines.identity import article_id, content_hash
from pipelines.items import Article, Kind, Page, Target, Visit
from pipelines.likeness import likeness
from pipelines.sketch import SIZE, letters_of, sketch
from pipelines.store import Store

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTLETS = {outlet.language: outlet.stories for outlet in read_outlets(NOW)}
STORIES = [(language, story) for language, stories in OUTLETS.items() for story in stories]
LANGUAGES = sorted(OUTLETS)


def text_of(story: Story) -> str:
    return "\n\n".join(story.lines)


def longest(language: str, place: int = 0) -> str:
    return sorted(map(text_of, OUTLETS[language]), key=len, reverse=True)[place]


def is_copy(one: str, other: str) -> bool:
    first, second = letters_of(one), letters_of(other)
    found = likeness(first, second).is_copy
    assert likeness(second, first).is_copy == found
    return found


def shared(one: str, other: str) -> int:
    """How many numbers of their sketches two texts have in common."""
    return len(set(sketch(letters_of(one))) & set(sketch(letters_of(other))))


def half(text: str) -> str:
    return text[: len(text) // 2]


def boxed(text: str, box: str) -> str:
    lines = text.split("\n\n")
    return "\n\n".join([*lines[:1], box, *lines[1:]])


def edited(text: str) -> str:
    """Every twentieth word is another one; in scripts without spaces every fortieth character."""
    spaced = " " in text[:60]
    parts = text.split(" ") if spaced else list(text)
    every, other = (20, "otherwise") if spaced else (40, "别")
    return (" " if spaced else "").join(
        other if place % every == every - 1 else part for place, part in enumerate(parts)
    )


# Sketches and likeness


def test_the_sample_has_scripts_with_and_without_spaces() -> None:
    assert {"zh", "ja"} & set(LANGUAGES)
    assert len(LANGUAGES) >= 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_cut_to_half_is_a_copy(language: str) -> None:
    text = longest(language)
    assert is_copy(text, half(text))
    assert shared(text, half(text)) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_with_a_box_in_it_is_a_copy(language: str) -> None:
    text = longest(language)
    box = max(longest(language, 1).split("\n\n"), key=len)
    assert is_copy(text, boxed(text, box))
    assert shared(text, boxed(text, box)) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lightly_edited_text_is_a_copy(language: str) -> None:
    text = longest(language)
    assert is_copy(text, edited(text))
    assert shared(text, edited(text)) >= 1


def test_typography_and_case_do_not_count() -> None:
    text = longest("en")
    typed = text.upper().replace(" ", "  ").replace(",", " – ").replace("\n\n", " ")
    assert sketch(letters_of(typed)) == sketch(letters_of(text))
    assert likeness(letters_of(typed), letters_of(text)).differs == 0.0


def test_no_two_stories_of_the_sample_are_copies() -> None:
    letters = [(language, letters_of(text_of(story))) for language, story in STORIES]
    pairs = [(one, other) for place, one in enumerate(letters) for other in letters[place + 1 :]]
    assert len(pairs) > 100
    assert not [pair for pair in pairs if likeness(pair[0][1], pair[1][1]).is_copy]


def test_a_translation_is_no_copy() -> None:
    english = (
        "The council of Norden agreed on 3 November to spend 42 million euros on the Rauental bridge, said "
        "Anna Halvorsen. Work begins in March 2027 and takes 18 months; the old bearings date from 1961. "
        "Ships of the harbour company Lastra may pass at night only, the mayor told reporters."
    )
    german = (
        "Der Rat von Norden hat am 3. November beschlossen, 42 Millionen Euro für die Brücke Rauental "
        "auszugeben, sagte Anna Halvorsen. Die Arbeiten beginnen im März 2027 und dauern 18 Monate; die alten "
        "Lager stammen von 1961. Schiffe der Hafengesellschaft Lastra dürfen nur nachts durchfahren."
    )
    assert not is_copy(english, german)


def test_a_quoted_paragraph_makes_no_copy() -> None:
    text, other = longest("en"), longest("en", 1)
    quote = min(text.split("\n\n"), key=len)
    assert not is_copy(text, boxed(other, quote))


def test_reports_in_one_form_with_other_figures_are_no_copies() -> None:
    form = (
        "Shares closed at {} points on Friday, up {} percent. The index of smaller companies gained {} percent "
        "to {} points. At the top stood the steelmaker with {} percent, at the end the airline with minus {} "
        "percent. The euro cost {} dollars in the evening. The yield of bonds rose to {} percent from {}."
    )
    chance = random.Random(7)
    first, second = (form.format(*(chance.randint(100, 99999) for _ in range(9))) for _ in range(2))
    assert not is_copy(first, second)
    assert is_copy(first, first.replace("on Friday", "at the end of the week"))


@pytest.mark.parametrize("text", ["", "...", "One.", "短い", "a" * 60_000])
def test_any_text_has_a_sketch(text: str) -> None:
    marks = sketch(letters_of(text))
    assert len(marks) <= SIZE
    assert list(marks) == sorted(set(marks))
    assert not marks or 0 <= marks[0] <= marks[-1] < 2**48
    likeness(letters_of(text), letters_of("Another text."))


# Agencies

PROSE = "The council met on Tuesday to settle the budget for the coming year, and the talks went on."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"BERLIN (dpa) - {PROSE}", "dpa"),
        (f"Berlin (dpa/AFP) – {PROSE}", "dpa"),
        (f"LONDON (Reuters) - {PROSE}", "Reuters"),
        (f"WASHINGTON (AP) — {PROSE}", "AP"),
        (f"Madrid, 3 nov (EFE).- {PROSE}", "EFE"),
        (f"Roma, 3 nov. (askanews) - {PROSE}", None),
        (f"(ANSA) - ROMA, 03 NOV - {PROSE}", "ANSA"),
        ("新华社北京11月3日电 市议会星期二开会讨论明年预算。", "Xinhua"),
        ("МОСКВА, 3 ноября. /ТАСС/. Совет собрался во вторник.", "TASS"),
        (f"{PROSE}\n\n(AFP)", "AFP"),
        (f"{PROSE}\n\nQuelle: dpa", "dpa"),
        (f"{PROSE}\n\nSource: Reuters", "Reuters"),
        (f"{PROSE}\n\nFuente: EFE", "EFE"),
        (f"{PROSE}\n\nMit Material von dpa", "dpa"),
        (f"{PROSE}\n\n/ritzau/", "Ritzau"),
        (f"{PROSE}\n\n© 2026 AFP", "AFP"),
        (f"{PROSE} The minister told Reuters that he would stay.", None),
        (f"{PROSE}\n\nAs AFP reported, the talks go on.", None),
        (f"{PROSE}\n\nPhoto: AFP", None),
        (f"{PROSE}\n\nFoto: dpa", None),
        (f"Reuters reported on Tuesday that the council met. {PROSE}", None),
        (f"Her pa said (so she told us) that all was well. {PROSE}", None),
        (PROSE, None),
        ("", None),
    ],
)
def test_the_agency_is_named_where_agencies_stand(text: str, expected: str | None) -> None:
    assert agency_of((), text) == expected


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        (("Reuters",), "Reuters"),
        (("Jane Doe", "The Associated Press"), "AP"),
        (("dpa/Jane Doe",), "dpa"),
        (("Agence France-Presse",), "AFP"),
        (("Jane Doe",), None),
        (("Apa Sherpa",), None),
    ],
)
def test_an_author_may_be_an_agency(authors: tuple[str, ...], expected: str | None) -> None:
    assert agency_of(authors, PROSE) == expected


def test_every_spelling_belongs_to_one_agency() -> None:
    spellings = [spelling.casefold() for agency in agencies() for spelling in set(agency.spellings)]
    owners = {
        spelling: {
            agency.name for agency in agencies() if spelling in {one.casefold() for one in agency.spellings}
        }
        for spelling in spellings
    }
    assert {spelling: names for spelling, names in owners.items() if len(names) > 1} == {}


# The store


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/copies.db"


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with Store.open(database) as opened:
        yield opened
        assert opened.check() == []


def article(site: str, text: str, *, title: str = "A headline", path: str = "1") -> Article:
    url = f"https://{site}.example/{path}"
    return Article(
        id=article_id(url),
        url=url,
        url_canonical=url,
        source=site,
        domain=f"{site}.example",
        title=title,
        text=text,
        content_hash=content_hash(title, text),
        first_seen_at=NOW,
        last_seen_at=NOW,
    )


def keep(store: Store, found: Article, *, at: datetime = NOW) -> Article:
    """End a visit that read this article; returns what the store has of it."""
    found = replace(found, first_seen_at=at, last_seen_at=at)
    target = Target(id=0, url=found.url, kind=Kind.ARTICLE, host=found.domain, source=found.source, due_at=at)
    page = Page(url=found.url, final_url=found.url, status=200, headers={}, body=b"x", fetched_at=at)
    visit = Visit(target=target, started_at=at, ended_at=at, page=page, article=found)
    store.end_visit(visit, plan=due_at(None))
    kept = store.article(found.url)
    assert kept is not None
    return kept


def again(store: Store, found: Article) -> Article:
    kept = store.article(found.id)
    assert kept is not None
    return kept


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_copy_of_another_outlet_joins_the_first_one(store: Store, language: str) -> None:
    text = longest(language)
    first = keep(store, article("a", text, title="As it was"))
    assert (first.cluster_id, first.copy_of) == (None, None)
    copy = keep(store, article("b", half(text), title="Another headline"), at=NOW + HOUR)
    assert copy.copy_of == first.id
    first = again(store, first)
    assert first.copy_of is None
    assert first.cluster_id == copy.cluster_id == first.id
    assert [one.id for one in store.copies(copy)] == [first.id, copy.id]


def test_a_third_copy_joins_them_and_others_stay_alone(store: Store) -> None:
    text = longest("en")
    first = keep(store, article("a", text))
    keep(store, article("b", edited(text)), at=NOW + HOUR)
    third = keep(store, article("c", half(text)), at=NOW + 2 * HOUR)
    other = keep(store, article("d", longest("en", 1)), at=NOW + 3 * HOUR)
    assert third.copy_of == first.id
    assert [one.source for one in store.copies(third)] == ["a", "b", "c"]
    assert (other.cluster_id, other.copy_of) == (None, None)
    assert store.copies(other) == [other]


def test_all_stories_of_the_sample_stay_alone(store: Store) -> None:
    for number, (language, story) in enumerate(STORIES):
        keep(store, article(language, text_of(story), title=story.title, path=str(number)))
    assert [one.title for one in store.articles() if one.cluster_id is not None] == []


def test_who_was_seen_first_is_the_original_though_it_is_stored_later(store: Store) -> None:
    text = longest("en")
    late = keep(store, article("a", text), at=NOW + HOUR)
    early = keep(store, article("b", edited(text)))
    assert early.copy_of is None
    assert again(store, late).copy_of == early.id


def test_an_article_that_tells_another_story_now_leaves_its_copies(store: Store) -> None:
    text = longest("en")
    first = keep(store, article("a", text))
    second = keep(store, article("b", edited(text)), at=NOW + HOUR)
    third = keep(store, article("c", half(text)), at=NOW + 2 * HOUR)
    changed = keep(store, article("a", longest("en", 1)), at=NOW + 3 * HOUR)
    assert (changed.id, changed.cluster_id, changed.copy_of) == (first.id, None, None)
    second, third = again(store, second), again(store, third)
    assert (second.copy_of, third.copy_of) == (None, second.id)
    assert second.cluster_id == third.cluster_id == second.id


def test_articles_of_an_earlier_version_are_found_once_they_are_sketched(database: str) -> None:
    text = longest("en")
    with Store.open(database) as store:
        first = keep(store, article("a", text))
        second = keep(store, article("b", edited(text)), at=NOW + HOUR)
    forget_copies(database)
    with Store.open(database) as store:
        assert again(store, second).cluster_id is None
        assert (store.sketch_some(), store.sketch_some()) == (2, 0)
        assert again(store, second).copy_of == first.id
        third = keep(store, article("c", half(text)), at=NOW + 2 * HOUR)
        assert third.copy_of == first.id
        assert store.check() == []


def forget_copies(database: str) -> None:
    """Leave the database as the migration of an earlier one does."""
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE articles SET cluster_id = NULL, copy_of = NULL")
        connection.exec_driver_sql("DELETE FROM shingles")
        connection.exec_driver_sql("INSERT INTO unsketched (article) SELECT pk FROM articles")
    engine.dispose()


def written_at_once(database: str, *, look_early: bool) -> list[Article]:
    text = longest("en")
    Store.open(database).close()
    texts = {site: [f"{edited(text)} {site}{number}" for number in range(5)] for site in ("a", "b")}
    write_at_once(database, texts, look_early=look_early)
    with Store.open(database, readonly=True) as store:
        assert store.check() == []
        return list(store.articles())


def test_two_writers_at_once_make_one_cluster(database: str) -> None:
    kept = written_at_once(database, look_early=False)
    assert len(kept) == 10
    assert len({one.cluster_id for one in kept}) == 1
    assert None not in {one.cluster_id for one in kept}
    assert sum(one.copy_of is None for one in kept) == 1


def test_two_writers_that_look_before_they_lock_make_none(database: str) -> None:
    kept = written_at_once(database, look_early=True)
    assert len(kept) == 10
    assert {one.cluster_id for one in kept} == {None}
