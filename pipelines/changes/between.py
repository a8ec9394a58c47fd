"""changes_between: what happened to an article from one state to the next, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, zip_longest

from pipelines.changes.align import Alignment, align
from pipelines.changes.edits import Speech, edits
from pipelines.changes.kinds import Change, ChangeKind
from pipelines.changes.lexicon import is_notice, opened_notices
from pipelines.changes.parts import Sentence, paragraphs_of, sentences, window
from pipelines.identity import folded_words
from pipelines.items import CLEANING, Article

# Of one kind, so many places are told of; a page written anew has hundreds.
MOST_OF_A_KIND = 8


def changes_between(old: Article, new: Article) -> tuple[Change, ...]:
    """What changed, the most important kind first; () where only spacing differs.

    At most MOST_OF_A_KIND changes a kind. A revision by "cleaning" is that and nothing else.
    """
    if new.revised_by == CLEANING:
        return _cleaning(old, new)
    found = [*_of_title(old.title, new.title), *_of_text(old.text, new.text, language=new.language)]
    return tuple(_ranked(found))


def _ranked(found: Iterable[Change]) -> Iterator[Change]:
    for _, same in groupby(sorted(found, key=lambda one: one.kind.rank), key=lambda one: one.kind):
        yield from list(dict.fromkeys(same))[:MOST_OF_A_KIND]


def _cleaning(old: Article, new: Article) -> tuple[Change, ...]:
    before, after = old.text.split("\n\n"), new.text.split("\n\n")
    taken = [line for line in before if line not in set(after)]
    given = [line for line in after if line not in set(before)]
    return (Change(kind=ChangeKind.CLEANING, before=_joined(taken), after=_joined(given)),)


def _joined(lines: list[str]) -> str | None:
    return window(" / ".join(lines)) if lines else None


def _of_title(old: str, new: str) -> Iterator[Change]:
    if " ".join(old.split()) == " ".join(new.split()):
        return
    if is_notice(new) and not is_notice(old):
        yield Change(kind=ChangeKind.CORRECTION, before=window(old), after=window(new))
    same = folded_words(old) == folded_words(new)
    kind = ChangeKind.TYPOGRAPHY if same else ChangeKind.HEADLINE
    yield Change(kind=kind, before=window(old), after=window(new))


def _of_text(old: str, new: str, *, language: str | None) -> Iterator[Change]:
    if old == new:
        return
    before, after = paragraphs_of(old), paragraphs_of(new)
    first, second = sentences(before, but=set(after)), sentences(after, but=set(before))
    found = align(first, second)
    notices = opened_notices(after)
    yield from _corrections(found, after, notices).values()
    for one, other in found.respelled:
        yield Change(kind=ChangeKind.TYPOGRAPHY, before=window(one.text), after=window(other.text))
    speech = Speech(f"{old}\n{new}", language)
    for one, other in found.edited:
        if not _is_correction(other, notices):
            yield from edits(one, other, speech)
    for run in _runs(found.cut, first):
        yield _whole(run, before, ChangeKind.PARAGRAPHS_CUT, cut=True)
    for run in _runs([one for one in found.added if not _is_correction(one, notices)], second):
        yield _whole(run, after, ChangeKind.PARAGRAPHS_ADDED, cut=False)
    if not (found.respelled or found.edited or found.cut or found.added):
        yield from _moved_about(sentences(before), sentences(after))


def _is_correction(one: Sentence, notices: Mapping[int, int]) -> bool:
    return one.paragraph in notices or is_notice(one.text)


def _corrections(found: Alignment, paragraphs: list[str], notices: Mapping[int, int]) -> dict[int, Change]:
    """One for each notice of the new text that was written or changed, by the paragraph it begins in."""
    some: dict[int, Change] = {}
    for one, other in found.edited:
        if _is_correction(other, notices):
            change = Change(kind=ChangeKind.CORRECTION, before=window(one.text), after=window(other.text))
            some.setdefault(notices.get(other.paragraph, other.paragraph), change)
    for one in found.added:
        if _is_correction(one, notices):
            start = notices.get(one.paragraph)
            whole = [text for number, text in enumerate(paragraphs) if notices.get(number) == start]
            shown = one.text if start is None else " ".join(whole)
            place = one.paragraph if start is None else start
            some.setdefault(place, Change(kind=ChangeKind.CORRECTION, after=window(shown)))
    return some


def _runs(some: list[Sentence], text: list[Sentence]) -> Iterator[list[Sentence]]:
    """Sentences without a partner: those of neighbouring whole paragraphs together, others one by one."""
    sizes = _sizes(text)
    mine = _sizes(some)
    run: list[Sentence] = []
    for one in some:
        whole = mine[one.paragraph] == sizes[one.paragraph]
        if run and not (whole and one.paragraph - run[-1].paragraph <= 1):
            yield run
            run = []
        if whole:
            run.append(one)
        else:
            yield [Sentence(one.text, -1)]
    if run:
        yield run


def _sizes(some: list[Sentence]) -> dict[int, int]:
    return {number: len(list(group)) for number, group in groupby(some, key=lambda one: one.paragraph)}


def _whole(run: list[Sentence], paragraphs: list[str], kind: ChangeKind, *, cut: bool) -> Change:
    if run[0].paragraph < 0:
        kind, shown = ChangeKind.WORDING, run[0].text
    else:
        numbers = dict.fromkeys(one.paragraph for one in run)
        shown = " / ".join(paragraphs[number] for number in numbers)
    shown = window(shown)
    return Change(kind=kind, before=shown if cut else None, after=None if cut else shown)


def _moved_about(old: list[Sentence], new: list[Sentence]) -> Iterator[Change]:
    """The same sentences in another order or number; nothing where only paragraphs are parted otherwise."""
    for one, other in zip_longest(old, new):
        before, after = one.text if one else None, other.text if other else None
        if before != after:
            yield Change(
                kind=ChangeKind.WORDING,
                before=window(before) if before else None,
                after=window(after) if after else None,
            )
            return
