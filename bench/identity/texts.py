"""The texts that variants are made of: known texts of saved pages, and those of the sample site."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from bench.extraction.corpus import read_corpus
from crawler.demo.content import read_outlets
from pipelines.sketch import ALPHABETS, letters_of
from pipelines.words import count_words

ROOT = Path(__file__).parents[2]
CORPORA = [ROOT.parent / "shared" / "corpus" / name for name in ("publishers", "outlets")]
_NOW = datetime(2026, 11, 24, tzinfo=UTC)
_SENTENCE = re.compile(r"[^.!?。！？۔।]*(?:[.!?。！？۔।]+[\"'”’»“」』)]*\s*|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A text by paragraphs, of one site; `unspaced` when its script puts no spaces between words."""

    site: str
    language: str
    title: str
    paragraphs: tuple[str, ...]
    unspaced: bool

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def read_stories(corpora: Sequence[Path], *, half: int | None = None) -> list[Story]:
    """The texts of 60 words and more; of one half of the sites only (0 or 1), where that is asked for."""
    found = [story for folder in corpora for story in _saved(folder)] + _sample()
    return [story for story in found if half is None or half_of(story.site) == half]


def half_of(site: str) -> int:
    return blake2b(site.encode(), digest_size=1).digest()[0] % 2


def sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.findall(text) if part.strip()]


def _saved(folder: Path) -> list[Story]:
    return [
        _story(page.host, page.language or "", page.title or "", page.text)
        for page in read_corpus(folder)
        if page.text and count_words(page.text) >= 60
    ]


def _sample() -> list[Story]:
    return [
        _story(outlet.key, outlet.language, story.title, "\n\n".join(story.lines))
        for outlet in read_outlets(_NOW)
        for story in outlet.stories
    ]


def _story(site: str, language: str, title: str, text: str) -> Story:
    paragraphs = tuple(line.strip() for line in text.split("\n") if line.strip())
    if len(paragraphs) < 3:
        # Some known texts are one line.
        found = sentences(text)
        paragraphs = tuple(" ".join(found[at : at + 3]) for at in range(0, len(found), 3))
    unspaced = letters_of(text).script is not ALPHABETS and " " not in text[:40]
    return Story(site=site, language=language[:2], title=title, paragraphs=paragraphs, unspaced=unspaced)
