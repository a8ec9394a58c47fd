from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.likeness import likeness
from pipelines.sketch import ALPHABETS, HAN, HANGUL, SIZE, SOUTH_EAST_ASIAN, letters_of, runs, sketch

WORDS = st.lists(st.text("abcdefghij", min_size=2, max_size=9), min_size=10, max_size=120).map(" ".join)
_BITS = 0xFFFF_FFFF_FFFF


def test_scripts() -> None:
    assert letters_of("The council met.").script is ALPHABETS
    assert letters_of("Совет собрался во вторник").script is ALPHABETS
    assert letters_of("北京今天下雨，中国的首都。").script is HAN
    assert letters_of("東京でバスケットボールの試合が行われた").script is HAN
    assert letters_of("서울에서 회의가 열렸다").script is HANGUL
    assert letters_of("วันนี้ฝนตกที่กรุงเทพ").script is SOUTH_EAST_ASIAN
    assert letters_of("ថ្ងៃនេះមានភ្លៀង").script is SOUTH_EAST_ASIAN
    assert letters_of("截至收盘 NVIDIA 报 123 点").script is HAN
    assert letters_of("").script is ALPHABETS


def test_numbers_are_the_same_for_ever() -> None:
    """A store keeps them: another way of counting would find nothing of what was stored before."""
    assert sketch(letters_of("The council met on Tuesday."))[:1] == (SAME_FOR_EVER,)


SAME_FOR_EVER = 152293661218549


@given(WORDS, st.integers(1, 40))
def test_a_run_has_one_hash_wherever_it_stands(text: str, size: int) -> None:
    letters = letters_of(text)
    found = runs(letters, size).tolist()
    cut = [letters.text[at : at + size] for at in range(len(found))]
    assert len(set(cut)) == len(set(found))
    assert all(len(run) == min(size, len(letters.text)) for run in cut)
    assert len(dict(zip(cut, found, strict=True))) == len(set(zip(cut, found, strict=True)))


@given(WORDS, WORDS)
def test_what_a_text_keeps_of_a_part_the_part_keeps_too(part: str, rest: str) -> None:
    size = ALPHABETS.sampled
    whole, contained = letters_of(f"{part} {rest}"), letters_of(part)
    if len(contained.text) >= size:
        here = set((runs(contained, size) & np.uint64(_BITS)).tolist())
        assert {mark for mark in sketch(whole) if mark in here} <= set(sketch(contained))


@given(WORDS)
def test_a_sketch_is_short_and_ignores_typography(text: str) -> None:
    found = sketch(letters_of(text))
    assert 0 < len(found) <= SIZE
    assert len(set(found)) == len(found)
    assert sketch(letters_of(text.upper().replace(" ", " – "))) == found


@given(st.text(max_size=300), st.text(max_size=300))
def test_likeness_of_any_two_texts(one: str, other: str) -> None:
    first, second = letters_of(one), letters_of(other)
    there, back = likeness(first, second), likeness(second, first)
    assert 0.0 <= there.one <= 1.0
    assert (there.one, there.other) == (back.other, back.one)
    assert there.is_copy == back.is_copy or there.hole != back.hole


@given(WORDS, WORDS)
def test_a_text_is_like_itself_and_like_what_holds_it(text: str, rest: str) -> None:
    letters = letters_of(text)
    assert likeness(letters, letters).differs == 0.0
    assert likeness(letters, letters_of(f"{text} {rest}")).one == 1.0
