"""A news site that gives its stories several addresses, in every way that sites do; and stories that only look
like one story.

A Way is what the site serves and what its feed names, in two rounds (it changes between two crawls), and the
articles that must come of it: their canonical addresses, each with its others.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape

from newsserver import Answer, NewsServer, Page
from stories import text_of


def page(
    story: str,
    *,
    head: str = "",
    title: str | None = None,
    paragraphs: Sequence[str] = (),
    time: str = "",
    bare: bool = False,
) -> Page:
    """An article page; BASE in `head` is the site's address. `bare` is a view without menus, as for printing."""
    words = text_of(story)
    title = title or f"{words[0].split(',')[0].split('.')[0]}"
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs or words)
    dice = random.Random(story)
    time = (
        time or f"2026-11-{dice.randint(1, 20):02}T{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:00+01:00"
    )
    menu = '<header><nav><a href="/">Home</a> <a href="/town/">Town</a></nav></header>'
    html = (
        f'<!doctype html><html lang="en"><head><title>{title} - The Local</title>{head}'
        f'<meta property="og:type" content="article"><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="{time}">'
        f"</head><body>{'' if bare else menu}"
        f'<main><article><h1>{title}</h1><p class="byline">By Ada Novak</p>{body}</article></main>'
        f"{'' if bare else '<footer><p>About us. Imprint.</p></footer>'}</body></html>"
    )
    return lambda site: Answer(html.replace("BASE", site.url))


def canonical(path: str) -> str:
    return f'<link rel="canonical" href="{path if path.startswith("http") else f"BASE{path}"}">'


def sent(to: str, status: int = 301) -> Page:
    return lambda site: Answer(status=status, headers={"Location": to.replace("BASE", site.url)})


@dataclass(frozen=True)
class Entry:
    """What the feed says; without a guid it gives none."""

    link: str
    guid: str = ""
    permalink: bool = False


@dataclass(frozen=True)
class Round:
    pages: Mapping[str, Page]
    feed: Sequence[str | Entry]


@dataclass(frozen=True)
class Way:
    """`articles`: canonical path -> its other addresses. `spelled` are paths that are never asked for, and lead
    to the article all the same. `edited` says that the second round has other words."""

    name: str
    rounds: Sequence[Round]
    articles: Mapping[str, Sequence[str]]
    spelled: Sequence[str] = ()
    edited: bool = False


def day(slug: str) -> str:
    return f"/2026/11/{slug}"


def once(name: str, pages: Mapping[str, Page], articles: Mapping[str, Sequence[str]]) -> Way:
    """The feed names all pages, in this order."""
    return Way(name, [Round(pages, list(pages))], articles)


def turned(name: str, draw: Callable[[str], tuple[Mapping[str, Page], str | None]]) -> Iterator[Way]:
    """Pages of one article in both orders. `draw` makes them in a folder, and says under which address the
    article is kept; None: the one read first."""
    for folder, order in (("/a", 1), ("/b", -1)):
        pages, main = draw(folder)
        paths = list(pages)[::order]
        first = main or paths[0]
        others = [path for path in paths if path != first]
        yield once(f"{name} {folder}", {path: pages[path] for path in paths}, {first: others})


def _redirects() -> Iterator[Way]:
    def redirected(folder: str, status: int) -> tuple[Mapping[str, Page], str]:
        old, new = f"{folder}/{status}/first-address-of-it", f"{folder}/{status}/second-address-of-it"
        return {old: sent(new, status), new: page(new)}, new

    for status in (301, 302, 307, 308):
        yield from turned(f"redirect {status}", partial(redirected, status=status))
    one, two, three = (day(f"chain-of-redirects-{word}") for word in ("one", "two", "three"))
    marked = f"{three}?utm_source=x"
    pages = {one: sent(two, 302), two: sent(marked), marked: page("chain"), three: page("chain")}
    yield Way("a chain of redirects", [Round(pages, [one])], {three: [one, two, marked]})
    wait = f'<title>Wait</title><meta http-equiv="refresh" content="0; url={day("after-the-refresh")}"><p>A moment.</p>'
    pages = {day("before-the-refresh"): wait, day("after-the-refresh"): page("refresh")}
    yield once("meta refresh, which is not followed", pages, {day("after-the-refresh"): []})


def _canonicals() -> Iterator[Way]:
    right, raw = day("the-right-canonical-story"), "/content?id=4711"
    pages = {raw: page("right", head=canonical(right)), right: page("right", head=canonical(right))}
    yield once("canonical", pages, {right: [raw]})
    right, raw = day("never-named-anywhere"), "/content?id=4712"
    yield once(
        "canonical that nobody else names", {raw: page("alone", head=canonical(right))}, {right: [raw]}
    )
    own, other = day("a-story-with-an-address-of-its-own"), day("some-other-page-of-the-site")
    for number, (name, head) in enumerate(
        (
            ("to the home page", canonical("/")),
            ("to a section", canonical("/town/")),
            ("to another site", canonical("http://other.example/2026/11/a-story-of-another-site")),
            ("that is empty", '<link rel="canonical" href="">'),
            ("that is a script", '<link rel="canonical" href="javascript:void(0)">'),
            ("to itself, relative", '<link rel="canonical" href="?utm_source=feed">'),
            ("to itself, spelled otherwise", f'<link rel="canonical" href="BASE{own}-5#top">'),
            ("several times, first to itself", canonical(f"{own}-6") + canonical(other)),
        ),
        start=-1,
    ):
        yield once(f"canonical {name}", {f"{own}-{number}": page(name, head=head)}, {f"{own}-{number}": []})


def _lies() -> Iterator[Way]:
    for order in (1, -1):
        liar, named = day(f"liar-about-its-address-{order}"), day(f"the-story-it-names-{order}")
        pages = {path: page(path, head=canonical(named)) for path in (liar, named)[::order]}
        yield once(f"canonical to another article ({order})", pages, {liar: [], named: []})
    same = [day(f"template-story-number-{word}") for word in ("one", "two", "three", "four")]
    pages = {path: page(path, head=canonical(same[2])) for path in same}
    yield once("one canonical for all pages of a template", pages, {path: [] for path in same})
    one, two = (day(f"cached-template-{word}-of-ours") for word in ("one", "two"))
    nowhere = day("a-page-that-is-not-there")
    pages = {path: page(path, head=canonical(nowhere)) for path in (one, two)}
    # Nothing tells the first one's claim from a true one.
    yield once("one canonical that is not there", pages, {nowhere: [one], two: []})


def _views() -> Iterator[Way]:
    def amp(folder: str) -> tuple[Mapping[str, Page], str]:
        main, other = f"{folder}/a-story-with-an-amp-page", f"{folder}/a-story-with-an-amp-page/amp/"
        head = canonical(main)
        cut = text_of(folder)[:3]
        linked = f'{head}<link rel="amphtml" href="BASE{other}">'
        return {
            main: page(folder, head=linked),
            other: page(folder, head=head, bare=True, paragraphs=cut),
        }, main

    def same(folder: str, *ends: str) -> tuple[Mapping[str, Page], None]:
        path = f"{folder}/2026/11/a-story-that-ends-in{len(ends[1])}"
        return {f"{path}{end}": page(f"{path}", bare=number > 0) for number, end in enumerate(ends)}, None

    def slash(folder: str) -> tuple[Mapping[str, Page], str]:
        path = f"{folder}/a-redirected-slash-of-ours"
        return {f"{path}/": page(path), path: sent(f"{path}/")}, f"{path}/"

    yield from turned("AMP", amp)
    yield from turned("print views without canonical", lambda folder: same(folder, "", "?print=1", "/print/"))
    yield from turned("trailing slash, both answer", lambda folder: same(folder, "", "/"))
    yield from turned("trailing slash, redirected", slash)
    yield from turned("index.html", lambda folder: same(folder, "/", "/index.html"))
    main = day("a-story-from-everywhere")
    ends = (
        "?utm_source=rss&utm_medium=feed",
        "?fbclid=abc#comments",
        ";jsessionid=0123456789ABCDEF",
        "?s=0123456789abcdef",
    )
    marks = [f"{main}{end}" for end in ends]
    now = Round({main: page("tracked")}, [*marks, main])
    yield Way("tracking and session parameters", [now], {main: []}, spelled=marks)


def _renamed() -> Iterator[Way]:
    """Slugs that change under one id, and guids that stay while the link changes."""
    old, new = "/12345/the-old-slug-of-a-story", "/12345/the-new-slug-of-a-story"
    yield once("two slugs under one id", {old: page("slug"), new: page("slug")}, {old: [new]})
    for number, (name, answer) in enumerate((("answers", None), ("redirects", 301), ("is gone", 404))):
        old, new = (f"/news/{word}-headline-of-a-story-67890{number}.html" for word in ("old", "new"))
        later = _edited(name)
        first = later if answer is None else sent(new, 301) if answer == 301 else Answer(status=404)
        rounds = [Round({old: page(name)}, [old]), Round({old: first, new: later}, [new])]
        yield Way(f"new slug under one id, the old one {name}", rounds, {old: [new]}, edited=True)
    for name, permalink in (("guid", False), ("permalink", True)):
        old, new = day(f"{name}-of-a-story-stays-old-slug"), day(f"{name}-of-a-story-stays-new-slug")
        guid = f"BASE{old}" if permalink else "tag:local.example,2026:4711"
        before = Round({old: page(name)}, [Entry(old, guid, permalink)])
        after = Round({old: _edited(name), new: _edited(name)}, [Entry(new, guid, permalink)])
        yield Way(f"{name} stays, new slug", [before, after], {old: [new]}, edited=True)
        main = day(f"{name}-of-a-story-with-parameters")
        guid = f"BASE{main}" if permalink else "4712"
        before = Round({main: page(main)}, [Entry(f"{main}?utm_campaign=one", guid, permalink)])
        after = Round({}, [Entry(f"{main}?utm_campaign=two", guid, permalink)])
        yield Way(f"{name} stays, other parameters", [before, after], {main: []})


def _edited(story: str) -> Page:
    last = "The end of this story was written anew by its author in the afternoon."
    return page(
        story, title=f"Another headline was found: it {story}", paragraphs=[*text_of(story)[:3], last]
    )


def _controls() -> Iterator[Way]:
    for name, one, other in (
        ("an id in a parameter", "/article.php?id=1001", "/article.php?id=1002"),
        ("a reference in a parameter", "/article.php?ref=1001", "/article.php?ref=1002"),
        ("case", "/stories/aBcDeF", "/stories/AbCdEf"),
        ("a number at the end", day("council-meets-again-1"), day("council-meets-again-2")),
        ("one slug on two days", "/2026/11/23/the-weather-of-the-day", "/2026/11/24/the-weather-of-the-day"),
        (
            "one id in two sections",
            "/sport/4711234/the-news-of-the-hour",
            "/town/4711234/the-news-of-the-day",
        ),
    ):
        yield once(f"not the same: {name}", {one: page(one), other: page(other)}, {one: [], other: []})
    # Each page is kept for itself: a text put together of several would be a reading that no page gives.
    paths = [day("a-long-read-of-two-pages"), f"{day('a-long-read-of-two-pages')}?page=2"]
    title, time = "A long read that goes on over two pages of the site", "2026-11-07T07:07:00Z"
    pages = {path: page(path, title=title, time=time) for path in paths}
    yield once("not the same: the second page of an article", pages, {path: [] for path in paths})


WAYS = (*_redirects(), *_canonicals(), *_lies(), *_views(), *_renamed(), *_controls())


def turn(site: NewsServer, number: int) -> None:
    """Let the site be as it is in this round, 0 or 1."""
    entries: list[str | Entry] = []
    for way in WAYS:
        now = way.rounds[min(number, len(way.rounds) - 1)]
        site.pages.update(now.pages)
        entries += now.feed
    items = "".join(_item(site.url, Entry(entry) if isinstance(entry, str) else entry) for entry in entries)
    rss = (
        f'<rss version="2.0"><channel><title>The Local</title><link>{site.url}/</link>{items}</channel></rss>'
    )
    site.pages["/feed/"] = Answer(rss, type="application/rss+xml")
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow:\n", type="text/plain")


def _item(base: str, entry: Entry) -> str:
    kind = "true" if entry.permalink else "false"
    guid = f'<guid isPermaLink="{kind}">{entry.guid.replace("BASE", base)}</guid>' if entry.guid else ""
    return f"<item><title>News</title><link>{escape(base + entry.link)}</link>{guid}</item>"
