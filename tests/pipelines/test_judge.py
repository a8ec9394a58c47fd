"""The judge of lines: reading a page's lines, what the extractor overlooked, the model, what must stay."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from lxml import html

from pipelines.extract import read_article
from pipelines.items import Page
from pipelines.judge import Known, choices, drop_menus, judge, read_lines, sum_boxes, widened
from pipelines.judge.class_words import groups, mask
from pipelines.judge.features import NAMES, features
from pipelines.judge.model import Model, parse, shipped
from pipelines.parsing import parse_html
from pipelines.script_state import article_in, scripts_in

PARAGRAPHS = [
    f"The council of Harbour Bridge met for the {nth} time on Tuesday, and after four hours of talk in the old hall it "
    f"agreed on {what}, which the mayor had promised before the election."
    for nth, what in (("first", "a wall"), ("second", "a gate"), ("third", "a ferry"), ("fourth", "a fee"))
]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def tree_of(body: str) -> html.HtmlElement:
    tree = parse_html(f"<html><body>{body}</body></html>")
    assert tree is not None
    return tree


def text_of(body: str, *, model: Model | None = None, head: str = "") -> list[str]:
    page = Page(
        url="https://news.example/2026/11/24/bridge-story.html",
        final_url="https://news.example/2026/11/24/bridge-story.html",
        status=200,
        headers={},
        body=f'<html lang="en"><head><title>Bridge</title><meta property="og:type" content="article">{head}</head>'
        f"<body>{body}</body></html>".encode(),
        fetched_at=NOW,
    )
    article = read_article(page, source="test", model=model).article
    assert article is not None
    return article.text.split("\n\n")


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


# --- lines ---------------------------------------------------------------------------------------------


def test_lines_end_at_blocks_and_breaks_and_go_on_through_inline_elements() -> None:
    tree = tree_of(
        "<div>One <b>two</b> <a href='/x'>three</a><br>four<p>five</p> six<script>x()</script> seven</div>"
    )
    lines = read_lines(tree)
    assert [line.text for line in lines] == ["One two three", "four", "five", "six seven"]
    assert 0.4 < lines[0].linked < 0.6
    assert 0.2 < lines[0].emphasised < 0.3
    assert lines[2].box.tag == "p"
    assert lines[2].box.parent is lines[0].box


def test_pages_deeper_than_calls_may_be_are_read() -> None:
    tree = tree_of("<div>" * 1800 + "<p>deep</p>" + "</div>" * 1800)
    lines = read_lines(tree)
    assert [line.text for line in lines] == ["deep"]
    assert features(lines, sum_boxes(lines), [True], Known())[0] is not None


def test_a_list_of_links_is_dropped_for_the_extractor_and_stays_a_line() -> None:
    links = "".join(f"<li><a href='/{n}'>Another story of number {n}</a></li>" for n in range(5))
    tree = tree_of(f"<div>{paragraphs(*PARAGRAPHS)}<ul>{links}</ul></div>")
    lines = read_lines(tree)
    drop_menus(tree, sum_boxes(lines))
    assert "Another story" not in tree.text_content()
    assert PARAGRAPHS[3] in tree.text_content()
    assert len(lines) == 9


# --- what was overlooked -------------------------------------------------------------------------------


def test_an_article_split_over_sections_is_taken_whole() -> None:
    parts = "".join(f"<section class='part'>{paragraphs(text)}</section>" for text in PARAGRAPHS)
    lines = read_lines(tree_of(f"<div>{parts}</div><aside><p>Short note.</p></aside>"))
    chosen = choices(lines, PARAGRAPHS[:2])
    assert chosen == [True, True, False, False, False]
    assert widened(lines, chosen) == [True, True, True, True, False]


def test_a_choice_that_missed_the_article_is_replaced_by_the_paragraphs_of_the_fullest_box() -> None:
    many = [f"{text} {text}" for text in PARAGRAPHS]
    lines = read_lines(
        tree_of(f"<div class='x'>{paragraphs(*many)}</div><div class='y'><p>Sign up now!</p></div>")
    )
    assert widened(lines, choices(lines, ["Sign up now!"])) == [True] * 4 + [False]
    talk = read_lines(
        tree_of(f"<div class='comments'>{paragraphs(*many)}</div><div><p>Sign up now!</p></div>")
    )
    assert widened(talk, choices(talk, ["Sign up now!"])) == [False] * 4 + [True]


def test_the_article_in_a_script_is_read_where_the_page_shows_none() -> None:
    body = "".join(f"<p>{text}</p>" for text in PARAGRAPHS).replace("<", "\\u003c").replace('"', "&quot;")
    script = (
        f'<script>window.__STATE__ = {{"page": {{"article": {{"bodyHtml": "{body}"}}, "n": 1}}}};</script>'
    )
    assert article_in(scripts_in(tree_of(script))) == PARAGRAPHS
    assert text_of(f"<h1>Bridge</h1><div id='app'></div>{script}") == PARAGRAPHS


@pytest.mark.parametrize("script", ["x = {", "{" * 600, '[{"body": 5}]' + " " * 600, "alert(1)" * 100])
def test_a_script_without_an_article_gives_none(script: str) -> None:
    assert article_in([script]) == []


# --- the model -----------------------------------------------------------------------------------------


def test_a_model_adds_up_its_leaves() -> None:
    model = parse('["length", 50, -1.0, ["linked", 0.5, 2.0, -3.0]]\n["is_p", 0.5, 0.25, 0.5]\n')
    rows = []
    for size, linked in ((20.0, 0.0), (90.0, 0.1), (90.0, 0.9)):
        row = [0.0] * len(NAMES)
        row[NAMES.index("length")], row[NAMES.index("linked")], row[NAMES.index("is_p")] = size, linked, 1.0
        rows.append(row)
    wanted = [1 / (1 + math.exp(-odds)) for odds in (-0.5, 2.5, -2.5)]
    assert model.probabilities(rows) == pytest.approx(wanted)
    assert model.probabilities([]) == []


def test_a_model_of_unknown_figures_is_refused() -> None:
    with pytest.raises(ValueError, match="index"):
        parse('["no_such_figure", 1, 0.0, 1.0]')


def test_the_shipped_model_is_small_and_knows_the_figures() -> None:
    assert len(shipped().roots) <= 200
    assert shipped().depth <= 6
    assert len(NAMES) == len(set(NAMES))


def test_class_words_are_found_however_templates_write_them() -> None:
    bit = 1 << groups().index("caption")
    for names in ("img-caption", "imgCaption", "IMG_Caption x77", "bildunterschrift"):
        assert mask(names) & bit, names
    assert not mask("captain") & bit


def test_a_model_that_refuses_everything_does_not_lose_the_article() -> None:
    nothing = parse('["is_p", 0.5, -9.0, -9.0]')
    assert (
        text_of(f"<article><h1>Bridge</h1>{paragraphs(*PARAGRAPHS)}</article>", model=nothing) == PARAGRAPHS
    )


# --- what must stay ------------------------------------------------------------------------------------

QUESTIONS = [line for text in PARAGRAPHS for line in ("What did the council decide?", text)]
KEPT = {
    "subheadings": (
        f"<p>{PARAGRAPHS[0]}</p><h2>A wall at last</h2><p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p>",
        [PARAGRAPHS[0], "A wall at last", *PARAGRAPHS[1:3]],
    ),
    "quotes": (
        (
            f"{paragraphs(*PARAGRAPHS[:2])}<blockquote><p>“We waited ten years for this wall.”</p></blockquote>"
            f"{paragraphs(*PARAGRAPHS[2:])}"
        ),
        [*PARAGRAPHS[:2], "“We waited ten years for this wall.”", *PARAGRAPHS[2:]],
    ),
    "a list": (
        (
            f"{paragraphs(*PARAGRAPHS[:2])}<ul><li>a wall of 4.7 metres</li><li>a gate for boats</li><li>a pump</li></ul>"
            f"{paragraphs(*PARAGRAPHS[2:])}"
        ),
        [*PARAGRAPHS[:2], "a wall of 4.7 metres", "a gate for boats", "a pump", *PARAGRAPHS[2:]],
    ),
    "an interview": (
        "".join(
            f"<p><strong>{line}</strong></p>" if line.endswith("?") else f"<p>{line}</p>"
            for line in QUESTIONS
        ),
        QUESTIONS,
    ),
    "live entries": (
        "".join(
            f"<div class='entry'><h3>1{n}:05</h3><p>{text}</p></div>" for n, text in enumerate(PARAGRAPHS)
        ),
        PARAGRAPHS,
    ),
    "a short article": (f"<p>{PARAGRAPHS[0]}</p>", PARAGRAPHS[:1]),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_belongs_to_an_article_stays(name: str) -> None:
    body, wanted = KEPT[name]
    menu = "<nav><a href='/a'>News</a> <a href='/b'>Sport</a></nav>"
    found = text_of(f"{menu}<main><article><h1>Bridge</h1><div class='text'>{body}</div></article></main>")
    assert [line for line in wanted if line not in found] == []
    assert not {"News", "Sport", "News Sport"} & set(found)


def test_boxes_around_the_article_go() -> None:
    box = (
        "<div class='teaser-box'><h4>More on this</h4><p><a href='/1'>Ferry sold to a museum after long talks</a></p>"
        "<p><a href='/2'>Ten facts about walls that keep the sea out</a></p></div>"
    )
    caption = "<figure><img src='x.jpg'><figcaption>The wall at noon. Photo: A. Lens</figcaption></figure>"
    text = (
        f"{paragraphs(*PARAGRAPHS[:2])}{caption}{paragraphs(PARAGRAPHS[2])}{box}{paragraphs(PARAGRAPHS[3])}"
    )
    assert text_of(f"<article><h1>Bridge</h1>{text}</article>") == PARAGRAPHS


def test_every_line_has_a_probability() -> None:
    lines = read_lines(tree_of(f"<div>{paragraphs(*PARAGRAPHS)}</div><div><p>x</p></div>"))
    likely = judge(lines, sum_boxes(lines), [True] * 4 + [False], Known())
    assert len(likely) == 5
    assert min(likely[:4]) > 0.5 > likely[4]


def test_a_headline_with_its_kicker_in_one_line_is_the_headline() -> None:
    head = '<meta property="og:title" content="Council builds a wall against the sea">'
    title = "<h1><span>Floods in the north:</span> Council builds a wall against the sea</h1>"
    assert text_of(f"<article>{title}{paragraphs(*PARAGRAPHS)}</article>", head=head) == PARAGRAPHS


TEASERS = {
    "with its label": "<p>Katso tämäkin: <a href='/x'>Ministeri erosi yllättäen kesken kauden</a></p>",
    "all a link": "<p><strong><a href='/x'>Katso tämäkin: Ministeri erosi yllättäen kesken kauden</a></strong></p>",
}


@pytest.mark.parametrize("name", TEASERS)
def test_a_linked_teaser_goes_in_a_language_no_list_has(name: str) -> None:
    body = f"{paragraphs(*PARAGRAPHS[:2])}{TEASERS[name]}{paragraphs(*PARAGRAPHS[2:])}"
    assert text_of(f"<article><h1>Bridge</h1>{body}</article>") == PARAGRAPHS


@pytest.mark.parametrize(
    "sentence",
    [
        "The mayor put it so: <a href='/x'>the wall will stand before the next election comes</a>.",
        "What the report says: the wall would cost <a href='/x'>four million euros at least</a> to build",
    ],
)
def test_a_sentence_with_a_colon_and_a_link_stays(sentence: str) -> None:
    body = f"{paragraphs(*PARAGRAPHS[:2])}<p>{sentence}</p>{paragraphs(*PARAGRAPHS[2:])}"
    assert len(text_of(f"<article><h1>Bridge</h1>{body}</article>")) == 5
