"""Page -> Article, or the reason why it is none. Pure; runs in a worker process that can be killed.

trafilatura chooses the text; what surrounds it (parsing, metadata, the page-type gate, boilerplate) is ours.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime

import trafilatura
from lxml.etree import _Element
from lxml.html import HtmlElement
from trafilatura.settings import Document

from pipelines.agencies import agency_of
from pipelines.boilerplate import TOP_RULE, Block, prune, strip
from pipelines.boilerplate.learned import strip_learned
from pipelines.boilerplate.lines import is_prose
from pipelines.boilerplate.source_lines import RULE as SOURCE_RULE
from pipelines.changes.lexicon import notices
from pipelines.gate import not_article, read_signals
from pipelines.identity import article_id, content_hash
from pipelines.items import Article, Cut, Grounds, Outcome, Page
from pipelines.judge import (
    KEPT,
    Box,
    BoxSum,
    Known,
    PageLine,
    choices,
    drop_menus,
    judge,
    read_lines,
    sum_boxes,
    widened,
)
from pipelines.judge import RULE as JUDGE_RULE
from pipelines.judge.model import Model
from pipelines.language import language_of
from pipelines.metadata import Metadata, read_metadata
from pipelines.metadata.clocks import choose as choose_date
from pipelines.metadata.clocks import feed_claim
from pipelines.metadata.jsonld import fold
from pipelines.metadata.names import clean_authors, is_byline
from pipelines.metadata.reservation import UNSET, Reservation, reservation_of
from pipelines.metadata.robots_tags import refusal
from pipelines.parsing import parse_page
from pipelines.script_state import article_in, scripts_in
from pipelines.urls import article_key, canonical, host_of, site_of
from pipelines.words import count_words

EXTRACTOR = "trafilatura"
# Fewer words than this are a headline and its deck, not an article.
MIN_WORDS = 20
# Below this many characters trafilatura's fast way has most likely missed the article.
_POOR = 400
# With less than this share of it found in the page's lines, what was chosen stands in a script.
_MATCHED = 0.5
# A judge that leaves less than this of what was chosen has met a page of a kind it does not know.
_LEFT = 0.2
# A line less likely than this is not even worth showing to the rules, which read lines together.
_THINKABLE = 0.1
# A line with more of it in links names another page: "Corrections" in a menu.
_LINKED = 0.5
# The headline stands among the first blocks, where it was taken for text at all.
_TOP = 20
_MAX_KICKER = 40
# What these take may name the agency: datelines and bylines, credits.
_EDGE_RULES = frozenset({TOP_RULE, SOURCE_RULE})

# Its complaints about single pages are outcomes here, not log lines.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one page gave: an article, or the outcome and its reason; the lines taken away, the grounds."""

    article: Article | None = None
    cuts: tuple[Cut, ...] = ()
    grounds: Grounds | None = None
    outcome: Outcome | None = None
    reason: str | None = None


def read_article(
    page: Page,
    *,
    source: str,
    discovered_via: str = "manual",
    hint_title: str | None = None,
    hint_published_at: datetime | None = None,
    language: str | None = None,
    learned: frozenset[int] = frozenset(),
    reservation: Reservation = UNSET,
    obey_tags: Collection[str] = (),
    agent: str = "",
    model: Model | None = None,
) -> Reading:
    """The clean article of a page; `hint_*` is what the feed or sitemap said, `language` the source's.

    `learned` are the fingerprints of lines that its site puts into many articles; `reservation` is what the
    origin's tdmrep.json says of the page; of robots tags to all or to our `agent`, those in `obey_tags` are
    obeyed. `model` is the judge's, the shipped one without it.
    """
    tree = parse_page(page)
    if tree is None:
        return Reading(outcome=Outcome.PARSE_ERROR, reason="empty body")
    meta = read_metadata(tree, url=page.final_url, now=page.fetched_at)
    refused = refusal(page.headers, meta.metas, agent=agent, obey=obey_tags, now=page.fetched_at)
    if refused is not None:
        return Reading(outcome=Outcome.FILTERED, reason=refused)
    signals = read_signals(tree, url=page.final_url, meta=meta)
    cuts = prune(tree)
    choice = choose(tree, meta)
    blocks, stripped = _clean(_judged(choice, meta, model=model), meta)
    blocks, taken = strip_learned(blocks, learned)
    cuts.extend((*stripped, *taken))
    text = "\n\n".join(block.text for block in blocks)
    words = count_words(text)
    grounds = signals.grounds(way=choice.way, words=words)
    reading = Reading(cuts=tuple(cuts), grounds=grounds)
    reason = not_article(signals, blocks=blocks, words=words)
    if reason is not None:
        return replace(reading, outcome=Outcome.NOT_ARTICLE, reason=reason)
    if words < MIN_WORDS:
        outcome = Outcome.TOO_SHORT if signals.declared or signals.dated else Outcome.NOT_ARTICLE
        return replace(reading, outcome=outcome, reason=f"{words} words")
    title = meta.title or hint_title or blocks[0].text
    named = [feed_claim(hint_published_at)] if hint_published_at is not None else []
    published = choose_date((*meta.claims, *named), now=page.fetched_at)
    tdm = reservation_of(meta.metas, page.headers, url=page.final_url, by_file=reservation)
    key = article_key(page.final_url, meta.canonical_url)
    return replace(
        reading,
        article=Article(
            id=article_id(key),
            url=canonical(page.final_url) or page.final_url,
            url_canonical=key,
            source=source,
            domain=site_of(host_of(key)),
            title=title,
            description=meta.description,
            text=text,
            authors=meta.authors or _authors_of(cuts),
            published_at=published.at,
            published_precision=published.precision,
            published_source=published.source,
            published_flags=published.flags,
            modified_at=meta.modified_at,
            first_seen_at=page.fetched_at,
            last_seen_at=page.fetched_at,
            language=language_of(text, meta.language or language),
            section=meta.section,
            tags=meta.tags,
            image_url=meta.image_url,
            is_accessible_for_free=meta.is_accessible_for_free,
            license=meta.license,
            tdm_reservation=tdm.reserved,
            tdm_policy=tdm.policy,
            word_count=words,
            content_hash=content_hash(title, text),
            agency=agency_of(meta.authors, text, edges=[cut.line for cut in cuts if cut.rule in _EDGE_RULES]),
            discovered_via=discovered_via,
            extractor=EXTRACTOR,
            extractor_version=trafilatura.__version__,
        ),
    )


def _authors_of(cuts: Sequence[Cut]) -> tuple[str, ...]:
    """The names in a byline that stood above the text, for pages that declare none."""
    bylines = (cut.line for cut in cuts if cut.rule == TOP_RULE and is_byline(cut.line))
    return clean_authors(list(bylines)[:1])


# --- the text ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the extractor took of a page and how: its blocks, and which of the page's lines they are."""

    way: str
    blocks: list[Block]
    lines: list[PageLine]
    sums: dict[Box, BoxSum]
    chosen: list[bool]

    @property
    def size(self) -> int:
        """Characters in the lines chosen; in the blocks, where they are not lines of the page."""
        found = sum(len(line.text) for line, own in zip(self.lines, self.chosen, strict=True) if own)
        return found or _size(self.blocks)


def choose(tree: HtmlElement, meta: Metadata) -> Choice:
    """The extractor's choice among the lines of a page that `prune` has gone over; empties the page of menus.

    trafilatura's fast way, with the paragraphs it has overlooked; where that is poor, its other ways; where
    the page hardly shows an article, the one that stands in its scripts.
    """
    scripts = scripts_in(tree)
    lines = read_lines(tree)
    sums = sum_boxes(lines)
    drop_menus(tree, sums)

    def choice(way: str, blocks: list[Block]) -> Choice:
        chosen = widened(lines, choices(lines, [block.text for block in blocks]))
        return Choice(way=way, blocks=blocks, lines=lines, sums=sums, chosen=chosen)

    best = choice("fast", _blocks(tree, fast=True))
    if best.size >= _POOR:
        return best
    for way, recall in (("default", False), ("recall", True)):
        other = choice(way, _blocks(tree, recall=recall))
        best = other if other.size > 1.5 * best.size else best
    written = _written(meta, scripts)
    return choice("scripts", written) if _size(written) > max(_POOR, 2 * best.size) else best


def _written(meta: Metadata, scripts: list[str]) -> list[Block]:
    """The longer one of the articles in JSON-LD and in what the page is drawn from."""
    declared = [line for part in (meta.article_body or "").splitlines() if (line := " ".join(part.split()))]
    longest = max(declared, article_in(scripts), key=lambda lines: sum(map(len, lines)))
    return [Block(kind="p", text=line) for line in longest]


def known_of(meta: Metadata) -> Known:
    """What the judge may compare lines with."""
    return Known(title=meta.title, description=meta.description, body=meta.article_body, authors=meta.authors)


def _judged(choice: Choice, meta: Metadata, *, model: Model | None) -> list[Block]:
    """The lines that the extractor took or that may be the article's, with the judge's word on each.

    A notice of correction is the article's wherever it stands: publishers set it off from the text. The
    extractor's lines as they are where they are not lines of the page, or next to nothing of them is likely.
    """
    found = choice.size
    if not any(choice.chosen) or found < _MATCHED * _size(choice.blocks):
        return choice.blocks
    likely = judge(choice.lines, choice.sums, choice.chosen, known_of(meta), model=model)
    said = notices([line.text if line.linked <= _LINKED else "" for line in choice.lines])
    likely = [1.0 if notice else one for notice, one in zip(said, likely, strict=True)]
    blocks = [
        Block(kind=line.box.kind, text=line.text, linked=line.linked, likely=probability)
        for line, own, probability in zip(choice.lines, choice.chosen, likely, strict=True)
        if own or probability > _THINKABLE
    ]
    kept = _size([block for block in blocks if block.likely > KEPT])
    return blocks if kept > _LEFT * found else choice.blocks


def _clean(blocks: list[Block], meta: Metadata) -> tuple[list[Block], list[Cut]]:
    """(the article's blocks, what was taken away): first by the rules, for which a promo's label and deck
    must still stand together, then by the judge's word; then by the rules what came to stand at an edge."""
    kept, cuts = strip(_below_title(blocks, meta.title), authors=meta.authors)
    unlikely = [block for block in kept if block.likely <= KEPT]
    if not unlikely:
        return kept, cuts
    cuts += [Cut(line=block.text, rule=JUDGE_RULE) for block in unlikely]
    kept, more = strip([block for block in kept if block.likely > KEPT], authors=meta.authors)
    return kept, cuts + more


def _size(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _blocks(tree: HtmlElement, *, fast: bool = False, recall: bool = False) -> list[Block]:
    try:
        found = trafilatura.bare_extraction(
            deepcopy(tree),  # it works on the tree it is handed
            fast=fast,
            favor_recall=recall,
            favor_precision=fast,
            include_comments=False,
            include_links=False,
            include_formatting=False,
        )
    except RecursionError:
        return []  # lists in lists by the hundred: another way, or the page's scripts, may give the text
    return list(_of_body(found.body)) if isinstance(found, Document) and found.body is not None else []


_KINDS = {"p": "p", "head": "head", "item": "item", "quote": "quote", "cell": "cell", "code": "code"}
_HOLDERS = frozenset({"list", "table", "row", "body", "div", "main"})


def _of_body(body: _Element, kind: str = "p") -> Iterator[Block]:
    """The blocks under an element of trafilatura's result (TEI names), in the order of the page."""
    run = [body.text or ""]
    for child in body:
        if child.tag in _KINDS or child.tag in _HOLDERS:
            yield from _lines(run, kind)
            yield from _of_body(child, _KINDS.get(str(child.tag), kind))
            run = [child.tail or ""]
        else:
            run += [*_inline(child), child.tail or ""]
    yield from _lines(run, kind)


def _inline(element: _Element) -> Iterator[str]:
    """The text of an inline element, in order."""
    if element.tag == "lb":
        yield "\n"
    yield element.text or ""
    for child in element:
        yield from _inline(child)
        yield child.tail or ""


def _lines(run: list[str], kind: str) -> Iterator[Block]:
    """One block a line of the run."""
    text = "".join(run)
    for line in text.split("\n") if kind != "code" else [text]:
        if squeezed := " ".join(line.split()):
            yield Block(kind=kind, text=squeezed)


def _below_title(blocks: list[Block], title: str | None) -> list[Block]:
    """Without the headline, which has a field of its own, and what of the page stands above it."""
    wanted = fold(title)
    for place, block in enumerate(blocks[:_TOP]):
        # Alone, or with its kicker before it in one line.
        line = fold(block.text)
        if wanted and line.endswith(wanted) and len(line) <= len(wanted) + _MAX_KICKER:
            return blocks[place + 1 :]
        if is_prose(block.text):
            break
    return blocks
