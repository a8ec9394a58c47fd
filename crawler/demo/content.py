"""What the sample outlets publish: their stories, read from `outlets/*.toml`, and their addresses."""

from __future__ import annotations

import re
import tomllib
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple
from urllib.parse import quote

_MARKS = (("## ", "subheading"), ("> ", "quote"), ("- ", "item"))


class Block(NamedTuple):
    """A piece of a story; `kind` is "paragraph", "subheading", "quote" or "item"."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Story:
    """One article of an outlet. `published_at` is in UTC, to the minute."""

    slug: str
    title: str
    authors: tuple[str, ...]
    section: str
    tags: tuple[str, ...]
    description: str
    published_at: datetime
    blocks: tuple[Block, ...]
    paywalled: bool = False

    @cached_property
    def number(self) -> int:
        """Six digits, always the same ones for the same slug."""
        return 100_000 + zlib.crc32(self.slug.encode()) % 900_000


@dataclass(frozen=True, kw_only=True)
class Outlet:
    """A newspaper: `sections` maps slug to displayed name; `stories` are the newest first."""

    key: str
    name: str
    language: str
    tagline: str
    sections: Mapping[str, str]
    stories: tuple[Story, ...]


def read_outlets(now: datetime, folder: Traversable | None = None) -> tuple[Outlet, ...]:
    """The outlets of `folder` (the bundled ones if None) in order of their keys, as they stand at `now`."""
    place = folder if folder is not None else files("crawler.demo") / "outlets"
    found = sorted((one for one in place.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(
        _outlet(one.name.removesuffix(".toml"), tomllib.loads(one.read_text("utf-8")), now) for one in found
    )


def _outlet(key: str, table: Mapping[str, Any], now: datetime) -> Outlet:
    stories = [_story(article, now, table["language"]) for article in table["articles"]]
    return Outlet(
        key=key,
        name=table["name"],
        language=table["language"],
        tagline=table["tagline"],
        sections=table["sections"],
        stories=tuple(sorted(stories, key=lambda story: story.published_at, reverse=True)),
    )


def _story(article: Mapping[str, Any], now: datetime, language: str) -> Story:
    return Story(
        slug=article["slug"],
        title=article["title"],
        authors=tuple(article["authors"]),
        section=article["section"],
        tags=tuple(article["tags"]),
        description=" ".join(article["description"].split()),
        # News sites stamp minutes; and a full minute survives every date format.
        published_at=(now - timedelta(hours=article["hours_ago"])).replace(second=0, microsecond=0),
        # Chinese has no spaces: a wrapped line goes on right where it broke.
        blocks=tuple(read_blocks(article["text"], glue="" if language == "zh" else " ")),
        paywalled=bool(article.get("paywalled", False)),
    )


def read_blocks(text: str, *, glue: str = " ") -> Iterator[Block]:
    """The blocks of a story's text: a blank line or a mark ends the block before it."""
    kind, lines = "paragraph", list[str]()
    for line in [*text.strip().splitlines(), ""]:
        marked = next(((mark, name) for mark, name in _MARKS if line.startswith(mark)), None)
        if lines and (marked or not line.strip()):
            yield Block(kind, glue.join(lines))
            kind, lines = "paragraph", []
        if marked:
            kind = marked[1]
        if line.strip():
            lines.append(" ".join(line.removeprefix(marked[0] if marked else "").split()))


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Where an outlet's content system puts its pages, below its origin.

    `story` is a format of `when`, `slug`, `number` and `section`; `section`, `tag` and `author` of a slug;
    `page` is added to a section's path for its second page. The pages from `gallery` on look like
    articles by their address and are none.
    """

    story: str
    section: str
    tag: str
    author: str
    page: str
    about: str
    contact: str
    imprint: str
    search: str
    disallow: tuple[str, ...]
    hours_east: int
    gallery: str
    video: str
    login: str
    removed: str
    moved: str | None = None
    consent: str | None = None
    missing: str | None = None


PATHS: Mapping[str, Paths] = {
    "harbour-courier": Paths(
        story="/{when:%Y/%m/%d}/{slug}/",
        section="/category/{}/",
        tag="/tag/{}/",
        author="/author/{}/",
        page="page/2/",
        about="/about/",
        contact="/contact/",
        imprint="/imprint/",
        search="/?s=ferry",
        disallow=("/?s=", "/search/", "/wp-admin/"),
        hours_east=0,
        gallery="/gallery/in-pictures-a-morning-at-the-fish-quay/",
        video="/video/watch-how-the-old-swing-bridge-turns/",
        login="/2026/10/02/members-letter-what-the-editors-read-this-week/",
        removed="/2026/09/14/harbour-fete-postponed-until-spring/",
        moved="/archive/story-{number}.html",
    ),
    "talbote": Paths(
        story="/{section}/{slug}-{number}.html",
        section="/{}/",
        tag="/thema/{}/",
        author="/autor/{}/",
        page="?seite=2",
        about="/ueber-uns/",
        contact="/kontakt/",
        imprint="/impressum/",
        search="/suche/?q=fluss",
        disallow=("/suche/", "/wp-admin/"),
        hours_east=1,
        gallery="/fotostrecke/der-herbst-im-oberen-tal-in-bildern-118204.html",
        video="/video/so-klingt-die-neue-glocke-118377.html",
        login="/abo/brief-aus-der-redaktion-fuer-mitglieder-118410.html",
        removed="/kultur/dorffest-im-unteren-tal-abgesagt-116052.html",
        consent="/wirtschaft/was-die-neue-bahnlinie-die-gemeinden-kostet-118455.html",
    ),
    "le-phare": Paths(
        story="/article/{when:%Y/%m/%d}/{slug}_{number}_7.html",
        section="/{}/",
        tag="/sujet/{}/",
        author="/auteur/{}/",
        page="?page=2",
        about="/a-propos/",
        contact="/contact/",
        imprint="/mentions-legales/",
        search="/recherche/?q=port",
        disallow=("/recherche/",),
        hours_east=1,
        gallery="/portfolio/2026/10/30/la-rentree-des-voiliers-en-images_204417_7.html",
        video="/video/2026/11/02/comment-on-allume-un-phare_204533_7.html",
        login="/article/2026/11/03/la-lettre-des-abonnes-de-novembre_204561_7.html",
        removed="/article/2026/08/19/un-concert-annule-sur-la-plage_201118_7.html",
        missing="/article/2026/07/05/les-horaires-du-bac-pour-cet-ete_200042_7.html",
    ),
    "diario-del-valle": Paths(
        story="/{section}/{slug}",
        section="/{}",
        tag="/tema/{}",
        author="/autor/{}",
        page="?pagina=2",
        about="/quienes-somos",
        contact="/contacto",
        imprint="/aviso-legal",
        search="/buscar?q=riego",
        disallow=("/buscar",),
        hours_east=-5,
        gallery="/galeria/la-cosecha-del-valle-en-diez-fotos",
        video="/video/asi-funciona-la-nueva-compuerta-del-canal",
        login="/suscriptores/carta-semanal-a-los-suscriptores-del-diario",
        removed="/cultura/aplazan-la-feria-del-libro-en-el-valle",
    ),
    "al-mina": Paths(
        story="/news/{number}/{slug}",
        section="/section/{}",
        tag="/tag/{}",
        author="/author/{}",
        page="?page=2",
        about="/about",
        contact="/contact",
        imprint="/imprint",
        search="/search?q=%D9%85%D9%8A%D9%86%D8%A7%D8%A1",
        disallow=("/search",),
        hours_east=3,
        gallery="/gallery/48120/morning-at-the-old-harbour",
        video="/video/48133/how-the-fishing-nets-are-made",
        login="/news/48140/letter-to-our-subscribers",
        removed="/news/47002/spring-market-moved-to-the-square",
    ),
    "binjiang-daily": Paths(
        story="/content/{when:%Y%m/%d}/c{number}.html",
        section="/{}/",
        tag="/topic/{}/",
        author="/reporter/{}/",
        page="?page=2",
        about="/about.html",
        contact="/contact.html",
        imprint="/copyright.html",
        search="/search?q=%E6%B1%9F",
        disallow=("/search",),
        hours_east=8,
        gallery="/photos/202611/03/p204881.html",
        video="/video/202611/04/v204902.html",
        login="/content/202611/05/c204915.html",
        removed="/content/202608/11/c198230.html",
    ),
}


@dataclass(frozen=True)
class Site:
    """An outlet at its own origin. `base` is "http://127.0.0.1:PORT", without a slash at the end."""

    outlet: Outlet
    base: str
    now: datetime

    @property
    def paths(self) -> Paths:
        return PATHS[self.outlet.key]

    def local(self, when: datetime) -> datetime:
        """The same moment by the clock of the outlet's town."""
        return when.astimezone(timezone(timedelta(hours=self.paths.hours_east)))

    def iso(self, story: Story) -> str:
        return self.local(story.published_at).isoformat()

    def path(self, story: Story) -> str:
        return quote(
            self.paths.story.format(
                when=self.local(story.published_at),
                slug=story.slug,
                number=story.number,
                section=story.section,
            )
        )

    def url(self, story: Story) -> str:
        return self.base + self.path(story)

    def image(self, story: Story) -> str:
        return f"{self.base}/media/{story.number}.png"

    def section_name(self, story: Story) -> str:
        return self.outlet.sections[story.section]

    def section_path(self, slug: str) -> str:
        return self.paths.section.format(quote(slug))

    def tag_path(self, tag: str) -> str:
        return self.paths.tag.format(quote(_slug(tag)))

    def author_path(self, author: str) -> str:
        return self.paths.author.format(quote(_slug(author)))

    def others(self, story: Story, count: int = 3) -> tuple[Story, ...]:
        """The stories a page offers beside this one: the next in time, round and round."""
        stories = self.outlet.stories
        here = stories.index(story)
        return tuple(stories[(here + step) % len(stories)] for step in range(1, count + 1))


def _slug(name: str) -> str:
    letters = (letter for letter in unicodedata.normalize("NFKD", name.lower()))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^\w]+", "-", plain).strip("-")
