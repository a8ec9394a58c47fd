"""What stands in each box of a page, inner boxes included; and which boxes are but lists of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from pipelines.judge.page_lines import SILENT, Box, PageLine

# A box with more than this share of its text in links, and no line of this many characters, is a menu or a
# list of other articles, whatever its class says.
_MENU_LINKED = 0.8
_MENU_LINE = 160.0
# A box without any line of this many characters is buttons, dates and labels.
_LABEL = 30.0
_PLAIN = frozenset(("div", "section", "aside", "header", "footer", "nav"))
_HOLDERS = _PLAIN | {"ul", "ol", "table", "dl"}


@dataclass(slots=True)
class BoxSum:
    """Characters (see lines.length), those inside links, lines, and the characters of the longest line."""

    length: float = 0.0
    linked: float = 0.0
    lines: int = 0
    longest: float = 0.0

    def add(self, length: float, linked: float, lines: int, longest: float) -> None:
        self.length += length
        self.linked += linked
        self.lines += lines
        self.longest = max(self.longest, longest)


def sum_boxes(lines: Sequence[PageLine]) -> dict[Box, BoxSum]:
    """The sums of every box around a line; a box comes after those around it."""
    sums: dict[Box, BoxSum] = {}
    for line in lines:
        if line.box not in sums:
            for box in line.box.outwards():
                if box in sums:
                    break
                sums[box] = BoxSum()
        size = line.size
        sums[line.box].add(size, size * line.linked, 1, size)
    ordered = dict(sorted(sums.items(), key=lambda item: item[0].place))
    for box, inner in reversed(ordered.items()):
        if box.parent is not None:
            ordered[box.parent].add(inner.length, inner.linked, inner.lines, inner.longest)
    return ordered


def drop_menus(tree: HtmlElement, sums: dict[Box, BoxSum]) -> None:
    """Take lists of links and what shows no text out of a page: an extractor has less to look at."""
    dropped: set[Box] = set()
    for box, held in sums.items():
        if box.parent is None:
            continue
        if box.parent in dropped:
            dropped.add(box)
        elif _is_menu(box, held):
            dropped.add(box)
            box.element.drop_tree()
    etree.strip_elements(tree, *SILENT, with_tail=False)


def _is_menu(box: Box, held: BoxSum) -> bool:
    if box.tag in _PLAIN and held.longest < _LABEL:
        return True
    return box.tag in _HOLDERS and held.linked > _MENU_LINKED * held.length and held.longest < _MENU_LINE
