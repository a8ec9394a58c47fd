"""Lines learned per site: what must be found, and what recurs in texts and must stay."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence

import pytest

from pipelines.boilerplate import copies, learned
from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.copies import independent
from pipelines.boilerplate.learned import decide, strip_learned
from pipelines.boilerplate.line import RULE, fingerprint, lines_of

SYLLABLES = "ka lo mi ru te vo sha ne pu di gor bel tash wem ölk für žan".split()
LABEL, DECK = "VELKA TUMORI", "Sano mirbel kivasta tolemi ruun"
FOLLOW = "Fetto nobis un Tvarra ed Plogga belmund."
PITCH = (
    "Orbem talin vasko remmi, dolun kapret ille mostra venk: barra tolmin surek avello pontis, "
    "nivarra kel ostumi brae fenn. Dastal morvi kelun ab trassi."
)
APP = "Tarmo apola velkunda"
DISCLAIMER = "Ilbrun daskel omnira vesti kurrant ab ostivel, nolla remburt tavi skellum ad brenn."
PROMOS = (LABEL, DECK, FOLLOW, PITCH, APP, DISCLAIMER)


def words(rng: random.Random, count: int) -> str:
    return " ".join("".join(rng.choices(SYLLABLES, k=rng.randint(1, 3))) for _ in range(count))


def paragraph(rng: random.Random) -> str:
    return f"{words(rng, 24).capitalize()}."


def story(rng: random.Random, count: int = 7) -> list[str]:
    return [paragraph(rng) for _ in range(count)]


def with_promos(lines: list[str], *, kinds: Sequence[str] = PROMOS) -> list[str]:
    """A label with its deck, a sentence, a pitch and an app line between paragraphs, a disclaimer last."""
    inserts = {1: (LABEL, DECK), 2: (FOLLOW,), 3: (PITCH,), 4: (APP,), 6: (DISCLAIMER,)}
    found = []
    for place, line in enumerate(lines):
        found += [line, *(promo for promo in inserts.get(place, ()) if promo in kinds)]
    return found


def learn(texts: Sequence[Sequence[str]], **options: object) -> set[int]:
    rules = decide([lines_of("\n\n".join(lines)) for lines in texts], **options)  # type: ignore[arg-type]
    return {rule.mark for rule in rules}


def marks(*lines: str) -> set[int]:
    return {fingerprint(line) for line in lines}


@pytest.fixture
def rng() -> random.Random:
    return random.Random(20261101)


# --- fingerprints and stripping ------------------------------------------------------------------------


def test_a_fingerprint_is_the_same_for_ever() -> None:
    code = "from pipelines.boilerplate.line import fingerprint; print(fingerprint('Lue myös'))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(other.stdout) == fingerprint("Lue myös") == fingerprint("  LUE  MYÖS: ")
    assert -(2**63) <= fingerprint("Lue myös") < 2**63
    assert fingerprint("Lue myös") != fingerprint("Lue myos")


def test_known_lines_go_as_wholes_and_say_where_they_stood() -> None:
    blocks = [Block(kind="p", text=text) for text in ("One.", "Gone", "Gone and more.", "Gone", "Two.")]
    kept, cuts = strip_learned(blocks, frozenset(marks("gone")))
    assert [block.text for block in kept] == ["One.", "Gone and more.", "Two."]
    assert [(cut.line, cut.rule, cut.place) for cut in cuts] == [("Gone", RULE, 1), ("Gone", RULE, 3)]
    back = lines_of("\n\n".join(block.text for block in kept), cuts)
    assert back == lines_of("\n\n".join(block.text for block in blocks))
    assert strip_learned(blocks, frozenset()) == (blocks, [])


# --- what is found -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [5, 8, 30, 200])
def test_five_kinds_of_promo_in_most_articles(rng: random.Random, count: int) -> None:
    texts = [with_promos(story(rng)) if at % 3 != 1 else story(rng) for at in range(count)]
    assert learn(texts) == marks(*PROMOS)


def test_three_of_the_first_five(rng: random.Random) -> None:
    texts = [with_promos(story(rng)) if at < 3 else story(rng) for at in range(5)]
    assert learn(texts) == marks(*PROMOS)


def test_short_articles_full_of_promos(rng: random.Random) -> None:
    texts = [with_promos([words(rng, 12) + "." for _ in range(7)]) for _ in range(5)]
    assert learn(texts) == marks(*PROMOS)


def test_a_pair_and_sentences_of_one_section_of_a_site(rng: random.Random) -> None:
    texts = [with_promos(story(rng)) if at % 6 == 0 else story(rng) for at in range(60)]
    assert learn(texts) == marks(*PROMOS) - marks(APP)  # alone, it may be a subheading


def test_fewer_articles_or_sightings_teach_nothing(rng: random.Random) -> None:
    assert learn([with_promos(story(rng)) for _ in range(4)]) == set()
    assert learn([with_promos(story(rng)) if at < 2 else story(rng) for at in range(6)]) == set()
    assert learn([]) == set()


# --- what stays ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("versions", [2, 3, 4])
def test_versions_of_one_story_are_one(
    rng: random.Random, versions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = story(rng, 6)
    texts = [[paragraph(rng), *common[: 6 - at % 2], paragraph(rng)] for at in range(versions)]
    texts += [story(rng) for _ in range(8)]
    assert learn(texts) == set()
    assert len(independent([lines_of("\n\n".join(lines)) for lines in texts])) == 9
    monkeypatch.setattr(learned, "independent", list)
    assert bool(learn(texts)) == (versions >= 3)  # control: each version counted for itself


def test_two_copies_and_one_that_quotes_them(rng: random.Random) -> None:
    common = story(rng, 6)
    texts = [common, common, [common[2], *story(rng)], *(story(rng) for _ in range(6))]
    assert learn(texts) == set()


def test_promos_are_found_beside_copies(rng: random.Random) -> None:
    common = story(rng)
    texts = [with_promos(common), with_promos(common), *(with_promos(story(rng)) for _ in range(4))]
    assert learn(texts) == marks(*PROMOS)
    assert learn(texts[:5]) == set()  # four stories


def test_control_an_unbounded_share_would_take_every_short_article_for_a_copy(
    rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [with_promos([words(rng, 7) + "." for _ in range(7)]) for _ in range(6)]
    assert learn(texts) == marks(*PROMOS)
    monkeypatch.setattr(copies, "MOST_VERSIONS", 100)
    monkeypatch.setattr(copies, "_same_story", lambda one, other, shared: bool(shared))
    assert learn(texts) == set()


def test_a_column_keeps_its_standing_intro(rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    intro = paragraph(rng)
    texts = [[intro, *story(rng)] if at % 4 == 0 else story(rng) for at in range(24)]
    assert learn(texts) == set()
    monkeypatch.setattr(learned, "OPENING_SHARE", 0.1)
    assert learn(texts) == marks(intro)


def test_a_line_before_nearly_every_article_is_no_column(rng: random.Random) -> None:
    intro = paragraph(rng)
    assert learn([[intro, *story(rng)] if at % 4 else story(rng) for at in range(24)]) == marks(intro)


@pytest.mark.parametrize("every", [1, 2, 5])
def test_subheadings_before_fresh_text_stay(rng: random.Random, every: int) -> None:
    def review() -> list[str]:
        text = story(rng, 8)
        return [*text[:2], "Pros", *text[2:4], "Cons", *text[4:6], "Ingredients", *text[6:]]

    assert learn([review() if at % every == 0 else story(rng) for at in range(30)]) == set()


def test_a_longer_subheading_of_some_articles_stays(
    rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explainer() -> list[str]:
        text = story(rng)
        return [*text[:3], "What happens next?", *text[3:5], "The story so far", *text[5:]]

    texts = [explainer() if at % 4 == 0 else story(rng) for at in range(40)]
    assert learn(texts) == set()
    monkeypatch.setattr(learned, "LONE_SHARE", 0.1)
    assert learn(texts) == marks("What happens next?", "The story so far")


def test_headings_of_lists_and_their_entries_stay(rng: random.Random) -> None:
    def poll() -> list[str]:
        names = ["Party of the Centre", "United Harbour List", "Orchard Alliance"]
        table = [part for name in names for part in (name, f"{rng.random():.4f}")]
        return [*story(rng, 3), "How they would vote today", *table, *story(rng, 2)]

    assert learn([poll() if at % 2 else story(rng) for at in range(30)]) == set()


def test_forms_of_an_interview_stay(rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    def interview() -> list[str]:
        return [line for text in story(rng) for line in ("Interviewer asks", text, "***")]

    texts = [interview() for _ in range(10)]
    assert learn(texts) == set()
    monkeypatch.setattr(learned, "MAX_FORM", 0)
    assert learn(texts) == marks("Interviewer asks")


# --- rules as the site grows ---------------------------------------------------------------------------


def test_a_rule_of_few_articles_falls_when_more_refute_it(rng: random.Random) -> None:
    intro = paragraph(rng)
    texts = [[intro, *story(rng)] if at < 3 else story(rng) for at in range(15)]
    early = learn(texts[:5])
    assert early == marks(intro)
    assert learn(texts[:8], known=early) == early  # in doubt it stays as it was
    assert learn(texts, known=early) == set()


def test_a_settled_rule_outlives_its_promo(rng: random.Random) -> None:
    assert learn([story(rng) for _ in range(30)], known=marks(APP)) == marks(APP)
    assert learn([story(rng) for _ in range(10)], known=marks(APP)) == set()
