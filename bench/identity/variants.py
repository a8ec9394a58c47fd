"""Copies as outlets make them: each kind turns a story into the text another outlet would print."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bench.identity.texts import Story, sentences

Change = Callable[[random.Random, Story, list[Story]], Story]
_QUOTES = {'"': "“", "“": "„", "”": "“", "«": '"', "»": '"', "'": "’", "’": "'", "「": "『", "」": "』"}
_AGENCIES = ("(dpa)", "Reuters -", "(AFP)", "By The Associated Press", "新华社", "共同")


def identical(chance: random.Random, story: Story, others: list[Story]) -> Story:
    return story


def headline(chance: random.Random, story: Story, others: list[Story]) -> Story:
    return replace(story, title=chance.choice(others).title)


def cut(chance: random.Random, story: Story, others: list[Story]) -> Story:
    """Without its tail: 45 to 80 % are left."""
    found = [(place, part) for place, line in enumerate(story.paragraphs) for part in sentences(line)]
    total = sum(len(part) for _, part in found)
    wanted = total * chance.uniform(0.45, 0.8)
    lines: dict[int, list[str]] = {}
    for place, part in found:
        if wanted <= 0 and lines:
            break
        lines.setdefault(place, []).append(part)
        wanted -= len(part)
    return replace(story, paragraphs=tuple(_spaced(story).join(parts) for parts in lines.values()))


def boxes(chance: random.Random, story: Story, others: list[Story]) -> Story:
    """One to three paragraphs of other texts between its own."""
    lines = list(story.paragraphs)
    for _ in range(chance.randint(1, 3)):
        other = chance.choice(_alike(story, others))
        lines.insert(chance.randint(0, len(lines)), chance.choice(other.paragraphs))
    return replace(story, paragraphs=tuple(lines))


def lead(chance: random.Random, story: Story, others: list[Story]) -> Story:
    """Another first sentence, no longer than what is left of the story."""
    found = sentences(story.paragraphs[0])
    room = len(story.text) - len(found[0])
    pool = sentences(chance.choice(_alike(story, others)).paragraphs[0])
    other = min(pool, key=lambda one: (len(one) > room, chance.random()))
    return replace(story, paragraphs=(_spaced(story).join([other, *found[1:]]), *story.paragraphs[1:]))


def edited(chance: random.Random, story: Story, others: list[Story]) -> Story:
    """3 to 12 % of the words are others; an agency's line, quotes and dashes as that house sets them."""
    share = chance.uniform(0.03, 0.12)
    words = _words(chance.choice(_alike(story, others)), unspaced=story.unspaced)
    lines = [_edited(chance, line, share, words, unspaced=story.unspaced) for line in story.paragraphs]
    lines[0] = f"{chance.choice(_AGENCIES)} {lines[0]}"
    return replace(story, paragraphs=tuple(lines))


def typography(chance: random.Random, story: Story, others: list[Story]) -> Story:
    """Quotes retyped, dashes, spaces and joined paragraphs."""
    lines = ["".join(_QUOTES.get(char, char) for char in line) for line in story.paragraphs]
    text = "\n\n".join(lines).replace(" - ", " – ").replace("...", "…")
    if chance.random() < 0.5:
        text = text.replace("\n\n", " ")
    return replace(story, paragraphs=tuple(text.split("\n\n")))


def mixed(chance: random.Random, story: Story, others: list[Story]) -> Story:
    """Cut, edited and with a box."""
    box = chance.choice(chance.choice(_alike(story, others)).paragraphs)
    found = edited(chance, cut(chance, story, others), others)
    return replace(found, title=chance.choice(others).title, paragraphs=(*found.paragraphs, box))


CHANGES: Mapping[str, Change] = {
    "identical": identical,
    "headline": headline,
    "cut": cut,
    "boxes": boxes,
    "lead": lead,
    "edited": edited,
    "typography": typography,
    "mixed": mixed,
}


def wire_item(chance: random.Random, story: Story) -> Story:
    """A short item of 40 to 80 words (in scripts without spaces 80 to 160 characters) from a story's start."""
    # The lead is at most half of it, so that there is a story left when it gets another one.
    wanted = chance.randint(80, 160) if story.unspaced else chance.randint(40, 80)
    found = sentences(" ".join(story.paragraphs))
    parts: list[str] = []
    for part in found:
        if wanted <= 0 and len(parts) > 1 and len("".join(parts[1:])) >= len(parts[0]):
            break
        parts.append(part)
        wanted -= len(part) if story.unspaced else len(part.split())
    return replace(story, paragraphs=(_spaced(story).join(parts),))


def _alike(story: Story, others: list[Story]) -> list[Story]:
    """The others in its language; where there are none, those that are written alike."""
    same = [other for other in others if other.language == story.language]
    return same or [other for other in others if other.unspaced == story.unspaced]


def _spaced(story: Story) -> str:
    return "" if story.unspaced else " "


def _words(story: Story, *, unspaced: bool) -> list[str]:
    if not unspaced:
        return story.text.split()
    return [story.text[at : at + 2] for at in range(0, len(story.text) - 2, 2)]


def _edited(chance: random.Random, line: str, share: float, words: list[str], *, unspaced: bool) -> str:
    pieces = [line[at : at + 2] for at in range(0, len(line), 2)] if unspaced else line.split()
    done = [chance.choice(words) if chance.random() < share else piece for piece in pieces]
    return re.sub(r"[\"“”«»„]", '"', ("" if unspaced else " ").join(done))
