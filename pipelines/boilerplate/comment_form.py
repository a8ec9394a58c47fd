"""The comment form at the end of a page: from its heading to the end, in every language WordPress speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.lines import is_prose, length, normal

RULE = "comment-form"
# A label of a form field: short, and marked as required or as a question.
_FIELD = re.compile(r"[*:：＊]\s*$")
# Words of forms that stand in no phrase list because every theme has its own: an address field, a captcha.
_FIELD_WORDS = re.compile(
    r"\be-?mail|website|webseite|captcha|url\b|\bname\b|\bnom\b|\bnombre\b|メール|邮箱|电子邮件",
    re.IGNORECASE,
)
MAX_FIELD = 60
# The longest heading of a form with the link joined to it, in any language, with room for a name.
_MAX_HEADING = 160
# A form stands in the last part of a page; headings before are subheadings of an article about forms.
_HEADLESS_TAIL = 8


@dataclass(frozen=True, slots=True)
class Phrases:
    """`exact` maps a normalised phrase to its kind; `templates` are those with a name in them."""

    exact: dict[str, str]
    templates: tuple[tuple[re.Pattern[str], str], ...]
    any_template: re.Pattern[str]

    def kind_of(self, line: str) -> str | None:
        """ "heading", "link", "notice" or "button" for a line that is such a phrase as a whole."""
        if length(line) > 300:
            return None
        text = normal(line)
        found = self.exact.get(text)
        if found is not None or len(text) > 200:
            return found
        kind = self._kind_of_template(text) if self.any_template.fullmatch(text) else None
        return kind or self._kind_of_heading_and_link(text) or self._kind_of_last_sentence(line)

    def _kind_of_template(self, text: str) -> str | None:
        return next((kind for pattern, kind in self.templates if pattern.fullmatch(text)), None)

    def _kind_of_heading_and_link(self, text: str) -> str | None:
        """ "Leave a Reply Cancel reply": most themes put the link into the heading."""
        if len(text) > _MAX_HEADING:
            return None
        spaces = [place for place, character in enumerate(text) if character == " "]
        joined = any(
            self.exact.get(text[:place]) == "heading" and self.exact.get(text[place + 1 :]) is not None
            for place in spaces
        )
        return "heading" if joined else None

    def _kind_of_last_sentence(self, line: str) -> str | None:
        """Themes join "Your address will not be published. Required fields are marked *" to one line."""
        _, point, last = line.rpartition(". ")
        return "notice" if point and self.kind_of(last) == "notice" else None


@lru_cache(maxsize=1)
def phrases() -> Phrases:
    """All phrases of the data file; of one text with several kinds the strongest counts."""
    strength = {"heading": 0, "notice": 1, "link": 2, "button": 3}
    exact: dict[str, str] = {}
    templates: dict[str, str] = {}
    text = (files("pipelines.boilerplate") / "comment-form-phrases.tsv").read_text(encoding="utf-8")
    for row in text.splitlines():
        if row.startswith(("#", "locale\t")) or row.count("\t") < 3:
            continue
        _, kind, _, phrase = row.split("\t")[:4]
        table = templates if "{}" in phrase else exact
        key = normal(phrase.replace("{}", "\ue000")) if "{}" in phrase else normal(phrase)
        if key and (key not in table or strength[kind] < strength[table[key]]):
            table[key] = kind
    patterns = [(_template(key), kind) for key, kind in templates.items()]
    return Phrases(
        exact,
        tuple((re.compile(pattern), kind) for pattern, kind in patterns),
        re.compile("|".join(pattern for pattern, _ in patterns)),
    )


def _template(key: str) -> str:
    parts = [re.escape(part.strip()) for part in key.split("\ue000")]
    return r"\s*.{0,60}?\s*".join(parts)


@lru_cache(maxsize=512)
def _kind_of(line: str) -> str | None:
    return phrases().kind_of(line)


def start_of_form(blocks: Sequence[Block]) -> int:
    """The place of the first block of a comment form at the tail; `len(blocks)` when there is none."""
    kinds = [_kind_of(block.text) for block in blocks]
    for place, kind in enumerate(kinds):
        if kind == "heading" and _is_form(blocks[place + 1 :], kinds[place + 1 :]):
            # In many languages the button says what the heading says, and may be all that is left of both.
            while place > 1 and kinds[place - 1] is not None:
                place -= 1
            return place
    return _without_heading(blocks, kinds)


def _is_form(rest: Sequence[Block], kinds: Sequence[str | None]) -> bool:
    """Whether what follows a heading is the rest of a form, and not the article going on.

    Prose after it speaks for an article, unless the form itself still comes behind it: then the prose is
    what readers have written.
    """
    prose = [place for place, block in enumerate(rest) if kinds[place] is None and is_prose(block.text)]
    if not prose:
        return True
    after = range(prose[-1] + 1, len(rest))
    evidence = sum(kinds[place] is not None or _is_field(rest[place]) for place in after)
    return evidence >= 2 or any(kinds[place] in ("button", "heading") for place in after)


def _is_field(block: Block) -> bool:
    short = length(block.text) <= MAX_FIELD
    return short and bool(_FIELD.search(block.text) or _FIELD_WORDS.search(block.text))


def _without_heading(blocks: Sequence[Block], kinds: Sequence[str | None]) -> int:
    """Trailing phrases and fields of a form whose heading is gone."""
    start = len(blocks)
    for place in range(len(blocks) - 1, max(-1, len(blocks) - _HEADLESS_TAIL - 1), -1):
        if kinds[place] is not None:
            start = place
        elif not _is_field(blocks[place]):
            break
    return start
