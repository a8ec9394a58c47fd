"""Bytes -> text: the order of trust is byte order mark, strict UTF-8, declaration, detection."""

from __future__ import annotations

import codecs

import pytest

from pipelines.charset import decode

TEXTS = {
    "windows-1252": "Der Bürgermeister von Köln sagte: „Größe zählt“ – und fuhr nach Aachen zurück.",
    "windows-1251": "Городской совет во вторник вечером решил отремонтировать старый мост через реку до зимы.",
    "windows-1256": "قرر مجلس المدينة مساء الثلاثاء إصلاح الجسر القديم فوق النهر قبل حلول الشتاء هذا العام",
    "gb18030": "市议会星期二晚上决定在冬天来临之前修复河上的旧桥，尽管目前还没有找到所需要的资金。",
    "shift_jis": "市議会は火曜日の夜、冬が来る前に川にかかる古い橋を修理することを決定しました。",
    "euc-kr": "시의회는 화요일 저녁 겨울이 오기 전에 강 위의 낡은 다리를 수리하기로 결정했다.",
}


@pytest.mark.parametrize("charset", TEXTS)
def test_a_declared_charset_is_used(charset: str) -> None:
    text = TEXTS[charset]
    body = text.encode(charset)
    assert decode(body, f"text/html; charset={charset}").text == text
    assert decode(f'<meta charset="{charset}">'.encode() + body, None).text.endswith(text)


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1251", "gb18030", "us-ascii", "nonsense"])
def test_strict_utf_8_wins_over_a_lying_declaration(charset: str) -> None:
    for text in TEXTS.values():
        found = decode(text.encode("utf-8"), f"text/html; charset={charset}")
        assert (found.text, found.charset, found.replaced) == (text, "utf-8", 0.0)


@pytest.mark.parametrize(
    ("mark", "name"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_byte_order_mark_wins_over_all(mark: bytes, name: str) -> None:
    text = TEXTS["windows-1251"]
    assert decode(mark + text.encode(name), "text/html; charset=koi8-r").text == text


def test_latin_1_means_what_browsers_make_of_it() -> None:
    assert decode("„Größe“ €".encode("cp1252"), "text/html; charset=iso-8859-1").text == "„Größe“ €"


@pytest.mark.parametrize("charset", ["windows-1251", "gb18030", "euc-kr"])
def test_an_undeclared_charset_is_detected(charset: str) -> None:
    text = TEXTS[charset] * 5
    assert decode(text.encode(charset), None).text == text


def test_nothing_is_an_error_and_what_is_lost_is_counted() -> None:
    assert decode(b"", None).text == ""
    found = decode(bytes(range(128, 256)) * 4, "text/html; charset=utf-8")
    assert 0 <= found.replaced <= 1
    assert decode(b"\xff\xfe\x00", None).text is not None
    broken = "Ein Satz mit Umlauten: Größe, Übermut, Fuß. ".encode() * 50 + b"\xc3"
    assert "Größe" in decode(broken, "text/html; charset=utf-8").text


@pytest.mark.parametrize(
    "label", ["hex", "rot13", "zlib", "base64", "idna", "undefined", "punycode", "unicode_escape"]
)
def test_what_python_calls_a_codec_and_no_page_is_written_in_is_no_charset(label: str) -> None:
    body = f"<meta charset={label}>Grüße aus Köln \\x41".encode("cp1252")
    decoded = decode(body, f"text/html; charset={label}")
    assert decoded.text.endswith("\\x41")
    assert decoded.charset not in (label, label.replace("_", "-"))
