"""What changes at every reading and is no news: clocks, counters, tickers, rotating lines, what flips.

The rules are told in docs/versions.md. All of them are about whole lines; a figure that is corrected within a
sentence is news.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from pipelines.boilerplate.lines import ends_like_a_sentence, length
from pipelines.changes.align import likeness
from pipelines.changes.lexicon import is_notice, runs, words
from pipelines.identity import folded_words
from pipelines.items import Article

# The longest label of a clock or counter, and the longest line of an advertisement between paragraphs.
_LABEL, _LINE = 80, 120
# A label with more words beside its figures may well be a point of a list of facts: "12 people were killed".
_FEW_WORDS = 3
_SHORT_SENTENCE = 8
_MOST_IN_PLACE = 2
_ALIKE = 0.5
# Texts with more lines than that are compared as they are.
_MOST_LINES = 2000

_CLOCK = re.compile(r"\d{1,2}(?::|\.|h|時|时|시)\d\d(?!\d)|\d\s?(?:Uhr|[ap]\.?m\b)", re.I)
_TICKER = re.compile(r"[+\-−±]\s?\d+(?:[.,]\d+)*\s?%|[▲▼△▽↑↓]|°")
_DIGITS = re.compile(r"\d+")
# 1.2K, 3 Mio, 4万: what large counts are shortened to.
_SHORTENED = re.compile(r"(?<=\d)\s?(?:[km]|mio|tsd|mn|mil|тыс|млн|万|萬|千|천|만)\b", re.I)


def without_noise(new: Article, states: Sequence[Article]) -> Article:
    """The new reading with what is noise in it put back to what the latest state says.

    `states` are the states before it, the latest one first: with more of them more is known to come and go.
    Where nothing but noise has changed, title and text are those of the latest state.
    """
    old = states[0]
    title = old.title if _flips(new.title, [state.title for state in states]) else new.title
    texts = [state.text.split("\n\n") for state in states]
    lines = new.text.split("\n\n")
    if len(lines) + len(texts[0]) > _MOST_LINES:
        return replace(new, title=title)
    return replace(new, title=title, text="\n\n".join(_calmed(lines, texts)))


def _flips(now: str, before: Sequence[str]) -> bool:
    """A, B, A, and now B again: it goes back and forth. A single way back may be the publisher's wish."""
    return len(before) >= 3 and now == before[1] != before[0] == before[2]


@dataclass(frozen=True, slots=True)
class _Place:
    """Lines replaced by others between two lines that stayed (None: the text's beginning or end)."""

    before: str | None
    after: str | None
    old: list[str]
    new: list[str]


def _calmed(lines: list[str], texts: list[list[str]]) -> Iterator[str]:
    old = texts[0]
    matcher = SequenceMatcher(None, old, lines, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield from old[i1:i2]
            continue
        place = _Place(
            old[i1 - 1] if i1 else None, old[i2] if i2 < len(old) else None, old[i1:i2], lines[j1:j2]
        )
        place = replace(place, new=_with_old_counters(place))
        yield from place.old if place.old != place.new and _is_restless(place, texts) else place.new


def _with_old_counters(place: _Place) -> list[str]:
    waiting = list(place.old)
    found = []
    for line in place.new:
        same = next((one for one in waiting if is_counter(one, line)), None)
        if same is not None:
            waiting.remove(same)
        found.append(line if same is None else same)
    return found


def is_counter(one: str, other: str) -> bool:
    """Whether both lines are one clock, counter or ticker at two times.

    They differ in digits and words of time only, hold no sentence, and say by a word or a sign what they are.
    An advertisement that says so may differ altogether, a line of weather or prices in a word.
    """
    if max(len(one), len(other)) > _LABEL:
        return False
    if _is_ad(one) and _is_ad(other):
        return True
    if _skeleton(one) != _skeleton(other):
        return _is_ticker(one) and _is_ticker(other) and _skeleton(one)[:1] == _skeleton(other)[:1]
    tells = _tells(one) and _tells(other)
    if ends_like_a_sentence(one) or ends_like_a_sentence(other):
        # "Updated 5 minutes ago." is a label with a full stop; "He left 5 minutes ago." is a sentence.
        known = words("counters") | words("ads")
        said = folded_words(one).split()
        return tells and len(said) <= _SHORT_SENTENCE and not known.isdisjoint(said)
    return tells


def _skeleton(line: str) -> list[str]:
    """The words of a line but for its figures and words of time."""
    bare = runs("time_runs").sub(" ", _DIGITS.sub(" ", _SHORTENED.sub("", line)))
    return [word for word in folded_words(bare).split() if word not in words("time") and word.isalpha()]


def _tells(line: str) -> bool:
    """Whether a line has what only clocks, counters and tickers have."""
    said = set(folded_words(line).split())
    if not said.isdisjoint(words("counters")) or runs("counter_runs").search(line):
        return True
    if len(_skeleton(line)) > _FEW_WORDS:
        return False
    timed = _CLOCK.search(line) or runs("time_runs").search(line) or not said.isdisjoint(words("time"))
    return bool(timed) or _is_ticker(line)


def _is_ticker(line: str) -> bool:
    return _TICKER.search(line) is not None and len(_skeleton(line)) <= _FEW_WORDS


def _is_ad(line: str) -> bool:
    return next(iter(folded_words(line).split()), "") in words("ads")


def _is_restless(place: _Place, texts: list[list[str]]) -> bool:
    """Whether the few short lines at a place were changed for others in each of the last steps.

    Lines that hold no sentence: in this step and the one before; others in three steps. Sentences of any
    length: when they flip for the second time.
    """
    held = [place.old]
    for text in texts[1:3]:
        found = _between(text, place.before, place.after)
        if found is None:
            break
        held.append(found)
    if len(held) == 3 and place.new == held[1] != place.old == held[2]:
        return True
    contents = [place.new, *held]
    if not all(_is_short(content) for content in contents):
        return False
    steps = 2 if not any(ends_like_a_sentence(line) for content in contents for line in content) else 3
    return len(contents) > steps and all(
        _is_other(contents[number], contents[number + 1]) for number in range(steps)
    )


def _between(text: list[str], before: str | None, after: str | None) -> list[str] | None:
    """The lines between two others; None where those do not stand there, or too far apart."""
    if before is None:
        start = 0
    elif before in text:
        start = text.index(before) + 1
    else:
        return None
    if after is None:
        found = text[start:]
    elif after in text[start:]:
        found = text[start : text.index(after, start)]
    else:
        return None
    return found if len(found) <= _MOST_IN_PLACE else None


def _is_short(lines: list[str]) -> bool:
    return len(lines) <= _MOST_IN_PLACE and all(
        length(line) <= _LINE and not is_notice(line) for line in lines
    )


def _is_other(new: list[str], old: list[str]) -> bool:
    """Whether lines were changed for quite other ones, or for the same label with another figure."""
    one, other = " ".join(new), " ".join(old)
    if one == other:
        return False
    skeleton = _skeleton(one)
    figure = skeleton == _skeleton(other) and len(skeleton) <= _FEW_WORDS
    return figure or likeness(one, other) < _ALIKE
