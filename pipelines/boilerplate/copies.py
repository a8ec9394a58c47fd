"""Which of a site's articles are one story: copies and versions must not vouch for each other's lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

from pipelines.boilerplate.line import Line

# As in pipelines.revise: versions of one story share more than a third of the shorter one's text.
SAME_STORY_SHARE = 1 / 3
# A story hardly has more versions than this, nor makes up half of a site's articles: a line that more of
# them have says nothing about which two belong together.
MOST_VERSIONS = 4


def independent(articles: Sequence[Sequence[Line]]) -> list[Sequence[Line]]:
    """The articles without copies and versions of one another: of each story the one with most lines."""
    telling = _without_wide(articles)
    sizes = [sum(line.size for line in lines) for lines in telling]
    parents = list(range(len(articles)))

    def root(at: int) -> int:
        while parents[at] != at:
            at = parents[at]
        return at

    for (one, other), shared in _shared(telling).items():
        shorter = min(one, other, key=sizes.__getitem__)
        if root(one) != root(other) and _same_story(telling[shorter], sizes[shorter], shared):
            parents[root(other)] = root(one)
    stories: defaultdict[int, list[Sequence[Line]]] = defaultdict(list)
    for at, lines in enumerate(articles):
        stories[root(at)].append(lines)
    return [max(versions, key=len) for versions in stories.values()]


def _without_wide(articles: Sequence[Sequence[Line]]) -> list[list[Line]]:
    counts = Counter(mark for lines in articles for mark in {line.mark for line in lines})
    most = max(MOST_VERSIONS, len(articles) / 2)
    return [[line for line in lines if counts[line.mark] <= most] for lines in articles]


def _shared(articles: Sequence[Sequence[Line]]) -> dict[tuple[int, int], set[int]]:
    """(article, article) -> the marks that both have, for pairs that have any."""
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for at, lines in enumerate(articles):
        for mark in {line.mark for line in lines}:
            holders[mark].append(at)
    pairs: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for mark, places in holders.items():
        for pair in combinations(places, 2):
            pairs[pair].add(mark)
    return pairs


def _same_story(lines: Sequence[Line], size: int, shared: set[int]) -> bool:
    """Whether the shorter one of two articles is a copy: copies share neighbouring paragraphs; promos stand
    alone between paragraphs that nobody shares."""
    known = [True, *(line.mark in shared for line in lines), True]
    common = sum(
        line.size
        for place, line in enumerate(lines, 1)
        if line.whole and known[place] and (known[place - 1] or known[place + 1])
    )
    return common > 0 and common >= SAME_STORY_SHARE * size
