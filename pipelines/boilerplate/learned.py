"""Lines learned per site: what many of its articles have is no part of any of them.

Needs no language and no list of phrases, only several articles. What recurs because the text is written
so must stay: versions of one story, a column's standing intro, subheadings such as "Pros" and "Cons", the
"Q:" of an interview. Where a line could be either, it stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pipelines.boilerplate.blocks import Block
from pipelines.boilerplate.copies import independent
from pipelines.boilerplate.line import RULE, Line, fingerprint
from pipelines.items import Cut

# Measured on publishers' pages: with two pages a site every third to twentieth line so found was text,
# with five pages and three sightings one in forty.
MIN_ARTICLES = 5
MIN_SIGHTINGS = 3
# A series or a running story repeats its lines in a few articles of a hundred, a template everywhere.
MIN_SHARE = 0.1
# A label alone between paragraphs looks like a subheading, but no subheading stands in every third article.
LONE_SHARE = 1 / 3
# What opens an article may be a column's standing intro, and columns are the smaller part of a site.
OPENING_SHARE = 0.6
# "Ingredients", "Verdict" and "Conclusion" are shorter; a call to do something ("Get our app") hardly is.
MIN_LONE = 13
# Repeated within one text a short line is a form of it, "Q:" or a speaker's name; a longer one nobody
# writes twice.
MAX_FORM = 25
# Until a site has so many articles, each rule is decided anew, and falls when it has half its share left.
# From then on a rule stays: promos come and go, and articles that were cleaned must stay clean.
SETTLED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A line that is a site's: it stands in `articles` of the `of` independent ones that were compared."""

    mark: int
    articles: int
    of: int


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A line in one article. It `leads` when nothing but recurring lines stands before it, has `company`
    beside another recurring line, and is `set_off` when running text (or the edge) is around them."""

    line: Line
    repeated: bool
    leads: bool
    company: bool
    set_off: bool


def strip_learned(blocks: Sequence[Block], known: Collection[int]) -> tuple[list[Block], list[Cut]]:
    """(the blocks whose lines are not known, the others as cuts with their places)."""
    taken = {place for place, block in enumerate(blocks) if known and fingerprint(block.text) in known}
    cuts = [Cut(line=blocks[place].text, rule=RULE, place=place) for place in sorted(taken)]
    return [block for place, block in enumerate(blocks) if place not in taken], cuts


def decide(articles: Sequence[Sequence[Line]], *, known: Collection[int] = ()) -> list[Learned]:
    """The site's lines, from the lines of each of its articles; `known` are those decided before."""
    own = independent(articles)
    counts = Counter(mark for lines in own for mark in {line.mark for line in lines})

    def reaches(mark: int, share: float) -> bool:
        share = share / 2 if mark in known else share
        return counts[mark] >= MIN_SIGHTINGS and counts[mark] >= share * len(own)

    found: set[int] = set()
    if len(own) >= MIN_ARTICLES:
        recurring = {mark for mark in counts if reaches(mark, MIN_SHARE)}
        for mark, sightings in _sightings(own, recurring).items():
            share = _share_wanted(sightings)
            if share is not None and reaches(mark, share):
                found.add(mark)
    if len(own) >= SETTLED:
        found |= set(known)
    return [Learned(mark=mark, articles=counts[mark], of=len(own)) for mark in sorted(found)]


def _share_wanted(sightings: Sequence[_Sighting]) -> float | None:
    """The share of the articles that must have such a line; None for a line that stays in any case."""
    line = sightings[0].line
    if line.size <= MAX_FORM and _mostly(one.repeated for one in sightings):
        return None
    if _mostly(one.leads for one in sightings):
        return OPENING_SHARE
    if line.whole:
        return MIN_SHARE
    if not _mostly(one.set_off for one in sightings):
        return None  # the heading of a list, a table's head, a name in a list
    if _mostly(one.company for one in sightings):
        return MIN_SHARE
    return LONE_SHARE if line.size >= MIN_LONE else None


def _mostly(votes: Iterator[bool]) -> bool:
    cast = list(votes)
    return 2 * sum(cast) > len(cast)


def _sightings(articles: Sequence[Sequence[Line]], recurring: Collection[int]) -> dict[int, list[_Sighting]]:
    found: defaultdict[int, list[_Sighting]] = defaultdict(list)
    for lines in articles:
        times = Counter(line.mark for line in lines)
        for start, end in _runs(lines, recurring):
            around = [lines[place] for place in (start - 1, end) if 0 <= place < len(lines)]
            set_off = all(line.whole for line in around)
            for line in lines[start:end]:
                sighting = _Sighting(line, times[line.mark] > 1, start == 0, end - start > 1, set_off)
                found[line.mark].append(sighting)
    return found


def _runs(lines: Sequence[Line], recurring: Collection[int]) -> Iterator[tuple[int, int]]:
    """(first place, place behind) of each stretch of recurring lines."""
    start = None
    for place, line in enumerate([*lines, None]):
        if line is not None and line.mark in recurring:
            start = place if start is None else start
        elif start is not None:
            yield start, place
            start = None
