"""What the judge sees of each line: figures that need no language, one row a line.

The extractor's choice is the strongest of them, but seldom as a verdict on the line itself: far more
tells how much of the text in the same kind of box, in the same container, around the line was chosen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, takewhile

from pipelines.boilerplate.lines import ends_like_a_sentence
from pipelines.judge import class_words
from pipelines.judge.boxes import BoxSum
from pipelines.judge.choices import bare
from pipelines.judge.page_lines import Box, PageLine

_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d")
_DATE = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b|\b20\d\d\b")
# The main container holds this share of what was chosen.
_MAIN_SHARE = 0.7
# Farther than this counts as far.
_FAR = 10
_MAX_STEPS = 20
# Characters at a line's start in which a date makes it a dateline.
_HEAD = 80
# A line this long may be the article's wherever it stands.
_PARAGRAPH = 80.0
_MAX_LINE = 600.0
_MAX_BOX = 5000.0
# A JSON-LD text shorter than this is a summary: a line missing in it means nothing.
_MIN_BODY = 400
_OWN = ("lead", "caption", "note", "related", "quote", "head", "share", "body")
_AROUND = (
    "caption",
    "lead",
    "note",
    "related",
    "body",
    "hidden",
    "quote",
    "head",
    "tag",
    "share",
    "author",
    "news",
)
_TAGS = {
    "figure": 1,
    "figcaption": 1,
    "ul": 2,
    "ol": 2,
    "dl": 2,
    "table": 4,
    "blockquote": 8,
    "header": 16,
    "section": 32,
    "aside": 64,
    "footer": 64,
    "nav": 64,
    "form": 64,
}

NAMES: tuple[str, ...] = (
    *("is_p", "is_item", "is_heading", "is_cell", "is_div"),
    *("in_figure", "in_list", "in_table", "in_quote", "in_header", "in_section", "in_aside"),
    *("chosen", "next_chosen", "second_next_chosen", "chosen_near", "from_first", "from_last", "position"),
    *("before_share", "after_share", "gap_before", "gap_after"),
    *("linked", "emphasised", "length", "words", "sentence", "commas", "digits", "dated"),
    *("previous_length", "previous_linked", "previous_sentence", "previous_heading"),
    *("next_length", "next_linked", "next_sentence"),
    *("in_main", "depth", "above_main"),
    *("branch_of_chosen", "branch_length", "branch_lines", "branch_linked", "branch_chosen"),
    *("box_lines", "box_linked", "box_length", "box_chosen"),
    *("kin_chosen", "kin_length", "kin_lines", "kin_linked", "kin_of_chosen", "kin_is_main"),
    *("in_title", "in_description", "in_body", "has_body", "names_author", "repeated"),
    *("page_lines", "page_chosen", "page_chosen_length"),
    *(f"own_{name}" for name in _OWN),
    *(f"around_{name}" for name in _AROUND),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the page's metadata says that a line can be compared with."""

    title: str | None = None
    description: str | None = None
    body: str | None = None
    authors: Sequence[str] = ()


def features(
    lines: Sequence[PageLine], sums: dict[Box, BoxSum], chosen: Sequence[bool], known: Known
) -> list[list[float] | None]:
    """A row of figures for each line, in the order of NAMES; None for lines far from all that was chosen."""
    return _Table(lines, sums, chosen, known).rows() if lines else []


class _Table:
    """The figures of a page's lines, each kind computed once for all of them."""

    def __init__(
        self, lines: Sequence[PageLine], sums: dict[Box, BoxSum], chosen: Sequence[bool], known: Known
    ) -> None:
        self.lines, self.chosen = lines, chosen
        self.keys = [bare(line.text) for line in lines]
        self.sentences = [ends_like_a_sentence(line.text) for line in lines]
        self.times = Counter(self.keys)
        self.sums = sums
        self.chosen_in = self._chosen_in()
        self.total = sum(line.size for line, own in zip(lines, chosen, strict=True) if own) or 1.0
        self.main = self._main()
        self.main_depths = {box: place for place, box in enumerate(self.main.outwards())}
        self.makes = {box: box.make(self.main) for box in {line.box for line in lines}}
        self.kin = self._kin()
        self.chosen_kin = self._chosen_kin()
        self.kin_most = max(self.chosen_kin.values())
        self.masks: dict[Box, tuple[int, int, int]] = {}
        self.title = frozenset(_words(known.title))
        self.description = frozenset(_words(known.description))
        self.body = bare(known.body or "")
        self.authors = [key for name in known.authors if len(key := bare(name)) > 4]

    # --- containers ---

    def _chosen_in(self) -> dict[Box, float]:
        """The chosen characters in each box, inner boxes included."""
        held = dict.fromkeys(self.sums, 0.0)
        for line, chosen in zip(self.lines, self.chosen, strict=True):
            if chosen:
                held[line.box] += line.size
        for box in reversed(self.sums):
            if box.parent is not None:
                held[box.parent] += held[box]
        return held

    def _main(self) -> Box:
        """The innermost box around others that holds most of what was chosen."""
        best, most = None, -1
        for line, chosen in zip(self.lines, self.chosen, strict=True):
            if not chosen or line.box.parent is None:
                continue
            around = list(line.box.parent.outwards())
            for place, box in enumerate(around):
                if self.chosen_in[box] >= _MAIN_SHARE * self.total:
                    if len(around) - place > most:
                        best, most = box, len(around) - place
                    break
        if best is not None:
            return best
        *_, root = self.lines[0].box.outwards()
        return root

    def _kin(self) -> dict[tuple[str, ...], BoxSum]:
        """What stands in boxes of one make, as `makes` has them."""
        kin: dict[tuple[str, ...], BoxSum] = {}
        for line in self.lines:
            found = kin.setdefault(self.makes[line.box], BoxSum())
            found.add(line.size, line.size * line.linked, 1, line.size)
        return kin

    def _chosen_kin(self) -> dict[tuple[str, ...], float]:
        """The chosen characters in boxes of one make."""
        held = dict.fromkeys(self.kin, 0.0)
        for line, chosen in zip(self.lines, self.chosen, strict=True):
            held[self.makes[line.box]] += line.size * chosen
        return held

    def _mask(self, box: Box) -> tuple[int, int, int]:
        """(own groups of class words, those of it and the boxes around it below main, tags there)."""
        found = self.masks.get(box)
        if found is not None:
            return found
        path = list(takewhile(lambda around: around not in self.masks, box.outwards()))
        around = path[-1].parent
        found = self.masks[around] if around is not None else (0, 0, 0)
        for inner in reversed(path):
            if inner in self.main_depths:
                found = (0, 0, 0)
            else:
                own = class_words.mask(inner.names)
                found = (own, found[1] | own, found[2] | _TAGS.get(inner.tag, 0))
            self.masks[inner] = found
        return found

    # --- rows ---

    def rows(self) -> list[list[float] | None]:
        places = [place for place, chosen in enumerate(self.chosen) if chosen]
        first, last = (places[0], places[-1]) if places else (0, len(self.lines) - 1)
        gaps_before, gaps_after = self._gaps(self.chosen), self._gaps(self.chosen[::-1])[::-1]
        counts = [0, *accumulate(self.chosen)]
        texts = [0.0, *accumulate(line.size * own for line, own in zip(self.lines, self.chosen, strict=True))]
        page = [float(len(self.lines)), float(len(places)), self.total]
        rows: list[list[float] | None] = []
        for place, line in enumerate(self.lines):
            if not (
                self.chosen[place] or gaps_before[place] < 3 or gaps_after[place] < 3 or self._akin(line)
            ):
                rows.append(None)
                continue
            low, high = max(0, place - 4), min(len(self.lines), place + 5)
            rows.append(
                [
                    *self._shape(line),
                    float(self.chosen[place]),
                    float(self.chosen[place + 1]) if place + 1 < len(self.lines) else 0.0,
                    float(self.chosen[place + 2]) if place + 2 < len(self.lines) else 0.0,
                    float(counts[high] - counts[low]),
                    float(max(-_MAX_STEPS, min(_MAX_STEPS, place - first))),
                    float(max(-_MAX_STEPS, min(_MAX_STEPS, last - place))),
                    (place - first) / (last - first + 1),
                    texts[place + 1] / self.total,
                    1.0 - texts[place + 1] / self.total,
                    float(gaps_before[place]),
                    float(gaps_after[place]),
                    *self._text(place),
                    *self._neighbours(place),
                    *self._containers(line.box),
                    *self._known(place),
                    *page,
                    *self._names(line.box),
                ]
            )
        return rows

    def _akin(self, line: PageLine) -> bool:
        """Whether the line stands in a box of a make that was chosen elsewhere, or is a paragraph."""
        return self.chosen_kin[self.makes[line.box]] > 0 or line.size >= _PARAGRAPH

    @staticmethod
    def _gaps(chosen: Sequence[bool]) -> list[int]:
        """For each place, how many lines in a row before it were not chosen."""
        gaps, gap = [], _FAR
        for own in chosen:
            gaps.append(gap)
            gap = 0 if own else min(_FAR, gap + 1)
        return gaps

    def _shape(self, line: PageLine) -> list[float]:
        tag, tags = line.box.tag, self._mask(line.box)[2]
        return [
            float(tag == "p"),
            float(tag == "li"),
            float(_is_heading(tag)),
            float(tag in ("td", "th")),
            float(tag == "div"),
            *_bits(tags),
        ]

    def _text(self, place: int) -> list[float]:
        line, text = self.lines[place], self.lines[place].text
        return [
            line.linked,
            line.emphasised,
            min(line.size, _MAX_LINE),
            float(text.count(" ") + 1),
            float(self.sentences[place]),
            float(text.count(",") + text.count("、") + text.count("،") + text.count("，")),
            len(_DIGITS.findall(text, 0, _HEAD)) / min(len(text), _HEAD),
            float(_DATE.search(text, 0, _HEAD) is not None),
        ]

    def _neighbours(self, place: int) -> list[float]:
        row = [0.0] * 7
        if place:
            before = self.lines[place - 1]
            row[:4] = [
                min(before.size, _MAX_LINE),
                before.linked,
                float(self.sentences[place - 1]),
                float(_is_heading(before.box.tag)),
            ]
        if place + 1 < len(self.lines):
            after = self.lines[place + 1]
            row[4:] = [
                min(after.size, _MAX_LINE),
                after.linked,
                float(self.sentences[place + 1]),
            ]
        return row

    def _branch(self, box: Box) -> tuple[bool, int, int, Box]:
        """(inside main, steps from it down, steps from main up to what holds both, that one's child here)."""
        before = box
        for depth, around in enumerate(box.outwards()):
            if around in self.main_depths:
                up = self.main_depths[around]
                return up == 0, depth, up, before
            before = around
        raise AssertionError("every box stands in the root")

    def _containers(self, box: Box) -> list[float]:
        inside, depth, up, branch = self._branch(box)
        holder = box.parent or box
        whole, around = self.sums[branch], self.sums[holder]
        kin, chosen_kin = self.kin[self.makes[box]], self.chosen_kin[self.makes[box]]
        return [
            float(inside),
            float(depth),
            float(up),
            self.chosen_in[branch] / self.total,
            min(whole.length, _MAX_BOX),
            float(min(whole.lines, 100)),
            whole.linked / whole.length,
            self.chosen_in[branch] / whole.length,
            float(min(around.lines, 100)),
            around.linked / around.length,
            min(around.length, _MAX_BOX),
            self.chosen_in[holder] / around.length,
            chosen_kin / kin.length,
            min(_MAX_LINE, kin.length / kin.lines),
            float(min(kin.lines, 60)),
            kin.linked / kin.length,
            chosen_kin / self.total,
            float(chosen_kin == self.kin_most),
        ]

    def _known(self, place: int) -> list[float]:
        words, key = _words(self.lines[place].text), self.keys[place]
        has_body = len(self.body) > _MIN_BODY
        return [
            _share(words, self.title),
            _share(words, self.description),
            float(has_body and key in self.body),
            float(has_body),
            float(any(name in key for name in self.authors)),
            float(self.times[key] > 1),
        ]

    def _names(self, box: Box) -> tuple[float, ...]:
        own, words, _ = self._mask(box)
        if box.parent is not None:
            own |= self._mask(box.parent)[0]
        return _flags_of(own, _OWN) + _flags_of(words, _AROUND)


def _words(text: str | None) -> list[str]:
    return _WORD.findall((text or "").casefold())


def _share(words: Sequence[str], of: frozenset[str]) -> float:
    return sum(word in of for word in words) / (len(words) or 1)


def _is_heading(tag: str) -> bool:
    return len(tag) == 2 and tag[0] == "h" and tag != "hr"


@lru_cache(maxsize=4096)
def _flags_of(mask: int, names: tuple[str, ...]) -> tuple[float, ...]:
    """1 for each of these groups of class words that is in the mask."""
    groups = class_words.groups()
    return tuple(float(mask >> groups.index(name) & 1) for name in names)


@lru_cache(maxsize=256)
def _bits(mask: int) -> tuple[float, ...]:
    return tuple(float(mask >> bit & 1) for bit in range(7))
