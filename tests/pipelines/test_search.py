from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import due_at

from pipelines.items import Article, Link, Outcome, Visit
from pipelines.store import Store
from pipelines.store.query import MAX_TERMS, parse
from pipelines.store.segment import joined, segmented

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
TEXTS = {
    "en": ("Climate summit opens", "Delegates from AT&T and O'Brien's team met. C++ was not on the agenda."),
    "de": ("Klimagipfel in Köln", "Die Verhandlungen über Straßen\u00adbahnen dauern an."),
    "fr": ("Le café rouvre", "À l’Élysée, on négocie encore le climat."),
    "zh": ("北京大学公布新规", "中国的首都北京今天下雨。"),
    "ja": ("東京で会議", "今日は天気がいいから散歩しましょう。ｶﾀｶﾅも。"),
    "ko": ("서울에서 회의", "서울에서 기후 회의가 열렸다."),
    "th": ("ประชุมที่กรุงเทพ", "ภาษาไทยเขียนติดกันไม่มีช่องว่าง"),
    "lo": ("ກອງປະຊຸມ", "ພາສາລາວຂຽນຕິດກັນ"),
    "km": ("កិច្ចប្រជុំ", "ភាសាខ្មែរសរសេរជាប់គ្នា"),
    "my": ("အစည်းအဝေး", "မြန်မာဘာသာစကား"),
    "hi": ("दिल्ली में बैठक", "हिन्दी में समाचार पढ़िए, कीमत बढ़ी।"),
    "ar": ("قمة المناخ", "مُحَمَّد يكتب الأخبار"),
    "he": ("ועידת האקלים", "שָׁלוֹם לכולם"),
    "ru": ("Саммит по климату", "Делегаты обсудили ёлки."),
    "el": ("Διάσκεψη για το κλίμα", "Οι αντιπρόσωποι συζήτησαν."),
    "tr": ("İklim zirvesi", "Görüşmeler sürüyor."),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("search") / "s.db"
    with Store.open(f"sqlite:///{path}") as opened:
        opened.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW)
        for number, (language, (title, text)) in enumerate(TEXTS.items()):
            keep(opened, language, title, text, at=NOW - timedelta(days=number))
        yield opened


def keep(store: Store, language: str, title: str, text: str, *, at: datetime = NOW) -> None:
    url = f"https://n.example/{language}"
    store.add_targets("n", [Link(url=url)], via="x", depth=0, now=NOW)
    target = store.target(url)
    assert target is not None
    article = Article(
        id="",
        url=url,
        url_canonical=url,
        source="n" if language != "de" else "de-source",
        domain="n.example",
        title=title,
        text=text,
        language=language,
        published_at=at,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    visit = store.end_visit(Visit(target=target, started_at=NOW, article=article), plan=due_at(None))
    assert visit.outcome is Outcome.STORED


def found(store: Store, query: str) -> set[str | None]:
    return {hit.article.language for hit in store.search(query, limit=100)}


@pytest.mark.parametrize(
    ("query", "languages"),
    [
        ("summit", {"en"}),
        ("SUMMIT climate", {"en"}),
        ("climate nothing", set()),
        ('"climate summit"', {"en"}),
        ('"summit climate"', set()),
        ("„Climate summit“", {"en"}),
        ("cafe", {"fr"}),
        ("CAFÉ", {"fr"}),
        ("cafe\u0301", {"fr"}),
        ("koln", {"de"}),
        ("Klima*", {"de"}),
        ("clima*", {"en", "fr"}),
        ("clima* -summit", {"fr"}),
        ("summit OR café", {"en", "fr"}),
        ("climate summit OR café", {"en"}),
        ("title:climate", {"en"}),
        ("title:agenda", set()),
        ("text:agenda title:summit", {"en"}),
        ('title:"climate summit"', {"en"}),
        ("Straßenbahnen", {"de"}),
        ("AT&T", {"en"}),
        ("o'brien", {"en"}),
        ("C++", {"en"}),
        ("北京", {"zh"}),
        ("首都北京", {"zh"}),
        ("京大", {"zh"}),
        ("北天", set()),
        ("北京 中国", {"zh"}),
        ("会議", {"ja"}),
        ("天気", {"ja"}),
        ("カタカナ", {"ja"}),
        ("서울", {"ko"}),
        ("기후", {"ko"}),
        ("ภาษา", {"th"}),
        ("ช่องว่าง", {"th"}),
        ("ພາສາ", {"lo"}),
        ("ខ្មែរ", {"km"}),
        ("ဘာသာ", {"my"}),
        ("हिन्दी", {"hi"}),
        ("कीमत", {"hi"}),
        ("किमत", set()),
        ("محمد", {"ar"}),
        ("المناخ", {"ar"}),
        ("שלום", {"he"}),
        ("климату", {"ru"}),
        ("ΚΛΊΜΑ", {"el"}),
        ("κλιμα", {"el"}),
        ("συζητησαν", {"el"}),
        ("ΔΙΑΣΚΕΨΗ", {"el"}),
        ("елки", {"ru"}),
        ("الاخبار", {"ar"}),
        ("zirvesi", {"tr"}),
        ("???", set()),
    ],
)
def test_queries(store: Store, query: str, languages: set[str]) -> None:
    assert found(store, query) == languages


def test_exclusion_alone_is_everything_else(store: Store) -> None:
    assert found(store, "-summit") == set(TEXTS) - {"en"}
    assert found(store, '-"climate summit" -cafe') == set(TEXTS) - {"en", "fr"}


@pytest.mark.parametrize("query", ["", "   "])
def test_an_empty_query_gives_the_newest(store: Store, query: str) -> None:
    hits = store.search(query, limit=3)
    assert [hit.article.language for hit in hits] == ["en", "de", "fr"]


@pytest.mark.parametrize(
    "query",
    [
        "C++",
        "AT&T",
        "o'brien",
        "-x",
        '"',
        '"""',
        '"open',
        "NEAR(a b)",
        "a AND",
        "NOT",
        "AND OR NOT",
        "title:",
        "title:-x",
        "rowid:1",
        "a:b:c",
        "{title}:x",
        "^x",
        "*",
        "**",
        "x*y",
        "(",
        ")",
        "a\x00b",
        "\ud800",
        "%s ? :name",
        "'; DROP TABLE articles; --",
        "\u200b",
        "-",
        "--",
        "OR OR",
        "a OR",
        "a OR -b",
        "-title:x",
        "😀",
        "x " * 10_000,
        '"' + "x " * 10_000,
        "北" * 5000,
        "-x " * 500,
        "a OR " * 500,
        "(" * 3000,
    ],
)
def test_no_query_is_an_error(store: Store, query: str) -> None:
    store.search(query)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from(list("ab\"'-*:()^{}+ \x00\u200b\ud800北ก,.;ORNEAT")), max_size=40))
def test_no_string_is_an_error(store: Store, query: str) -> None:
    store.search(query)


def test_filters_and_pages(store: Store) -> None:
    assert {hit.article.language for hit in store.search("", source="de-source")} == {"de"}
    assert {hit.article.language for hit in store.search("climat*", language="FR")} == {"fr"}
    assert store.search("summit", since=NOW + timedelta(days=1)) == []
    assert len(store.search("summit", since=NOW, until=NOW + timedelta(seconds=1))) == 1
    first = [hit.article.id for hit in store.search("", limit=4)]
    assert first[2:] == [hit.article.id for hit in store.search("", limit=2, offset=2)]


def test_what_matched_is_marked(store: Store) -> None:
    (hit,) = store.search("summit agenda")
    assert hit.title == (("Climate ", False), ("summit", True), (" opens", False))
    assert ("agenda", True) in hit.snippet
    assert hit.score > 0
    (hit,) = store.search("天気")
    assert [text for text, match in hit.snippet if match] == ["天気"]
    assert "\u200b" not in "".join(text for text, _ in hit.snippet)
    (hit,) = store.search("κλιμα συζητησαν")
    assert ("κλίμα", True) in hit.title
    assert ("συζήτησαν", True) in hit.snippet


def test_a_long_text_is_cut_to_a_snippet(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as store:
        store.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW)
        keep(store, "el", "Τίτλος", "άλλα\n\n" * 200 + "κλίμα" + " ακόμη" * 200)
        (hit,) = store.search("κλιμα")
    text = "".join(part for part, _ in hit.snippet)
    assert text.startswith("…")
    assert text.endswith("…")
    assert ("κλίμα", True) in hit.snippet
    assert "άλλα άλλα" in text
    assert len(text) < 400


def test_a_title_counts_more_than_a_text(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as store:
        store.sync_source("n", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW)
        keep(store, "a", "One thing", "About a strike of the railway workers that went on.")
        keep(store, "b", "Strike begins", "About something else entirely and nothing but that here.")
        keep(store, "c", "Third thing", "Without the word that was looked for in the text at all.")
        assert [hit.article.language for hit in store.search("strike")] == ["b", "a"]


def test_control_plain_tokens_would_not_find_a_word_within_chinese(store: Store) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql("CREATE VIRTUAL TABLE temp.plain USING fts5(text)")
        connection.exec_driver_sql("INSERT INTO temp.plain VALUES (?)", (TEXTS["zh"][1],))
        query = "SELECT count(*) FROM temp.plain WHERE plain MATCH '\"首都\"'"
        assert connection.exec_driver_sql(query).scalar() == 0


def test_the_cuts_leave_no_trace() -> None:
    for title, text in TEXTS.values():
        assert joined(segmented(text)) == joined(segmented(joined(segmented(text))))
        assert "\u200b" not in joined(segmented(title))
    assert segmented("ab") == "ab"


def test_a_long_query_is_cut() -> None:
    wanted = parse("x " * 1000).wanted
    assert wanted is not None
    assert wanted.count('"x"') == MAX_TERMS
