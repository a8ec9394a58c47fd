"""An outlet's whole site: path -> answer."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from crawler.demo import feeds
from crawler.demo.content import Outlet, Story
from crawler.demo.designs import DESIGNS, Design, slug

HTML = "text/html; charset={}"
XML = "application/xml"
# The feed holds the newest stories, the news sitemap those of two days, the sections all of theirs.
IN_FEED = 7
PER_PAGE = 3
LEGACY_CHARSET = {"le-phare": "windows-1252"}
RIGHT_TO_LEFT = {"ar"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands at one path. `location` makes it a redirect."""

    body: bytes = b""
    type: str = XML
    status: int = 200
    location: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


_GONE = Answer(b"<h1>Gone</h1>", HTML.format("utf-8"), 410)


@dataclass(frozen=True, slots=True)
class Site:
    """One outlet at its origin, an address such as "http://127.0.0.1:8123"."""

    outlet: Outlet
    origin: str

    @property
    def design(self) -> Design:
        return DESIGNS[self.outlet.design]

    @property
    def home(self) -> str:
        return f"{self.origin}/"

    def address(self, story: Story) -> str:
        return self.origin + self.design.story_path(story)

    def pages(self) -> dict[str, Answer]:
        """Every page of the site. Paths are as in a request line, with the query."""
        stories = self.outlet.stories
        pages = {self.design.story_path(story): self._page(*self._article(story)) for story in stories}
        pages |= {self.design.story_path(story): _GONE for story in self.outlet.withdrawn}
        pages |= {"/": self._page(self.outlet.name, self._home(), kind="home")}
        pages |= self._sections() | self._labels() | self._no_articles() | self._machine_readable()
        return pages | (_SPECIAL[self.outlet.key](self) if self.outlet.key in _SPECIAL else {})

    # --- the shell every page stands in ----------------------------------------------------------------

    def _page(self, title: str, main: str, *, head: str = "", kind: str = "", status: int = 200) -> Answer:
        charset = LEGACY_CHARSET.get(self.outlet.key, "utf-8")
        direction = ' dir="rtl"' if self.outlet.language in RIGHT_TO_LEFT else ""
        body_class = kind or self.design.body_class
        html = f"""<!DOCTYPE html>
<html lang="{self.outlet.language}"{direction}><head><meta charset="{charset}">
<title>{escape(title)} | {escape(self.outlet.name)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="og:site_name" content="{escape(self.outlet.name)}">{self._feed_links()}{head}
<script>window.dataLayer=window.dataLayer||[];</script><style>.x{{color:#123}}</style></head>
<body class="{body_class}">{self._header()}<main class="{self.design.css("site-main")}">{main}</main>
{self._footer()}</body></html>"""
        return Answer(html.encode(charset, "xmlcharrefreplace"), HTML.format(charset), status)

    def _feed_links(self) -> str:
        path, mime = _FEEDS.get(self.outlet.design, ("", ""))
        return f'<link rel="alternate" type="{mime}" title="Feed" href="{path}">' if path else ""

    def _header(self) -> str:
        css, outlet = self.design.css, self.outlet
        sections = "".join(
            f'<li class="{css("menu-item")}"><a href="{self.design.section.format(slug=key)}">{escape(name)}</a></li>'
            for key, name in outlet.sections.items()
        )
        more = "".join(
            f'<li><a href="/{page}/">{label}</a></li>'
            for page, label in zip(_ABOUT, outlet.lines("menu"), strict=True)
        )
        return (
            f'<div class="{css("cookie-banner")}" role="dialog"><p>{outlet.line("cookie")}</p>'
            f"<button>{outlet.line('cookie_button')}</button></div>"
            f'<header class="{css("site-header")}"><a class="{css("logo")}" href="/">{escape(outlet.name)}</a>'
            f'<p class="{css("site-description")}">{escape(outlet.tagline)}</p>'
            f'<nav class="{css("main-navigation")}"><ul>{sections}{more}</ul></nav></header>'
        )

    def _footer(self) -> str:
        rights, *links = self.outlet.lines("footer")
        items = "".join(
            f'<li><a href="/{page}/">{label}</a></li>' for page, label in zip(_LEGAL, links, strict=True)
        )
        return f'<footer class="{self.design.css("site-footer")}"><ul>{items}</ul><p>{rights}</p></footer>'

    # --- articles --------------------------------------------------------------------------------------

    def _article(self, story: Story, *, head: str = "") -> tuple[str, str]:
        others = [(self.design.story_path(one), one.title) for one in self.outlet.stories if one is not story]
        place = story.number % len(others) if others else 0
        main = self.design.article(self.outlet, story, self.design, others[place:] + others[:place])
        return story.title, _declared(self, story) + main

    # --- lists -----------------------------------------------------------------------------------------

    def _teasers(self, stories: Iterable[Story]) -> str:
        css = self.design.css
        return "".join(
            f'<div class="{css("teaser")}"><a href="{self.design.story_path(story)}">'
            f'<img src="/img/{story.number}.jpg" alt=""></a>'
            f'<h3 class="{css("teaser-title")}"><a href="{self.design.story_path(story)}">{escape(story.title)}</a></h3>'
            f"<p>{escape(story.description)}</p></div>\n"
            for story in stories
        )

    def _home(self) -> str:
        extras = "".join(
            f'<h3><a href="{path}">{escape(title)}</a></h3>' for path, title in self._extras().items()
        )
        return (
            f'<div class="{self.design.css("grid")}">{self._teasers(self.outlet.stories[:6])}{extras}</div>'
        )

    def _extras(self) -> dict[str, str]:
        """Pages that look like articles on the home page and are none, or stand elsewhere by now."""
        lines = self.outlet.lines
        extras = {
            "/gallery/november-2026/": lines("gallery")[0],
            "/video/what-happened-4711/": lines("video")[0],
            "/subscribers/2026/11/the-long-read-9001/": lines("login")[0],
        }
        return extras | dict(_EXTRA.get(self.outlet.key, ()))

    def _sections(self) -> dict[str, Answer]:
        pages: dict[str, Answer] = {}
        for key, name in self.outlet.sections.items():
            path = self.design.section.format(slug=key)
            stories = [story for story in self.outlet.stories if story.section == key]
            parts = [stories[start : start + PER_PAGE] for start in range(0, len(stories), PER_PAGE)]
            for number, part in enumerate(parts or [[]], 1):
                here = path if number == 1 else f"{path.rstrip('/')}/page/{number}/"
                more = f"{path.rstrip('/')}/page/{number + 1}/" if number < len(parts) else None
                onward = f'<a rel="next" href="{more}">{number + 1}</a>' if more else ""
                main = f"<h1>{escape(name)}</h1>{self._teasers(part)}{onward}"
                pages[here] = self._page(name, main, kind="archive category")
        return pages

    def _labels(self) -> dict[str, Answer]:
        """Tag and author pages."""
        pages = {}
        for story in self.outlet.stories:
            for pattern, names in ((self.design.tag, story.tags), (self.design.author, story.authors)):
                for name in names:
                    main = f"<h1>{escape(name)}</h1>{self._teasers([story])}"
                    pages[pattern.format(slug=slug(name))] = self._page(name, main)
        return pages

    def _no_articles(self) -> dict[str, Answer]:
        outlet, page = self.outlet, self._page
        gallery, *captions = outlet.lines("gallery")
        figures = "".join(
            f'<figure><img src="/img/g{place}.jpg" alt=""><figcaption>{caption}</figcaption></figure>'
            for place, caption in enumerate(captions)
        )
        video, about = outlet.lines("video")
        login, text, password = outlet.lines("login")
        form = f'<form method="post"><label>{password} <input type="password" name="p"></label></form>'
        listing = self._teasers(outlet.stories[:4])
        pages = {
            "/gallery/november-2026/": page(gallery, f"<h1>{gallery}</h1>{figures}"),
            "/video/what-happened-4711/": page(
                video, f'<h1>{video}</h1><video src="/v.mp4" controls></video><p>{about}</p>'
            ),
            "/subscribers/2026/11/the-long-read-9001/": page(login, f"<h1>{login}</h1><p>{text}</p>{form}"),
            "/search/?q=news": page(outlet.line("search"), f"<h1>{outlet.line('search')}</h1>{listing}"),
        }
        labels = (
            *zip(_ABOUT, outlet.lines("menu"), strict=True),
            *zip(_LEGAL, outlet.lines("footer")[1:], strict=True),
        )
        return pages | {
            f"/{name}/": page(label, f"<h1>{label}</h1><p>{label}.</p>") for name, label in labels
        }

    # --- for machines ----------------------------------------------------------------------------------

    def _machine_readable(self) -> dict[str, Answer]:
        newest = self.outlet.stories[:IN_FEED]
        fresh = self.outlet.stories[:9]
        news = feeds.news_sitemap(self.outlet, fresh, self.address)
        everything = feeds.sitemap(self.outlet.stories, self.address, more=[f"{self.origin}/about/"])
        newest_at = self.outlet.changed_at
        pages = {
            "/robots.txt": Answer(self._robots().encode(), "text/plain"),
            "/news-sitemap.xml": Answer(news.encode()),
            "/sitemap-all.xml": Answer(everything.encode()),
            "/sitemap_index.xml": Answer(
                feeds.sitemap_index(
                    [f"{self.origin}/news-sitemap.xml", f"{self.origin}/sitemap-all.xml"], newest_at
                ).encode()
            ),
            "/news-sitemap.xml.gz": Answer(gzip.compress(news.encode(), mtime=0), "application/gzip"),
        }
        path, mime = _FEEDS.get(self.outlet.design, ("", ""))
        if path:
            writer = _WRITERS[self.outlet.design]
            pages[path] = Answer(writer(self.outlet, newest, self.home, self.address).encode(), mime)
        return pages

    def _robots(self) -> str:
        maps = "".join(f"Sitemap: {self.origin}{path}\n" for path in _SITEMAPS[self.outlet.design])
        return f"User-agent: *\nDisallow: /search/\nDisallow: /wp-admin/\n{maps}"


_ABOUT = ("about", "contact", "imprint")
_LEGAL = ("privacy", "terms")
_FEEDS = {
    "harbour-courier": ("/feed/", "application/rss+xml"),
    "talbote": ("/feed/atom/", "application/atom+xml"),
    "le-phare": ("/feed.json", "application/feed+json"),
    "diario-del-valle": ("/index.rdf", "application/rdf+xml"),
    "al-mina": ("/rss.xml", "application/rss+xml"),
}
_WRITERS = {
    "harbour-courier": feeds.rss,
    "talbote": feeds.atom,
    "le-phare": feeds.json_feed,
    "diario-del-valle": feeds.rdf,
    "al-mina": feeds.rss,
}
_SITEMAPS = {
    "harbour-courier": ("/sitemap_index.xml",),
    "talbote": ("/news-sitemap.xml.gz",),
    "le-phare": (),
    "diario-del-valle": ("/news-sitemap.xml",),
    "al-mina": ("/sitemap_index.xml",),
    "binjiang-daily": ("/news-sitemap.xml",),
}
_MOVED, _REMOVED = "/2026/11/20/sea-wall-vote-delayed/", "/2026/11/19/mayor-denies-everything/"
_CONSENT, _MISSING = (
    "/politik/was-der-rat-verschweigt-100999.html",
    "/article/2026/11/18/le-mystere-du-quai_100998_7.html",
)
_EXTRA: Mapping[str, Sequence[tuple[str, str]]] = {
    "harbour-courier": (
        (_MOVED, "Sea wall: council delays its vote"),
        (_REMOVED, "Mayor denies everything in an early statement"),
    ),
    "talbote": ((_CONSENT, "Was der Rat verschweigt: ein Rückblick"),),
    "le-phare": ((_MISSING, "Le mystère du quai des Brumes enfin élucidé"),),
}


def _declared(site: Site, story: Story) -> str:
    """What the page says of itself for machines; real pages have it in the head, some in the body."""
    url = site.address(story)
    meta = [f'<link rel="canonical" href="{url}">', f'<meta property="og:url" content="{url}">']
    meta += [f'<meta property="og:title" content="{escape(story.title)}">']
    meta += [f'<meta name="description" content="{escape(story.description)}">']
    key = site.outlet.design
    if key in ("harbour-courier", "al-mina", "talbote"):
        meta.append(f'<script type="application/ld+json">{_json_ld(site, story)}</script>')
    if key in ("le-phare", "talbote"):
        meta += ['<meta property="og:type" content="article">']
        meta += [f'<meta property="article:published_time" content="{story.published_at.isoformat()}">']
        meta += [f'<meta property="article:tag" content="{escape(tag)}">' for tag in story.tags]
        meta += [f'<meta name="author" content="{escape(name)}">' for name in story.authors]
        tier = "locked" if story.paywalled else "free"
        meta += [f'<meta property="article:content_tier" content="{tier}">']
    if key == "diario-del-valle":
        meta.append(f'<link rel="amphtml" href="{site.origin}/amp{site.design.story_path(story)}">')
    if key == "binjiang-daily":
        meta.append(f'<meta name="publishdate" content="{story.published_at.isoformat()}">')
        meta += [f'<meta name="author" content="{escape(name)}">' for name in story.authors]
    return "".join(meta)


def _json_ld(site: Site, story: Story) -> str:
    article = {
        "@type": "NewsArticle",
        "@id": f"{site.address(story)}#article",
        "headline": story.title,
        "description": story.description,
        "datePublished": story.published_at.isoformat(),
        "dateModified": story.changed_at.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in story.authors],
        "articleSection": site.outlet.sections[story.section],
        "keywords": list(story.tags),
        "inLanguage": site.outlet.language,
        "isAccessibleForFree": not story.paywalled,
        "image": {"@type": "ImageObject", "url": f"{site.origin}/img/{story.number}.jpg"},
        "publisher": {"@type": "NewsMediaOrganization", "name": site.outlet.name},
        "mainEntityOfPage": site.address(story),
    }
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Home"}],
    }
    page = {"@type": "WebPage", "@id": site.address(story), "name": story.title}
    graph = {"@context": "https://schema.org", "@graph": [page, article, crumbs]}
    return json.dumps(graph, ensure_ascii=False).replace("</", "<\\/")


# --- what only one outlet has --------------------------------------------------------------------------


def _courier(site: Site) -> dict[str, Answer]:
    moved_to = site.design.story_path(site.outlet.stories[0])
    return {
        _MOVED: Answer(status=301, location=moved_to, type=HTML.format("utf-8")),
        _REMOVED: _GONE,
    }


def _talbote(site: Site) -> dict[str, Answer]:
    title, text = site.outlet.lines("consent")
    return {_CONSENT: site._page(title, f"<h1>{title}</h1><p>{text}</p><button>OK</button>")}


def _phare(site: Site) -> dict[str, Answer]:
    title, text = site.outlet.lines("missing")
    return {_MISSING: site._page(title, f"<h1>{title}</h1><p>{text}</p>")}


def _diario(site: Site) -> dict[str, Answer]:
    """An AMP twin of every article, whose canonical link leads back."""
    return {
        f"/amp{site.design.story_path(story)}": Answer(
            f'<!doctype html><html ⚡ lang="es"><head><meta charset="utf-8"><title>{escape(story.title)}</title>'
            f'<link rel="canonical" href="{site.address(story)}"></head><body><article><h1>{escape(story.title)}</h1>'
            f"<time datetime={story.published_at.isoformat()}></time>"
            f"{''.join(f'<p>{escape(line, quote=False)}</p>' for line in story.lines)}</article></body></html>".encode(),
            HTML.format("utf-8"),
        )
        for story in site.outlet.stories
    }


_SPECIAL = {"harbour-courier": _courier, "talbote": _talbote, "le-phare": _phare, "diario-del-valle": _diario}
