"""What surely is no article, by the markup: removed from the page before text is chosen from it.

Only containers whose id or class says so in whole words, and forms. Never one that holds a good part of
the page's running text: a theme may well call its article "comments-wrapper".
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml.html import HtmlElement

from pipelines.items import Cut

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (f"prune:{rule}", re.compile(rf"(?:^|[\s_-])(?:{words})(?:$|[\s_-])", re.IGNORECASE))
    for rule, words in (
        (
            "comment-form",
            r"respond|comment-respond|comment-?form|comments-area|commentform|disqus_thread|fb-comments",
        ),
        (
            "consent",
            r"cookie-?(?:banner|consent|notice|bar|law|message)|gdpr|cmp-container|onetrust[\w-]*|usercentrics",
        ),
        (
            "share",
            r"share-?(?:bar|buttons|links|tools|box)|social-?share|sharedaddy|addtoany\w*|sharing|share",
        ),
        (
            "newsletter",
            r"newsletter[\w-]*|mc_embed_signup|signup-?(?:form|box)|subscribe-?(?:form|box|widget)",
        ),
        (
            "related",
            r"related-?(?:posts|articles|stories|content|links|news|box)|jp-relatedposts|outbrain|taboola[\w-]*|yarpp[\w-]*",
        ),
        ("author-box", r"author-?(?:box|bio|info-box)|about-the-author"),
    )
)
# An article is hardly ever shorter than a fifth of what its page says in paragraphs.
MAX_TEXT_SHARE = 0.2
_PARAGRAPH = 80
# Characters that a form says with its heading, notice and labels.
MAX_BOX = 500


def prune(tree: HtmlElement) -> list[Cut]:
    """Remove such containers in place; the first lines of what went, each with its rule."""
    total = _running_text(tree)
    cuts: list[Cut] = []
    _drop_page_frame(tree, total)
    for element in list(tree.iter("div", "section", "aside", "form", "ul", "footer", "p", "ol")):
        rule = _rule(element)
        if rule is None or element.getparent() is None or not _attached(element, tree):
            continue
        element = _box_of(element) if element.tag == "form" else element
        if _running_text(element) > MAX_TEXT_SHARE * total:
            continue
        cuts.extend(Cut(line=line, rule=rule) for line in _lines(element))
        element.drop_tree()
    return cuts


def _drop_page_frame(tree: HtmlElement, total: int) -> None:
    """Menus, and the header and footer of the page itself: nobody takes them for cuts from the article."""
    for element in list(tree.iter("nav", "header", "footer")):
        if (
            element.tag != "nav"
            and next(element.iterancestors("article", "main", "section"), None) is not None
        ):
            continue
        holds_title = next(element.iter("h1", "article"), None) is not None
        if (
            not holds_title
            and element.getparent() is not None
            and _running_text(element) <= MAX_TEXT_SHARE * total
        ):
            element.drop_tree()


@lru_cache(maxsize=8192)
def _rule_of_names(names: str) -> str | None:
    return next((rule for rule, pattern in _RULES if pattern.search(names)), None)


def _rule(element: HtmlElement) -> str | None:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    rule = _rule_of_names(names) if len(names) > 1 else None
    if rule is not None:
        return rule
    if element.tag == "form" and element.find(".//textarea") is not None:
        return "prune:comment-form"
    if element.tag == "form" and element.xpath(".//input[@type='email']"):
        return "prune:newsletter"
    return None


def _box_of(form: HtmlElement) -> HtmlElement:
    """The box a form stands in, heading and notice included: the largest one that says hardly more."""
    box = form
    parent = box.getparent()
    while parent is not None and parent.tag in ("div", "section", "aside") and _is_small(parent):
        box, parent = parent, parent.getparent()
    return box


def _is_small(element: HtmlElement) -> bool:
    text = " ".join(element.text_content().split())
    return len(text) <= MAX_BOX and next(element.iter("h1", "article", "main"), None) is None


def _attached(element: HtmlElement, tree: HtmlElement) -> bool:
    root = element
    while (parent := root.getparent()) is not None:
        root = parent
    return root is tree.getroottree().getroot()


def _running_text(element: HtmlElement) -> int:
    """Characters in paragraphs that are long enough to be prose."""
    return sum(
        size
        for paragraph in element.iter("p")
        if (size := len(" ".join(paragraph.text_content().split()))) >= _PARAGRAPH
    )


def _lines(element: HtmlElement) -> list[str]:
    texts = (" ".join(text.split()) for text in element.itertext())
    return [text[:200] for text in texts if len(text) > 1][:12]
