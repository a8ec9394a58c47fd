"""The markup of six content systems: where pages stand, and how an article and what surrounds it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote
from zlib import crc32

from crawler.demo.content import Outlet, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """`story`, `section`, `tag`, `author` are the paths, with {date}, {slug}, {number}, {section} to fill in.

    `article` writes the main part of an article's page. `hashed`: class names are those of a CSS compiler.
    """

    story: str
    section: str
    tag: str = "/tag/{slug}/"
    author: str = "/author/{slug}/"
    article: Callable[[Outlet, Story, Design, list[tuple[str, str]]], str]
    hashed: bool = False
    body_class: str = ""

    def story_path(self, story: Story) -> str:
        date = story.published_at
        return self.story.format(
            date=date, slug=story.slug, number=story.number, section=story.section, more=story
        )

    def css(self, name: str) -> str:
        """A class attribute's value."""
        return f"css-{crc32(name.encode()):x}" if self.hashed else name


def slug(text: str) -> str:
    """A name as a path segment."""
    return quote(text.lower().replace(" ", "-"))


# --- pieces --------------------------------------------------------------------------------------------


def text_of(story: Story, *, promo: str = "", between: str = "", paragraph: str = "<p>{}</p>") -> str:
    """The blocks as HTML; `promo` is put behind the second paragraph, `between` behind the third."""
    parts: list[str] = []
    paragraphs = 0
    for place, (kind, text) in enumerate(story.blocks):
        if kind == "item":
            opens = place == 0 or story.blocks[place - 1][0] != "item"
            closes = place + 1 == len(story.blocks) or story.blocks[place + 1][0] != "item"
            parts.append(f"{'<ul>' * opens}<li>{escape(text)}</li>{'</ul>' * closes}")
            continue
        forms = {
            "p": paragraph,
            "head": "<h2>{}</h2>",
            "quote": "<blockquote><p>{}</p></blockquote>",
        }
        parts.append(forms[kind].format(escape(text, quote=False)))
        paragraphs += kind == "p"
        if kind == "p" and paragraphs in (2, 3):
            parts.append(promo if paragraphs == 2 else between)
    return "\n".join(parts)


def share(outlet: Outlet, design: Design) -> str:
    head, *labels = outlet.lines("share")
    links = "".join(f'<li><a href="#share" rel="nofollow"><span>{label}</span></a></li>' for label in labels)
    return f'<div class="{design.css("share-buttons")}"><h3>{head}</h3><ul>{links}</ul></div>'


def newsletter(outlet: Outlet, design: Design) -> str:
    head, text, button = outlet.lines("newsletter")
    return (
        f'<div class="{design.css("newsletter-box")}"><h4>{head}</h4><p>{text}</p>'
        f'<form action="#" method="post"><input type="email" name="e"><button>{button}</button></form></div>'
    )


def promo(outlet: Outlet, others: list[tuple[str, str]], *, tag: str = "p") -> str:
    """An inline promo without a telling class: a label, a deck and two linked headlines."""
    label, deck = outlet.lines("promo")
    links = "".join(f'<li><a href="{url}">{escape(title)}</a></li>' for url, title in others[:2])
    return f"<{tag}><strong>{label}</strong></{tag}><{tag}>{deck}</{tag}><ul>{links}</ul>"


def related(outlet: Outlet, design: Design, others: list[tuple[str, str]]) -> str:
    links = "".join(
        f'<li><a href="{url}"><img src="/img/{place}.jpg" alt=""><h4>{escape(title)}</h4></a></li>'
        for place, (url, title) in enumerate(others[:3])
    )
    return f'<section class="{design.css("related-posts")}"><h3>{outlet.line("related")}</h3><ul>{links}</ul></section>'


def form_fields(outlet: Outlet) -> str:
    """The comment form without its heading: notice, fields and button, as WordPress writes them."""
    _, _, notice, comment, name, email, site, save, button = outlet.lines("comment")
    fields = "".join(
        f'<p><label for="{key}">{label}</label> <input id="{key}" name="{key}" type="text"></p>'
        for key, label in (("author", name), ("email", email), ("url", site))
    )
    return (
        f'<p><span id="email-notes">{notice}</span></p><p><label for="comment">{comment}</label>'
        f'<textarea id="comment" name="comment"></textarea></p>{fields}'
        f'<p><input id="save" type="checkbox"><label for="save">{save}</label></p>'
        f'<p><input name="submit" type="submit" value="{button}"></p>'
    )


def bios(outlet: Outlet, story: Story, design: Design) -> str:
    people = "".join(f"<p>{escape(name)} {outlet.line('bio')}</p>" for name in story.authors)
    return f'<div class="{design.css("author-box")}">{people}</div>'


def paywall(outlet: Outlet, story: Story, design: Design) -> str:
    if not story.paywalled:
        return ""
    return f'<div class="{design.css("paywall-note")}"><p>{outlet.line("paywall")}</p></div>'


def byline(story: Story, design: Design) -> str:
    names = ", ".join(
        f'<a rel="author" href="{design.author.format(slug=slug(name))}">{escape(name)}</a>'
        for name in story.authors
    )
    when = story.published_at
    return (
        f'<p class="{design.css("byline")}">{names} '
        f'<time datetime="{when.isoformat()}">{when:%Y-%m-%d %H:%M}</time></p>'
    )


def tags(story: Story, design: Design) -> str:
    links = " ".join(
        f'<a rel="tag" href="{design.tag.format(slug=slug(tag))}">{escape(tag)}</a>' for tag in story.tags
    )
    return f'<div class="{design.css("tags-links")}">{links}</div>'


def picture(outlet: Outlet, story: Story) -> str:
    return (
        f'<figure><img src="/img/{story.number}.jpg" alt="" width="1200" height="675">'
        f"<figcaption>{outlet.line('credit')}</figcaption></figure>"
    )


# --- six articles --------------------------------------------------------------------------------------

Others = list[tuple[str, str]]


def classic_theme(outlet: Outlet, story: Story, design: Design, others: Others) -> str:
    """A classic blog theme: everything under the text, the form under #respond."""
    heading, cancel, *_ = outlet.lines("comment")
    return f"""<article id="post-{story.number}" class="post type-post status-publish hentry">
<header class="entry-header"><h1 class="entry-title">{escape(story.title)}</h1>
<div class="entry-meta">{byline(story, design)}</div></header>
{picture(outlet, story)}<div class="entry-content">{text_of(story, promo=promo(outlet, others))}
{paywall(outlet, story, design)}<p><a href="https://origin.example/">{outlet.line("source_line")}</a></p>
<div class="sharedaddy sd-sharing-enabled">{share(outlet, design)}</div>
<div id="jp-relatedposts" class="jp-relatedposts">{related(outlet, design, others)}</div></div>
<footer class="entry-footer">{tags(story, design)}</footer></article>
{bios(outlet, story, design)}{newsletter(outlet, design)}
<div id="comments" class="comments-area"><div id="respond" class="comment-respond">
<h3 id="reply-title" class="comment-reply-title">{heading} <small><a rel="nofollow" href="#respond">{cancel}</a></small></h3>
<form action="/wp-comments-post.php" method="post" class="comment-form">{form_fields(outlet)}</form></div></div>"""


def block_theme(outlet: Outlet, story: Story, design: Design, others: Others) -> str:
    """A block theme: promo and source line are plain blocks of the text itself."""
    heading, cancel, *_ = outlet.lines("comment")
    return f"""<div class="wp-block-group alignfull"><h1 class="wp-block-post-title">{escape(story.title)}</h1>
<div class="wp-block-group is-layout-flex">{byline(story, design)}</div>
<div class="entry-content wp-block-post-content is-layout-flow">
{text_of(story, promo=promo(outlet, others, tag="h3"), paragraph='<p class="wp-block-paragraph">{}</p>')}
{paywall(outlet, story, design)}<p>{outlet.line("source_line")}</p></div>
{share(outlet, design)}{tags(story, design)}
<div class="wp-block-comments"><h3>{heading}</h3><p><a href="#">{cancel}</a></p>{form_fields(outlet)}</div>
{related(outlet, design, others)}{newsletter(outlet, design)}</div>"""


def compiled_styles(outlet: Outlet, story: Story, design: Design, others: Others) -> str:
    """A front end whose class names say nothing; the form is bare divs."""
    heading, cancel, notice, comment, name, email, site, save, button = outlet.lines("comment")
    bare = "".join(f"<div><div>{line}</div></div>" for line in (notice, comment, name, email, site, save))
    return f"""<div class="{design.css("story")}"><div class="{design.css("head")}">
<h1>{escape(story.title)}</h1><div>{escape(story.description)}</div>{byline(story, design)}</div>
<div class="{design.css("body")}">{text_of(story, between=newsletter(outlet, design))}</div>
{paywall(outlet, story, design)}{share(outlet, design)}
<div class="{design.css("foot")}"><div>{heading}</div><div>{cancel}</div>{bare}
<div role="button">{button}</div></div>{related(outlet, design, others)}</div>"""


def all_in_article(outlet: Outlet, story: Story, design: Design, others: Others) -> str:
    """Microdata, and everything down to the page's footer inside the article element."""
    heading, cancel, *_ = outlet.lines("comment")
    names = "".join(
        f'<span itemprop="author" itemscope itemtype="https://schema.org/Person">'
        f'<span itemprop="name">{escape(name)}</span></span> '
        for name in story.authors
    )
    return f"""<article itemscope itemtype="https://schema.org/NewsArticle">
<h1 itemprop="headline">{escape(story.title)}</h1><div class="firma">{names}
<time itemprop="datePublished" datetime="{story.published_at.isoformat()}">{story.published_at:%d/%m/%Y}</time></div>
{picture(outlet, story)}<div itemprop="articleBody" class="cuerpo">{text_of(story, promo=promo(outlet, others))}</div>
{paywall(outlet, story, design)}{share(outlet, design)}{related(outlet, design, others)}
<div class="comentarios"><h3>{heading}</h3><p>{cancel}</p>{form_fields(outlet)}</div>
<p>{outlet.line("source_line")}</p>{newsletter(outlet, design)}</article>"""


def portal(outlet: Outlet, story: Story, design: Design, others: Others) -> str:
    """A portal: text in a column between side boxes, the form under a plain heading."""
    heading, cancel, *_ = outlet.lines("comment")
    return f"""<div class="row"><div class="col-md-8 news-details"><h1 class="news-title">{escape(story.title)}</h1>
{byline(story, design)}{share(outlet, design)}{picture(outlet, story)}
<div class="news-text">{text_of(story)}</div>{paywall(outlet, story, design)}{tags(story, design)}
{bios(outlet, story, design)}{related(outlet, design, others)}
<h4>{heading}</h4><p>{cancel}</p>{form_fields(outlet)}</div>
<aside class="col-md-4 sidebar">{newsletter(outlet, design)}{promo(outlet, others)}</aside></div>"""


def government_style(outlet: Outlet, story: Story, design: Design, others: Others) -> str:
    """A table-age system: numbered ids, indented paragraphs, source and editor as the last lines."""
    heading, cancel, *_ = outlet.lines("comment")
    when = story.published_at
    return f"""<div class="w1000"><div class="pos"><a href="/">{outlet.name}</a> &gt;&gt; {outlet.sections[story.section]}</div>
<h1>{escape(story.title)}</h1><div class="info">{when:%Y-%m-%d %H:%M} {" ".join(story.authors)}</div>
<div id="zoom" class="TRS_Editor">{text_of(story, paragraph="<p>　　{}</p>")}</div>
{paywall(outlet, story, design)}<p><a href="https://origin.example/">{outlet.line("source_line")}</a></p>
{share(outlet, design)}<div class="xgyd">{related(outlet, design, others)}</div>
<div class="pl"><h3>{heading}</h3><p>{cancel}</p>{form_fields(outlet)}</div>{newsletter(outlet, design)}</div>"""


DESIGNS: Mapping[str, Design] = {
    "harbour-courier": Design(
        story="/{date:%Y/%m/%d}/{slug}/",
        section="/category/{slug}/",
        article=classic_theme,
        body_class="single single-post wp-theme-harbour",
    ),
    "talbote": Design(
        story="/{section}/{slug}-{number}.html",
        section="/{slug}/",
        tag="/thema/{slug}/",
        author="/autor/{slug}/",
        article=block_theme,
        body_class="wp-embed-responsive",
    ),
    "le-phare": Design(
        story="/article/{date:%Y/%m/%d}/{slug}_{number}_7.html",
        section="/rubrique/{slug}/",
        tag="/sujet/{slug}/",
        author="/auteur/{slug}/",
        article=compiled_styles,
        hashed=True,
    ),
    "diario-del-valle": Design(
        story="/{section}/{date:%Y-%m-%d}/{slug}.html",
        section="/{slug}/",
        tag="/etiqueta/{slug}/",
        author="/autor/{slug}/",
        article=all_in_article,
    ),
    "al-mina": Design(story="/news/{number}/{slug}", section="/section/{slug}", article=portal),
    "binjiang-daily": Design(
        story="/content/{date:%Y%m/%d}/c{number}.html", section="/{slug}/", article=government_style
    ),
}
