"""One story in the markup of many themes, with the leftovers that such themes put around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Wrapped:
    """A story's lines (the first is the title), the promo after its `at`th paragraph, and the form's lines."""

    lines: Sequence[str]
    promo: Sequence[str]
    at: int
    source: str
    form: Sequence[str]

    def paragraphs(self, tag: str = "p", *, promo_tag: str = "p", attributes: str = "") -> str:
        parts = [f"<{tag}{attributes}>{escape(line, quote=False)}</{tag}>" for line in self.lines[1:]]
        promo = [f"<{promo_tag}>{escape(line)}</{promo_tag}>" for line in self.promo]
        return "\n".join([*parts[: self.at], *promo, *parts[self.at :]])


def page(title: str, body: str, *, lang: str = "de") -> bytes:
    return f"""<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{escape(title)} - Blog</title>
<meta property="og:type" content="article"><meta property="article:published_time" content="2024-06-17T10:00:00+02:00">
</head><body><header><a href="/">Blog</a><nav><ul><li><a href="/a/">Start</a></li><li><a href="/b/">Sport</a></li></ul>
</nav></header>{body}<footer><p>© Blog</p></footer></body></html>""".encode()


FIELDS = """<form action="/c" method="post"><p>Deine E-Mail-Adresse wird nicht veröffentlicht.</p>
<textarea name="comment"></textarea><input type="email" name="email"><input type="submit" value="Post Comment"></form>"""


def respond(story: Wrapped) -> str:
    heading, *rest = story.form
    return f"""<article class="post"><h1 class="entry-title">{story.lines[0]}</h1><div class="entry-content">
{story.paragraphs()}<p>{story.source}</p></div></article><div id="comments"><div id="respond" class="comment-respond">
<h3 id="reply-title">{heading}</h3>{"".join(f"<p>{line}</p>" for line in rest)}{FIELDS}</div></div>"""


def block_theme(story: Wrapped) -> str:
    heading, *rest = story.form
    return f"""<main class="wp-block-group"><h1 class="wp-block-post-title">{story.lines[0]}</h1>
<div class="wp-block-post-content">{story.paragraphs(promo_tag="h3", attributes=' class="wp-block-paragraph"')}
<p class="wp-block-paragraph">{story.source}</p></div><div class="wp-block-comments"><h2>{heading}</h2>
{"".join(f"<p>{line}</p>" for line in rest)}</div></main>"""


def renamed(story: Wrapped) -> str:
    heading, *rest = story.form
    return f"""<div class="x-77 tpl"><h1 class="kopf">{story.lines[0]}</h1><div class="inhalt zz">
{story.paragraphs(promo_tag="h4")}<p>{story.source}</p></div><div class="antwortbereich"><h3 class="u3">{heading}</h3>
{"".join(f"<p>{line}</p>" for line in rest)}</div></div>"""


def headings(story: Wrapped) -> str:
    form = "".join(f"<h3>{line}</h3>" for line in (story.source, *story.form))
    return f"<div><h1>{story.lines[0]}</h1>{story.paragraphs(promo_tag='h2')}{form}</div>"


def paragraphs(story: Wrapped) -> str:
    form = "".join(f"<p>{line}</p>" for line in (story.source, *story.form))
    return f"<div class='content'><h1>{story.lines[0]}</h1>{story.paragraphs()}{form}</div>"


def bold_paragraphs(story: Wrapped) -> str:
    form = "".join(f"<p><strong>{line}</strong></p>" for line in (story.source, *story.form))
    return f"<section><h1>{story.lines[0]}</h1><div>{story.paragraphs()}{form}</div></section>"


def bare_divs(story: Wrapped) -> str:
    form = "".join(f"<div>{line}</div>" for line in (story.source, *story.form))
    return f"<div><h1>{story.lines[0]}</h1><div>{story.paragraphs('div', promo_tag='div')}{form}</div></div>"


def footer_in_article(story: Wrapped) -> str:
    form = "".join(f"<p>{line}</p>" for line in story.form)
    return f"""<article><header><h1>{story.lines[0]}</h1></header>{story.paragraphs(promo_tag="h2")}
<footer><p>{story.source}</p>{form}</footer></article>"""


def line_breaks(story: Wrapped) -> str:
    head = list(story.lines[1:])
    head[story.at : story.at] = story.promo
    text = "<br><br>\n".join(escape(line, quote=False) for line in (*head, story.source, *story.form))
    return f"<div class='post-body'><h1>{story.lines[0]}</h1><div class='text'>{text}</div></div>"


def linked_source(story: Wrapped) -> str:
    form = "".join(f"<h3>{line}</h3>" for line in story.form)
    return f"""<div class="single"><h1>{story.lines[0]}</h1><div class="post-content">{story.paragraphs()}
<p><a href="https://other.example/story">{story.source}</a></p></div><div class="below">{form}{FIELDS}</div></div>"""


def sections(story: Wrapped) -> str:
    parts = [f"<section><p>{escape(line, quote=False)}</p></section>" for line in story.lines[1:]]
    promo = "".join(f"<div><span>{line}</span></div>" for line in story.promo)
    parts[story.at : story.at] = [f"<section>{promo}</section>"]
    form = "".join(f"<section><h2>{line}</h2></section>" for line in (story.source, *story.form))
    return f"<main><h1>{story.lines[0]}</h1>{''.join(parts)}{form}</main>"


def joined_lines(story: Wrapped) -> str:
    """Promo in one paragraph, and the cancel link inside the form's heading."""
    parts = [f"<p>{escape(line, quote=False)}</p>" for line in story.lines[1:]]
    if story.promo:
        parts[story.at : story.at] = [f"<p><strong>{story.promo[0]}</strong> {' '.join(story.promo[1:])}</p>"]
    heading, *rest = story.form
    form = f"<h3>{heading} <small><a href='#'>Cancel reply</a></small></h3>" + "".join(
        f"<p>{line}</p>" for line in rest
    )
    return (
        f"<article><h1>{story.lines[0]}</h1><div>{''.join(parts)}<p>{story.source}</p>{form}</div></article>"
    )


MARKUPS: dict[str, Callable[[Wrapped], str]] = {
    function.__name__: function
    for function in (
        respond,
        block_theme,
        renamed,
        headings,
        paragraphs,
        bold_paragraphs,
        bare_divs,
        footer_in_article,
        line_breaks,
        linked_source,
        sections,
        joined_lines,
    )
}
