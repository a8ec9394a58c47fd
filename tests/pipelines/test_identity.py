from __future__ import annotations

import pytest

from pipelines.identity import article_id, content_hash


def test_article_id_is_16_hex_digits_of_the_address() -> None:
    one = article_id("https://example.org/a")
    assert len(one) == 16
    assert int(one, 16) >= 0
    assert one == article_id("https://example.org/a")
    assert one != article_id("https://example.org/b")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Zug hält", "Der  Zug\n\nhält an."),
        ("ZUG HÄLT", "der zug hält an"),
        ("Zug ha\u0308lt", "Der Zug ha\u0308lt an!"),
        ("Zug hält", "\ufeffDer\u00a0Zug, hält „an“."),
    ],
)
def test_spacing_case_and_punctuation_do_not_count(title: str, text: str) -> None:
    assert content_hash(title, text) == content_hash("Zug hält", "Der Zug hält an.")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Zug hält", "Der Zug hält nicht an."),
        ("Zug halt", "Der Zug hält an."),
        ("Zug hält Der", "Zug hält an."),
    ],
)
def test_other_words_count(title: str, text: str) -> None:
    assert content_hash(title, text) != content_hash("Zug hält", "Der Zug hält an.")


def test_vowel_signs_count() -> None:
    assert content_hash("", "कि") != content_hash("", "की")


def test_money_and_numbers_count() -> None:
    assert content_hash("", "costs $1.5") != content_hash("", "costs $15")
    assert content_hash("", "costs €5") != content_hash("", "costs $5")


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "a" * 1_000_000])
def test_odd_texts_have_a_hash(text: str) -> None:
    assert len(content_hash(text, text)) == 32
    assert len(article_id(text)) == 16
