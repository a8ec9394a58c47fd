"""News outlets whose articles are edited, corrected, moved and withdrawn on a schedule; a ledger of it all.

An Act is what one outlet does to one story at one step; `ledger` has what a faithful witness who reads every
article after every step must have noted, `standing` what is a copy of what. Each outlet is a server of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, NamedTuple, Self

from newsserver import Answer, NewsServer
from stories import text_of

# The second one copies the first one.
COURIER, HERALD = OUTLETS = ("courier", "herald")


@dataclass(frozen=True)
class Story:
    """An article as its outlet has it now. `lines` are put between its own paragraphs, those of its `number`.

    `status` is what its address answers, None before it is published; `to` where that sends the reader ("" to
    a new slug of its own). `cut` is the number of paragraphs left out at the end, `agency` stands in a dateline.
    """

    number: int
    title: str
    lines: tuple[str, ...] = ()
    slug: str = ""
    canonical: str | None = None
    status: int | None = 200
    to: str | None = None
    cut: int = 0
    agency: str = ""
    minute: int = 30

    @property
    def path(self) -> str:
        return f"/2026/11/{self.slug}"

    def text(self) -> list[str]:
        own = text_of(f"story {self.number}", 5)
        first = f"BERLIN ({self.agency}) - {own[0]}" if self.agency else own[0]
        return [first, *self.lines, *own[1 : len(own) - self.cut]]


class Entry(NamedTuple):
    """What is to be noted: at which step, of which story (by its first path), which kind of change."""

    step: int
    outlet: str
    story: str
    kind: str


@dataclass(frozen=True)
class Act:
    """`change` makes the story's next state; `kinds` are what it amounts to, none for noise and for its publication.

    `before` and `after` are words that the note of it must show.
    """

    step: int
    story: str
    kinds: tuple[str, ...]
    change: Callable[[Story], Story]
    before: str = ""
    after: str = ""
    outlet: str = COURIER


class Standing(NamedTuple):
    """From this step on, a story of the herald is a copy of one of the courier (None: of none, and none of it),
    and names an agency."""

    step: int
    story: str
    of: str | None
    agency: str | None = None


def title(text: str) -> Callable[[Story], Story]:
    return lambda story: replace(story, title=text)


def words(old: str, new: str) -> Callable[[Story], Story]:
    def change(story: Story) -> Story:
        lines = tuple(line.replace(old, new) for line in story.lines)
        assert lines != story.lines, f"{old!r} is not in {story.slug}"
        return replace(story, lines=lines)

    return change


def more(*lines: str) -> Callable[[Story], Story]:
    return lambda story: replace(story, lines=(*story.lines, *lines))


def less(count: int) -> Callable[[Story], Story]:
    return lambda story: replace(story, lines=story.lines[:-count])


def answers(status: int = 200, to: str | None = None) -> Callable[[Story], Story]:
    return lambda story: replace(story, status=status, to=to)


def moved(slug: str) -> Callable[[Story], Story]:
    return lambda story: replace(story, to=f"/2026/11/{slug}", status=301)


def canonical(slug: str) -> Callable[[Story], Story]:
    return lambda story: replace(story, canonical=f"/2026/11/{slug}")


BRIDGE = "At least 12 people were hurt when the old footbridge gave way, the police said in the evening."
MAYOR = "The repair will be paid for by the town, as Mayor Ann Lindqvist told the assembly before the vote."
QUOTE = "“We will rebuild it before the spring,” said the engineer who had examined both of the piers."
SECOND = "The line between the two stations stays closed for a week, and buses will run in its place."
THIRD = "A spokeswoman of the railway could not say on Thursday who would pay for the buses until then."
FOURTH = "The minister wants to visit the place on Saturday together with the head of the regional board."
CLOCK = "clock"  # its lines differ at each request

STORIES = {
    "headline": Story(1, "Footbridge closed after a long night of rain"),
    "figures": Story(2, "Many hurt as footbridge gives way", (BRIDGE,)),
    "names": Story(3, "Assembly votes for the repair of the pier", (MAYOR,)),
    "quotes": Story(4, "Engineers examine the piers of the harbour", (QUOTE,)),
    "correction": Story(5, "Museum finds letters in the attic of the mill"),
    "added": Story(6, "Railway line closed for a week", (SECOND,)),
    "cut": Story(7, "Buses replace the trains in the valley", (THIRD, FOURTH)),
    "typography": Story(8, "Vineyard opens its cellar to visitors", (QUOTE.replace("engineer", "vintner"),)),
    "clock": Story(9, "Weather keeps the ferry in the harbour", (CLOCK,)),
    "slug": Story(10, "Glacier loses ground faster than thought"),
    "canonical": Story(11, "Archive asks readers for old photographs"),
    "missing": Story(12, "Bakery wins a prize for its dark bread"),
    "gone": Story(13, "Orchard sells its last apples of the year"),
    "home": Story(14, "Satellite sends first pictures of the coast"),
    "glitch": Story(15, "Observatory opens its doors for one night"),
    "still": Story(16, "Choir sings in the monastery on Sunday"),
    "busy": Story(17, "Ballot papers are counted again", (BRIDGE.replace("footbridge", "grandstand"),)),
}


def copied(story: str, title: str, **changed: Any) -> Story:
    return replace(STORIES[story], title=title, status=None, **{"minute": 45, **changed})


COPIES = {
    "headline": copied("still", "On Sunday the monastery will hear voices"),
    "shortened": copied("headline", STORIES["headline"].title, cut=2),
    "wire": copied("clock", "No ferry leaves today", lines=(), agency="dpa"),
    "before": copied("added", "A week without trains"),
    "follows": copied("names", "Pier to be repaired after all"),
    "outlives": copied("gone", "The last apples are sold"),
    "rewritten": copied("canonical", "Old photographs wanted"),
    "twice": copied("still", "Voices in the monastery", cut=1, minute=50),
    "own": Story(28, "Lighthouse keeper retires after forty years"),
}

NOTICE = (
    "Correction: An earlier version of this article said that the letters were found in the church. They were "
    "found in the mill."
)

SCHEDULE: tuple[Act, ...] = (
    Act(1, "headline", ("headline",), title("Footbridge open again after a long night of rain"), "closed", "open"),
    Act(1, "figures", ("figures",), words("12", "14"), "12 people", "14 people"),
    Act(1, "quotes", ("quotes",), words("spring", "summer"), "spring", "summer"),
    Act(1, "added", ("paragraphs_added",), more(FOURTH.replace("minister", "director")), "", "director"),
    Act(1, "slug", ("moved",), moved("glacier-loses-ground"), "slug", "glacier-loses-ground"),
    Act(1, "missing", ("withdrawn",), answers(404)),
    Act(1, "home", ("withdrawn",), answers(302, "/")),
    Act(1, "glitch", ("withdrawn",), answers(404)),
    Act(1, "busy", ("figures", "wording"), words("12 people were hurt", "15 people were taken to hospital"), "12", "15"),
    Act(2, "names", ("names",), words("Lindqvist", "Lindgren"), "Lindqvist", "Lindgren"),
    Act(2, "correction", ("correction",), more(NOTICE), "", "An earlier version"),
    Act(2, "cut", ("paragraphs_cut",), less(1), "minister", ""),
    Act(2, "typography", ("typography",), words("“We will rebuild it before the spring,”", '"We will rebuild it before the spring,"'), "“We", '"We'),
    Act(2, "canonical", ("moved",), canonical("archive-asks-readers"), "canonical", "archive-asks-readers"),
    Act(2, "gone", ("withdrawn",), answers(410)),
    Act(2, "glitch", ("restored",), answers(200)),
    Act(2, "busy", ("headline", "paragraphs_added"), lambda story: more(THIRD.replace("railway", "court"))(title("Ballot papers counted, result stands")(story))),
    Act(3, "figures", ("figures",), words("14", "15"), "14 people", "15 people"),
    Act(3, "headline", ("headline",), title("Footbridge closed after a long night of rain"), "open", "closed"),
    Act(3, "missing", ("restored", "headline"), lambda story: answers(200)(title("Bakery returns its prize for dark bread")(story))),
    Act(3, "quotes", ("withdrawn",), answers(302, "/2026/11/")),
    *(Act(step, story, (), answers(200), outlet=HERALD) for story, step in (
        ("headline", 1), ("shortened", 1), ("wire", 1), ("before", 1), ("follows", 1), ("outlives", 1), ("rewritten", 1), ("twice", 2),
    )),
    Act(3, "follows", ("names",), words("Lindqvist", "Lindgren"), "Lindqvist", "Lindgren", HERALD),
    Act(3, "rewritten", ("headline", "wording"), lambda story: replace(story, number=29, title="Readers bring a hundred albums"), "wanted", "albums", HERALD),
)  # fmt: skip
STANDINGS = (
    Standing(1, "headline", "still"),
    Standing(1, "shortened", "headline"),
    Standing(1, "wire", "clock", "dpa"),
    Standing(1, "before", "added"),
    Standing(1, "follows", "names"),
    Standing(1, "outlives", "gone"),
    Standing(1, "rewritten", "canonical"),
    Standing(2, "twice", "still"),
    Standing(3, "rewritten", None),
)
STEPS = 1 + max(act.step for act in SCHEDULE)


@dataclass
class EditedWeb:
    """A context manager: the outlets' servers, at step 0. `turn` goes on to the next step of the schedule."""

    step: int = 0
    servers: dict[str, NewsServer] = field(default_factory=dict)
    stories: dict[tuple[str, str], Story] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        for outlet in OUTLETS:
            self.servers[outlet] = self._stack.enter_context(NewsServer())
        for outlet, stories in ((COURIER, STORIES), (HERALD, COPIES)):
            for key, story in stories.items():
                self.stories[outlet, key] = replace(story, slug=f"{key}-story-of-the-day")
        self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def turn(self) -> None:
        self.step += 1
        for act in self.acts():
            key = act.outlet, act.story
            self.stories[key] = act.change(self.stories[key])
        self._draw()

    def acts(self) -> Iterator[Act]:
        """Those of the present step."""
        return (act for act in SCHEDULE if act.step == self.step)

    @staticmethod
    def ledger() -> list[Entry]:
        return [Entry(act.step, act.outlet, act.story, kind) for act in SCHEDULE for kind in act.kinds]

    @staticmethod
    def standing(step: int) -> dict[str, Standing]:
        """The herald's stories that have been copies, as they stand after this step."""
        return {entry.story: entry for entry in STANDINGS if entry.step <= step}

    def address(self, outlet: str, story: str) -> str:
        """The canonical address a story was first read at."""
        return f"{self.servers[outlet].url}/2026/11/{story}-story-of-the-day"

    def _draw(self) -> None:
        for outlet, server in self.servers.items():
            mine = [story for (of, _), story in self.stories.items() if of == outlet and story.status]
            listing = _listing(server.url, mine)
            server.pages = {
                "/": listing,
                "/2026/11/": listing,
                "/robots.txt": Answer("User-agent: *\nDisallow:\n", type="text/plain"),
                "/feed/": _feed(server.url, mine),
            }
            for story in mine:
                _put(server, story)


def _put(server: NewsServer, story: Story) -> None:
    if story.status == 301 and story.to is not None:
        server.pages[story.path] = Answer(status=301, headers={"Location": story.to})
        server.pages[story.to] = page(server.url, replace(story, slug=story.to.rsplit("/", 1)[1]))
    elif story.to is not None:
        server.pages[story.path] = Answer(status=story.status or 302, headers={"Location": story.to})
    elif story.status and story.status != 200:
        server.pages[story.path] = Answer(
            "<title>Not here</title><p>Not here any more.</p>", status=story.status
        )
    elif CLOCK in story.lines:
        server.pages[story.path] = lambda site: Answer(page(site.url, _ticked(story, site.count(story.path))))
    else:
        server.pages[story.path] = page(server.url, story)


def _ticked(story: Story, times: int) -> Story:
    """The story with a clock, a counter and an advertisement that differ at each request."""
    ads = ("Fresh coffee from the roasters", "New shoes for the winter", "Cheap flights to the south")
    lines = (
        f"Updated {5 + times} minutes ago",
        f"{12_345 + 17 * times:,} views",
        f"Advertisement: {ads[times % 3]}",
    )
    return replace(story, lines=lines)


def page(base: str, story: Story) -> str:
    named = f"{base}{story.canonical or story.path}"
    body = "".join(f"<p>{text}</p>" for text in story.text())
    return (
        f'<!doctype html><html lang="en"><head><title>{story.title} - The Courier</title>'
        f'<meta property="og:type" content="article"><meta property="og:title" content="{story.title}">'
        f'<link rel="canonical" href="{named}">'
        f'<meta property="article:published_time" content="2026-11-{story.number:02}T08:{story.minute}:00+01:00">'
        f'</head><body><header><nav><a href="/">Home</a> <a href="/2026/11/">November</a></nav></header>'
        f"<main><article><h1>{story.title}</h1><p class='byline'>By Ada Novak</p>{body}</article></main>"
        f"<footer><p>About us. Imprint.</p></footer></body></html>"
    )


def _listing(base: str, stories: list[Story]) -> str:
    cards = "".join(
        f'<article class="card"><h2><a href="{base}{story.path}">{story.title}</a></h2></article>'
        for story in stories
    )
    return f'<!doctype html><html lang="en"><head><title>The Courier</title></head><body><main>{cards}</main></body></html>'


def _feed(base: str, stories: list[Story]) -> Answer:
    items = "".join(f"<item><title>News</title><link>{base}{story.path}</link></item>" for story in stories)
    feed = (
        f'<rss version="2.0"><channel><title>The Courier</title><link>{base}/</link>{items}</channel></rss>'
    )
    return Answer(feed, type="application/rss+xml")
