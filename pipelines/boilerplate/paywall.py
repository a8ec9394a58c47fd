"""The paywall's last line: "Subscribe to continue reading", in the words that such lines are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.lines import length

RULE = "paywall-note"
MAX_LENGTH = 150
# Only the last lines of a page, where such a note stands.
_TAIL = 2
_SUBSCRIPTION = re.compile(
    r"subscri|member(?:s|ship)|paywall|\babo\b|abonn|premium|suscri|subscrib|abbonat|abbonamento|assinant|"
    r"prenumer|tilaaj|подпис|підпис|předplat|előfizet|abone|اشترك|المشترك|للمشترك|מנוי|订阅|訂閱|会员|會員|購読|会員|"
    r"구독|सदस्यता|สมาชิก",
    re.IGNORECASE,
)
_READING = re.compile(
    r"continu(?:e|ing|er|ar) (?:to )?(?:read|reading|la lecture|leyendo|lendo|a ler)|keep reading|read (?:more|on|the full)|"
    r"\blog ?in\b|\bsign ?in\b|\bunlock|unlimited access|weiterlesen|weiter lesen|\banmelden\b|einloggen|freischalten|"
    r"\bà lire\b|lire la suite|\bréservé|connectez|seguir leyendo|siga leyendo|contenido exclusivo|inici[ae] sesión|"
    r"riservat[oa]|\baccedi\b|verder lezen|läs vidare|logga in|læs videre|les videre|czytaj dalej|zaloguj|číst dál|"
    r"olvass|читать дал|войдите|читати дал|okumaya devam|giriş yap|متابعة القراءة|لقراءة|المحتوى|להמשיך לקרוא|"
    r"继续阅读|阅读全文|繼續閱讀|閱讀全文|登录|登入|続き|ログイン|로그인|계속 읽",
    re.IGNORECASE,
)
# What is left of the article, in per cent: no article ends so.
_REMAINING = re.compile(
    r"(?:il vous reste|noch|remaining|te queda|le queda|ti resta)\D{0,12}\d{1,3}(?:[.,]\d+)?\s?%", re.I
)


def start_of_note(blocks: Sequence[Block]) -> int:
    """The place from which only the paywall speaks; `len(blocks)` when it does not."""
    for place in range(max(1, len(blocks) - _TAIL), len(blocks)):
        if _is_note(blocks[place].text):
            rest = blocks[place + 1 :]
            if all(length(block.text) <= MAX_LENGTH / 2 for block in rest):
                return place
    return len(blocks)


def _is_note(text: str) -> bool:
    if length(text) > MAX_LENGTH or re.search(r"[\"“”„«»「」]", text):
        return False
    return bool(_REMAINING.search(text)) or bool(_SUBSCRIPTION.search(text) and _READING.search(text))
