from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.changes import MOST_OF_A_KIND, ChangeKind, changes_between
from pipelines.changes.marks import Fate, word_diff
from pipelines.items import CLEANING, Article
from pipelines.revise import changed

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FIRST = "The council met on Tuesday to settle the budget for the coming year."
SECOND = "At least 12 people were hurt on the bridge, as Mayor Ann Lindqvist told the assembly."
THIRD = "“We will rebuild it before the spring,” said the engineer who had examined both piers."


def article(*paragraphs: str, title: str = "Council settles the budget", **fields: object) -> Article:
    base = Article(
        id="1",
        url="https://n.example/a",
        url_canonical="https://n.example/a",
        source="n",
        domain="n.example",
        title=title,
        text="\n\n".join(paragraphs or (FIRST, SECOND, THIRD)),
        language="en",
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def kinds(old: Article, new: Article) -> list[str]:
    return [change.kind.value for change in changes_between(old, new)]


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (article(title="Council rejects the budget"), "headline"),
        (article(FIRST, SECOND.replace("12", "15"), THIRD), "figures"),
        (article(FIRST, SECOND.replace("Lindqvist", "Lindgren"), THIRD), "names"),
        (article(FIRST, SECOND, THIRD.replace("spring", "summer")), "quotes"),
        (
            article(FIRST, SECOND, THIRD, "Correction: An earlier version of this article had another day."),
            "correction",
        ),
        (
            article(FIRST, SECOND, THIRD, "The minister wants to visit the place on Saturday."),
            "paragraphs_added",
        ),
        (article(FIRST, THIRD), "paragraphs_cut"),
        (article(FIRST.replace("coming", "following"), SECOND, THIRD), "wording"),
        (article(FIRST, SECOND, THIRD.replace("“", '"').replace("”", '"')), "typography"),
        (article(FIRST, THIRD, revised_by=CLEANING), "cleaning"),
    ],
)
def test_each_kind(new: Article, kind: str) -> None:
    assert kinds(article(), new) == [kind]


def test_other_spacing_and_parting_is_nothing() -> None:
    assert kinds(article(), article(FIRST.replace(" ", "  "), f"{SECOND} {THIRD}")) == []


def test_the_most_important_first() -> None:
    new = article(FIRST, SECOND.replace("12", "15"), title="Council rejects the budget")
    assert kinds(article(), new) == ["headline", "figures", "paragraphs_cut"]


def test_a_change_shows_the_place() -> None:
    (change,) = changes_between(article(), article(FIRST, SECOND.replace("12", "15"), THIRD))
    assert change.before is not None
    assert change.after is not None
    assert "12 people" in change.before
    assert "15 people" in change.after


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Updated 5 minutes ago", "Updated 2 hours ago"),
        ("12,345 views", "14,002 views"),
        ("Vor 3 Minuten aktualisiert", "Vor 40 Minuten aktualisiert"),
        ("阅读 1234", "阅读 5678"),
        ("Advertisement: fresh coffee", "Advertisement: new shoes"),
        ("DAX +1,2 %", "DAX -0,4 %"),
    ],
)
def test_clocks_counters_and_tickers_are_no_news(one: str, other: str) -> None:
    assert changed(article(FIRST, one, SECOND), article(FIRST, other, SECOND)) == ()


def test_a_corrected_figure_is_news_and_the_counter_beside_it_is_not() -> None:
    old = article(FIRST, "12,345 views", SECOND)
    new = article(FIRST, "12,399 views", SECOND.replace("12", "15"))
    found = changed(old, new)
    assert [change.kind for change in found] == [ChangeKind.FIGURES]
    assert "views" not in (found[0].after or "")


def test_a_point_of_a_list_of_facts_is_news() -> None:
    old = article(FIRST, "12 people were killed", SECOND)
    assert changed(old, article(FIRST, "15 people were killed", SECOND))


def test_a_headline_that_goes_back_and_forth_is_noise_the_second_time() -> None:
    one, other = article(title="Council settles it"), article(title="It is settled")
    assert changed(other, one, [one])
    assert changed(one, other, [other, one]) == ()


def test_of_a_kind_only_some_places_are_told() -> None:
    old = [f"The clerk number {number} wrote {number * 7} letters to the towns." for number in range(40)]
    new = [line.replace("letters", "postcards") for line in old]
    assert kinds(article(*old), article(*new)) == ["wording"] * MOST_OF_A_KIND


def test_long_texts_written_anew_take_bounded_time() -> None:
    old = article(*(f"Line {number} tells of the river {number * 3} and its bank." for number in range(1500)))
    new = article(*(f"Word {number} speaks of the hill {number * 5} and its top." for number in range(1500)))
    start = time.process_time()
    assert changed(old, new)
    assert time.process_time() - start < 10


def test_the_word_diff_makes_up_both_texts() -> None:
    old, new = f"{FIRST}\n\n{SECOND}", f"{FIRST}\n\n{SECOND.replace('12', '15')}\n\n{THIRD}"
    diff = word_diff(old, new)
    for text, fates in ((old, (Fate.SAME, Fate.CUT)), (new, (Fate.SAME, Fate.ADDED))):
        parts = ["".join(text for fate, text in pieces if fate in fates) for pieces in diff]
        assert "\n\n".join(part for part in parts if part) == text


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (
            "市议会周二开会讨论预算，至少12人受伤，警方说。",
            "市议会周二开会讨论预算，至少14人受伤，警方说。",
            "figures",
        ),
        ("王伟市长周二到了现场，看望受伤的人。", "李强市长周二到了现场，看望受伤的人。", "names"),
        (
            "市長は「橋を春までに直す」と火曜日に語った。",
            "市長は「橋を夏までに直す」と火曜日に語った。",
            "quotes",
        ),
        (
            "قال العمدة أحمد حسن إن الجسر سيبنى من جديد.",
            "قال العمدة محمد حسن إن الجسر سيبنى من جديد.",
            "names",
        ),
        ("महापौर रमेश ने कहा कि पुल फिर से बनेगा।", "महापौर सुरेश ने कहा कि पुल फिर से बनेगा।", "names"),
        (
            "Zwei Menschen wurden am Dienstag verletzt.",
            "Drei Menschen wurden am Dienstag verletzt.",
            "figures",
        ),
        ("Der Rat hat das große Haus verkauft.", "Der Rat hat das große Gebäude verkauft.", "wording"),
        ("Im Rat sprach Bürgermeister Müller lange.", "Im Rat sprach Bürgermeister Möller lange.", "names"),
        (
            "« Nous la réparons », a dit le maire lundi.",
            "« Nous la fermons », a dit le maire lundi.",
            "quotes",
        ),
    ],
)
def test_kinds_in_many_scripts(old: str, new: str, kind: str) -> None:
    language = "de" if "Rat" in old else None
    assert kinds(article(old, language=language), article(new, language=language)) == [kind]


@pytest.mark.parametrize(
    "notice",
    [
        "Korrektur: Der Name war falsch geschrieben.",
        "In einer früheren Version hieß es, die Brücke sei neu.",
        "Rectificatif : le nom du maire était faux.",
        "Mis à jour et corrigé le 24 novembre.",
        "Fe de errores: el nombre era otro.",
        "Errata corrige: il nome era un altro.",
        "更正：此前报道的人数有误。",
        "【訂正】技師の名前に誤りがありました。",
        "정정: 이름이 잘못 표기되었습니다.",
        "Поправка: имя было указано неверно.",
        "تصحيح: كان الاسم خاطئا.",
    ],
)
def test_notices_of_correction_in_many_languages(notice: str) -> None:
    assert kinds(article(), article(FIRST, SECOND, THIRD, notice)) == ["correction"]


_WORDS = st.sampled_from(
    ["river", "12", "14", "Ann", "“yes”", "said.", "桥", "塌了。", "قال", "5 minutes ago", ""]
)
_TEXTS = st.lists(st.lists(_WORDS, max_size=8).map(" ".join), max_size=6).map("\n\n".join)


@given(_TEXTS, _TEXTS, st.lists(_TEXTS, max_size=3))
def test_whatever_is_compared_is_told_within_bounds(old: str, new: str, earlier: list[str]) -> None:
    states = [article(text=text) for text in earlier]
    assert changed(article(text=old), article(text=old), states) == ()
    found = changed(article(text=old), article(text=new), states)
    assert all(len(shown) <= 240 for change in found for shown in (change.before, change.after) if shown)
    assert [change.kind.rank for change in found] == sorted(change.kind.rank for change in found)


@given(_TEXTS, _TEXTS)
def test_a_word_diff_holds_both_texts(old: str, new: str) -> None:
    pieces = [piece for paragraph in word_diff(old, new) for piece in paragraph]
    for text, fate in ((old, Fate.CUT), (new, Fate.ADDED)):
        kept = "".join(piece.text for piece in pieces if piece.fate in (Fate.SAME, fate))
        assert "".join(kept.split()) == "".join(text.split())
