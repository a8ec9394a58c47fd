"""A page's tree -> its lines of text in reading order, each with the boxes it stands in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipelines.boilerplate.lines import length

# Without text a reader sees, or with text that is never the article's.
SILENT = frozenset(
    "script style noscript template svg math head iframe object embed select option optgroup button input "
    "textarea canvas video audio source track picture img hr link meta map area datalist".split()
)
# Phrasing content of the HTML standard: goes on in the line it stands in. Everything else begins a new one.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rb rp rt ruby s "
    "samp small span strike strong sub sup time tt u var wbr amp-link".split()
)
_EMPHASIS = frozenset("b strong em i u font".split())
_KINDS = {
    "li": "item",
    "dt": "item",
    "dd": "item",
    "td": "cell",
    "th": "cell",
    "figcaption": "caption",
    "caption": "caption",
    "blockquote": "quote",
    "pre": "code",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "head"),
}


@dataclass(slots=True, eq=False)
class Box:
    """A block element: its tag, class and id, and the box around it; `kind` is that of lines in it.

    `place` counts the boxes of a page from 0: a box comes before those inside it.
    """

    place: int
    element: HtmlElement
    tag: str
    parent: Box | None
    kind: str

    @property
    def style(self) -> str:
        """The element's class."""
        return self.element.get("class") or ""

    @property
    def names(self) -> str:
        """What templates call the element: its class, id and the name of its component."""
        get = self.element.get
        return f"{self.style} {get('id') or ''} {get('data-component') or get('data-testid') or ''}"

    def make(self, main: Box | None = None) -> tuple[str, str, str, str]:
        """What boxes of one make share: tag and class, also of the box around; `main`'s class is left out."""
        around = self.parent
        if around is None:
            return self.tag, self.style, "", ""
        return self.tag, self.style, around.tag, "" if around is main else around.style

    def outwards(self) -> Iterator[Box]:
        """This box and those around it, the outermost last."""
        box: Box | None = self
        while box is not None:
            yield box
            box = box.parent


@dataclass(slots=True, eq=False)
class PageLine:
    """One line of a page, whitespace collapsed; `linked` and `emphasised` are shares of its characters.

    `size` is its length as lines.length has it.
    """

    box: Box
    text: str
    linked: float
    emphasised: float
    size: float


# A stretch of text in one state: (text, inside a link, emphasised). "\n" alone is a line break.
_Piece = tuple[str, bool, bool]
_BREAK: _Piece = ("\n", False, False)


@dataclass(slots=True)
class _Open:
    """An element whose children are being read; `box` is the block it is or stands in."""

    children: Iterator[HtmlElement]
    box: Box
    linked: bool
    emphasised: bool
    is_block: bool
    tail: str | None


def read_lines(tree: HtmlElement) -> list[PageLine]:
    """The lines of a page; texts may repeat, none is empty.

    With a stack of its own: pages are nested deeper than Python calls may be.
    """
    lines: list[PageLine] = []
    run: list[_Piece] = [(tree.text, False, False)] if tree.text else []
    stack = [_Open(iter(tree), _box(0, tree, None), False, False, True, None)]
    boxes = 1
    while stack:
        around = stack[-1]
        child = next(around.children, None)
        if child is None:
            stack.pop()
            if around.is_block and run:
                _close(around.box, run, lines)
            if stack:
                _add(run, around.tail, stack[-1])
            continue
        tag = child.tag
        if tag in SILENT or tag == "br" or not isinstance(tag, str):
            if tag == "br":
                run.append(_BREAK)
            _add(run, child.tail, around)
            continue
        inner = _open(child, around, boxes)
        if inner.is_block:
            boxes += 1
            if run:
                _close(around.box, run, lines)
        _add(run, child.text, inner)
        stack.append(inner)
    return lines


def _open(child: HtmlElement, around: _Open, place: int) -> _Open:
    tag = child.tag
    if tag in _INLINE:
        emphasised = around.emphasised or tag in _EMPHASIS
        return _Open(iter(child), around.box, around.linked or tag == "a", emphasised, False, child.tail)
    return _Open(iter(child), _box(place, child, around.box), around.linked, False, True, child.tail)


def _add(run: list[_Piece], text: str | None, around: _Open) -> None:
    """Go on with the run; white space alone begins none."""
    if text and (run or not text.isspace()):
        run.append((text, around.linked, around.emphasised))


def _box(place: int, element: HtmlElement, parent: Box | None) -> Box:
    tag = str(element.tag)
    kind = _KINDS.get(tag) or (parent.kind if parent is not None else "p")
    return Box(place, element, tag, parent, kind)


def _close(box: Box, run: list[_Piece], lines: list[PageLine]) -> None:
    """The run's lines, appended to `lines`; the run is empty afterwards."""
    start = 0
    for place, piece in enumerate(run):
        if piece is _BREAK:
            _append(box, run[start:place], lines)
            start = place + 1
    _append(box, run[start:] if start else run, lines)
    run.clear()


def _append(box: Box, pieces: list[_Piece], lines: list[PageLine]) -> None:
    text = " ".join("".join([text for text, _, _ in pieces]).split())
    if not text:
        return
    if len(pieces) == 1:
        lines.append(PageLine(box, text, float(pieces[0][1]), float(pieces[0][2]), length(text)))
        return
    size = linked = emphasised = 0
    for piece, in_link, in_emphasis in pieces:
        letters = len(piece.strip())
        size += letters
        linked += letters * in_link
        emphasised += letters * in_emphasis
    lines.append(PageLine(box, text, linked / (size or 1), emphasised / (size or 1), length(text)))
