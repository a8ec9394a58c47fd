"""A made-up press: outlets in ten languages, what they publish hour by hour, and what they copy of each other.

Its texts are pieces of real texts in any order, so that words are as common and as rare as in the language; names
of people that nobody has make the rarest ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate

from bench.identity.texts import Story
from pipelines.identity import article_id, content_hash
from pipelines.items import Article

SOURCES = 120
# Of 100 outlets so many write in each language, as far as there are texts in it.
_LANGUAGES = {"en": 38, "de": 14, "es": 10, "fr": 10, "zh": 8, "ar": 7, "ja": 5, "it": 3, "cs": 3, "ru": 2}
_SECTIONS = (
    "Politics Economy World Sport Culture Science Health Technology Opinion Local Travel Weather".split()
)
# Articles by hour of the day (UTC), and at the weekend.
_DAY = (3, 2, 2, 2, 3, 5, 7, 9, 10, 10, 10, 9, 9, 9, 9, 9, 9, 8, 8, 7, 6, 5, 4, 3)
_WEEKEND = 0.55
# Every so many articles founds a story that 1 to 7 others copy: 10 % of all are then members of one.
_FOUNDS, _MOST_COPIES = 0.02, 7
# What is published by its own outlet first, as a share of all.
ORIGINAL = 1 / (1 + _FOUNDS * (1 + _MOST_COPIES) / 2)
_UPDATED, _WITHDRAWN = 0.02, 0.003
_NAMES, _TAGS, _AUTHORS = 60_000, 300, 2500


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A source: its articles are `weight` of all."""

    name: str
    home: str
    domain: str
    language: str
    weight: float
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A new article; `original` is the one it copies."""

    article: Article
    original: str | None


@dataclass(frozen=True, slots=True)
class Edited:
    """The next state of an article that was published before."""

    article: Article
    earlier: Article


@dataclass(frozen=True, slots=True)
class Withdrawn:
    article: Article
    at: datetime


Event = Published | Edited | Withdrawn


class Press:
    """The same seed gives the same outlets and texts; `begin` is the number of articles it made earlier."""

    def __init__(self, stories: Sequence[Story], *, seed: int, words: int, begin: int = 0) -> None:
        self._dice = random.Random(seed)
        self._words = words
        self._pieces = {language: found for language in _LANGUAGES if (found := _pieces(stories, language))}
        self._names = [_name(self._dice) for _ in range(_NAMES)]
        self._name_weights = list(accumulate(1 / rank for rank in range(1, _NAMES + 1)))
        self.outlets = self._founded()
        self._weights = list(accumulate(outlet.weight for outlet in self.outlets))
        self._dice = random.Random(f"{seed}-{begin}")
        # Numbers of an earlier run may come again: those of articles it had not published yet.
        self._begin, self._count = begin, 0
        self._waiting: list[tuple[datetime, int, Event]] = []

    def events(self, times: Iterator[datetime]) -> Iterator[Event]:
        """What happens, in the order of time: an article at each of these times, and what follows from it."""
        for at in times:
            while self._waiting and self._waiting[0][0] <= at:
                event = heappop(self._waiting)[2]
                yield event
            yield self._published(at)

    def _founded(self) -> tuple[Outlet, ...]:
        languages = list(self._pieces)
        shares = [_LANGUAGES[language] for language in languages]
        spoken = self._dice.choices(languages, weights=shares, k=SOURCES)
        return tuple(
            Outlet(
                name=f"outlet-{number:03}",
                home=f"https://outlet-{number:03}.example/",
                domain=f"outlet-{number:03}.example",
                language=language,
                weight=(number + 1) ** -0.7,
                authors=tuple(self._dice.sample(self._names[:_AUTHORS], 12)),
            )
            for number, language in enumerate(spoken)
        )

    def _published(self, at: datetime) -> Published:
        outlet = self._dice.choices(self.outlets, cum_weights=self._weights)[0]
        title, text = self._text(outlet.language)
        article = self._article(outlet, at, title, text)
        chance = self._dice.random()
        if chance < _FOUNDS:
            self._copied(article)
        elif chance < _FOUNDS + _UPDATED:
            self._edited(article)
        elif chance < _FOUNDS + _UPDATED + _WITHDRAWN:
            later = at + timedelta(hours=self._dice.uniform(2, 72))
            self._later(later, Withdrawn(article, later))
        return Published(article, None)

    def _copied(self, first: Article) -> None:
        """Others print it within a day, cut and under another title at times."""
        others = [one for one in self.outlets if one.language == first.language and one.name != first.source]
        for outlet in self._dice.sample(others, min(len(others), self._dice.randint(1, _MOST_COPIES))):
            at = first.first_seen_at + timedelta(hours=self._dice.expovariate(1 / 4))
            text = first.text[: int(len(first.text) * self._dice.uniform(0.6, 1))]
            title = first.title if self._dice.random() < 0.5 else self._text(outlet.language)[0]
            self._later(at, Published(self._article(outlet, at, title, text), first.id))

    def _edited(self, earlier: Article) -> None:
        at = earlier.first_seen_at + timedelta(hours=self._dice.expovariate(1 / 6))
        title = self._text(earlier.language or "")[0]
        changed = replace(earlier, title=title, modified_at=at, last_seen_at=at, revision=2)
        changed = replace(changed, content_hash=content_hash(title, earlier.text))
        self._later(at, Edited(changed, earlier))

    def _later(self, at: datetime, event: Event) -> None:
        self._count += 1
        heappush(self._waiting, (at, self._count, event))

    def _text(self, language: str) -> tuple[str, str]:
        """A title, and a text of about so many words, from a third of it to three times as long."""
        dice, pieces = self._dice, self._pieces[language]
        space = "" if language in ("zh", "ja") else " "
        wanted = int(self._words / 2.5 * min(max(dice.lognormvariate(-0.15, 0.55), 1 / 3), 3))
        chosen = dice.choices(pieces, k=max(wanted, 8))
        for name in dice.choices(self._names, cum_weights=self._name_weights, k=2):
            chosen[dice.randrange(len(chosen))] = f" {name} "
        lines = [space.join(chosen[at : at + 20]) + "." for at in range(0, len(chosen), 20)]
        title = space.join(dice.choices(pieces, k=3)).strip()
        return title[:120], "\n\n".join(lines)

    def _article(self, outlet: Outlet, at: datetime, title: str, text: str) -> Article:
        self._count += 1
        dice = self._dice
        url = f"{outlet.home}{at:%Y/%m/%d}/{self._begin}-{self._count}"
        published = at - timedelta(minutes=dice.expovariate(1 / 12))
        return Article(
            id=article_id(url),
            url=url,
            url_canonical=url,
            source=outlet.name,
            domain=outlet.domain,
            title=title,
            text=text,
            description=text[:160].rsplit(" ", 1)[0] if dice.random() < 0.7 else None,
            authors=tuple(dice.sample(outlet.authors, dice.choice((0, 1, 1, 2)))),
            published_at=published if dice.random() < 0.95 else None,
            published_precision="second",
            published_source="json-ld",
            first_seen_at=at,
            last_seen_at=at + timedelta(hours=1),
            language=outlet.language,
            section=dice.choice(_SECTIONS) if dice.random() < 0.8 else None,
            tags=tuple(f"tag{dice.randrange(_TAGS)}" for _ in range(dice.randrange(4))),
            image_url=f"{url}.jpg" if dice.random() < 0.6 else None,
            word_count=text.count(" ") + 1,
            content_hash=content_hash(title, text),
            discovered_via=f"{outlet.home}feed.xml",
            extractor="bench",
            extractor_version="1",
        )


def weight(at: datetime) -> float:
    """How much is published in the hour of this time, in any unit."""
    return _DAY[at.hour] * (_WEEKEND if at.weekday() > 4 else 1.0)


def spread(count: int, begin: datetime, end: datetime) -> Iterator[datetime]:
    """So many times between the two, in order, as dense as outlets publish."""
    hour, hours = timedelta(hours=1), int((end - begin) / timedelta(hours=1))
    sums = [0.0, *accumulate(weight(begin + number * hour) for number in range(hours))]
    for number in range(hours):
        first = round(count * sums[number] / sums[-1])
        last = round(count * sums[number + 1] / sums[-1])
        for place in range(last - first):
            yield begin + number * hour + place * hour / (last - first)


def _pieces(stories: Sequence[Story], language: str) -> list[str]:
    """Runs of one to four words, or of two to seven characters, of all texts in the language."""
    texts = [story.text for story in stories if story.language == language]
    if language in ("zh", "ja"):
        joined = "".join("".join(text.split()) for text in texts)
        cuts = [(at, at + 2 + at % 6) for at in range(0, max(0, len(joined) - 8), 3)]
        return [joined[begin:end] for begin, end in cuts]
    words = [word for text in texts for word in text.split()]
    return [" ".join(words[at : at + 1 + at % 4]) for at in range(max(0, len(words) - 4))]


def _name(dice: random.Random) -> str:
    sounds = "ba be bi da do du fa ga ke ki la le lo ma me mi na ne no pa ra re ri sa so ta te to va vi wo za".split()
    return " ".join("".join(dice.choices(sounds, k=dice.randint(2, 4))).title() for _ in range(2))
