"""What surrounds an article is cut, in any markup and language; what only talks about it stays."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from markups import MARKUPS, Wrapped, page

from pipelines.boilerplate import Block, strip
from pipelines.extract import read_article
from pipelines.items import Page

SEED = Path(__file__).parents[3] / "shared" / "data" / "seed-article.txt"
URL = "https://blog.example/2024/06/17/story-of-the-day/"

OWN = (
    "Bürgermeister von Tannach reist zu Gesprächen nach Oberrauen",
    (
        "TANNACH — Der Bürgermeister von Tannach wird am Dienstag oder Mittwoch zu Gesprächen nach Oberrauen reisen, wo "
        "seit Wochen über die Zukunft der gemeinsamen Wasserversorgung gestritten wird."
    ),
    (
        "Die beiden Gemeinden wollen den Besuch nutzen, um sich öffentlich ihre Unterstützung zuzusichern, teilte das "
        "Rathaus mit. Zuletzt war ein Bürgermeister vor 24 Jahren dort gewesen."
    ),
    "Der Besuch wurde von beiden Rathäusern angekündigt.",
    "Eine Sprecherin lobte am Donnerstag den Stand der Beziehungen zwischen den beiden Orten.",
    (
        "„Das Potenzial ist sehr groß“, sagte sie. „Wir glauben, dass unser Recht, gute Beziehungen zu unseren Nachbarn "
        "zu pflegen, niemanden beunruhigen sollte.“"
    ),
    (
        "Man geht davon aus, dass Oberrauen über große Vorräte an alten Rohren verfügt, die mit dem Netz in Tannach "
        "verträglich sind, wie aus einem Gutachten hervorgeht."
    ),
    "Lyra Lind in Tannach und Robin Dorn in Oberrauen haben zu diesem Bericht beigetragen.",
)


def read(body: bytes, url: str = URL):
    """The reading of a page with this body."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return read_article(
        Page(url=url, final_url=url, status=200, headers={}, body=body, fetched_at=now), source="test"
    )


def lines_of(body: bytes) -> list[str]:
    article = read(body).article
    assert article is not None
    return article.text.split("\n\n")


# --- the article that started it all --------------------------------------------------------------------


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_syndicated_story_is_stored_clean(markup: str) -> None:
    story = Wrapped(
        lines=OWN,
        promo=("ERWISCHT WERDEN", "Geschichten, die Sie auf dem Laufenden halten"),
        at=4,
        source="source site",
        form=("Leave a Reply",),
    )
    assert lines_of(page(OWN[0], MARKUPS[markup](story))) == list(OWN[1:])


@pytest.mark.skipif(not SEED.exists(), reason="the seed article is not there")
@pytest.mark.parametrize("markup", MARKUPS)
def test_the_seed_article_is_stored_clean(markup: str) -> None:
    lines = [line for line in SEED.read_text(encoding="utf-8").splitlines() if line.strip()]
    form, source = lines.pop(), lines.pop()
    at = lines.index("ERWISCHT WERDEN")
    promo = lines[at : at + 2]
    del lines[at : at + 2]
    story = Wrapped(lines=lines, promo=promo, at=at - 1, source=source, form=(form,))
    assert lines_of(page(lines[0], MARKUPS[markup](story))) == lines[1:]


# --- the comment form, in every language ----------------------------------------------------------------


def _forms() -> dict[str, dict[str, list[str]]]:
    """locale -> kind -> phrases, from the data file."""
    forms: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    text = (files("pipelines.boilerplate") / "comment-form-phrases.tsv").read_text(encoding="utf-8")
    for row in text.splitlines():
        if not row.startswith(("#", "locale\t")):
            locale, kind, english, phrase = row.split("\t")
            if english not in ("Recent Comments", "Recent Posts"):
                forms[locale][kind].append(phrase.replace("{}", "Anna"))
    return {locale: kinds for locale, kinds in forms.items() if kinds["heading"]}


FORMS = _forms()


def test_there_are_at_least_fifty_locales() -> None:
    assert len(FORMS) >= 50


@pytest.mark.parametrize("markup", ["headings", "paragraphs", "bare_divs", "renamed"])
@pytest.mark.parametrize("locale", FORMS)
def test_the_comment_form_goes_in_every_language(locale: str, markup: str) -> None:
    kinds = FORMS[locale]
    for heading in kinds["heading"]:
        form = (heading, *kinds["link"][:1], *kinds["notice"][:2], *kinds["button"][:1])
        story = Wrapped(lines=OWN, promo=(), at=4, source="source site", form=form)
        assert lines_of(page(OWN[0], MARKUPS[markup](story))) == list(OWN[1:]), heading


def test_a_heading_alone_is_enough() -> None:
    for kinds in FORMS.values():
        for heading in kinds["heading"]:
            blocks = [*(Block(kind="p", text=line) for line in OWN[1:]), Block(kind="head", text=heading)]
            kept, _ = strip(blocks)
            assert [block.text for block in kept] == list(OWN[1:]), heading


# --- articles that talk about it ------------------------------------------------------------------------

# Each is a paragraph that stands in the middle of an article, and at its very end.
PROSE = (
    "“Leave a reply,” the sign on the old post office says, and for forty years people have done so with chalk.",
    "The form still reads Leave a Reply, although nobody has moderated the comments since 2019.",
    "She asked her readers to leave a comment on the council's page; more than four thousand did.",
    "The minister declined to leave a reply to the question before the committee rose for the summer.",
    "In the end only one line remained on the screen, and it said: Leave a Reply.",
    "Comments are closed, the moderator wrote, and the argument moved to the market square.",
    "He pressed Post Comment, closed the laptop and went for a walk along the frozen canal.",
    "“Your email address will not be published,” the paper had promised, and then it published all of them.",
    "You must be logged in to post a comment was the reply that 600 residents got from the portal.",
    "Readers were told to subscribe to our newsletter by a town hall that has never sent one.",
    "„Schreibe einen Kommentar“, stand auf der Tafel im Schulhof, und jeder schrieb etwas anderes darauf.",
    "Der Minister wollte am Freitag auf die Frage nach den Kosten nicht antworten.",
    "Auf ihre vierzehn Briefe bekam die Gemeinde in all den Jahren keine Antworten.",
    "Wer Fragen habe, solle sie stellen, sagte die Rektorin, und alle wollten plötzlich antworten.",
    "Man möge eine Antwort hinterlassen, bat die Ansage, und hunderte hinterließen nur ein Seufzen.",
    "Kommentare sind geschlossen, teilte der Verein mit und meinte damit auch die Vereinsheimtür.",
    "Es gebe, sagte der Richter zum Abschluss des Verfahrens, auf solche Taten keine einfachen Antworten.",
    "« Laisser un commentaire », proposait l'affiche, et les passants l'ont couverte de dessins d'enfants.",
    "La mairie invite chacun à laisser un commentaire dans le registre ouvert jusqu'à la fin du mois.",
    "Annuler la réponse : voilà ce que le tribunal demande désormais à la préfecture, par écrit.",
    "Il n'a pas souhaité laisser de réponse, malgré trois appels à son cabinet jeudi soir.",
    "Les habitants, eux, attendent toujours du gouvernement autre chose que des réponses toutes faites.",
    "«Deja una respuesta», pedía el contestador, y durante un mes nadie se atrevió a hablar después del tono.",
    "El alcalde prometió dejar una respuesta por escrito antes de que termine el año, según los vecinos.",
    "Los comentarios están cerrados, anunció la emisora, que recibió por ello cientos de cartas.",
    "A esa pregunta, dijo la fiscal al salir de la sala, no piensa dar por ahora ninguna respuesta.",
    "“Lascia un commento” è il titolo dello spettacolo che da ieri riempie il piccolo teatro di provincia.",
    "Il sindaco non ha voluto lasciare una risposta ai giornalisti che lo aspettavano davanti al municipio.",
    "“Deixe um comentário”, dizia o cartaz, e a praça inteira respondeu com uma canção de roda antiga.",
    "Geef een reactie, stond er op het briefje, en binnen een uur hing de hele gang vol met papier.",
    "De wethouder wilde donderdagavond geen reactie geven op de vragen van de bewoners van de wijk.",
    "Dodaj komentarz, prosiła gazeta w 1994 roku, a listy przychodziły do redakcji całymi workami.",
    "Добавить комментарий, предлагала табличка у входа, и посетители музея охотно писали на стене.",
    "Представитель завода не стал оставлять комментарий и повесил трубку, сообщили в редакции газеты.",
    "قالت الإدارة للسكان: اترك ردا على الموقع وسنجيب خلال أسبوع، لكن أحدا لم يتلق جوابا حتى اليوم.",
    "رفض المتحدث باسم الشركة أن يترك تعليقا على الخبر عندما اتصلت به الصحيفة مساء الخميس الماضي.",
    "市民可以在公示期内到现场发表评论，也可以写信，所有意见都会逐条登记并在网站上公布结果。",
    "他说，自己从来不在网上发表评论，因为真正的讨论应该在茶馆里，面对面，一直谈到天黑为止。",
    "「コメントを残す」という題の展覧会が始まり、来場者は壁一面に思い思いの言葉を書き込んでいる。",
    "Yorum yaz diyen tabelanın altına mahalleli yıllardır sessizce çiçek bırakıyor, kimse nedenini bilmiyor.",
    "Skriv en kommentar, bad läraren, och hela klassen skrev samma sak utan att ha kommit överens om det.",
    "Der Bericht endet mit einem Satz, den im Ort jeder kennt und den keiner mag: Das Volk will Antworten.",
)


def test_there_are_at_least_forty_prose_articles() -> None:
    assert len(PROSE) >= 40


@pytest.mark.parametrize("place", [3, len(OWN)])
@pytest.mark.parametrize("markup", ["respond", "paragraphs", "bare_divs"])
@pytest.mark.parametrize("sentence", PROSE)
def test_articles_that_mention_such_phrases_stay_whole(sentence: str, markup: str, place: int) -> None:
    lines = [*OWN[:place], sentence, *OWN[place:]]
    story = Wrapped(lines=lines, promo=(), at=2, source="source site", form=("Leave a Reply",))
    assert lines_of(page(OWN[0], MARKUPS[markup](story))) == lines[1:]


@pytest.mark.parametrize("sentence", PROSE)
def test_without_a_form_nothing_is_cut(sentence: str) -> None:
    body = "".join(f"<p>{line}</p>" for line in (*OWN[1:], sentence))
    assert lines_of(page(OWN[0], f"<article><h1>{OWN[0]}</h1>{body}</article>")) == [*OWN[1:], sentence]


# --- single rules ---------------------------------------------------------------------------------------


def _strip(
    *texts: str, linked: dict[int, float] | None = None, kinds: dict[int, str] | None = None
) -> list[str]:
    blocks = [
        Block(kind=(kinds or {}).get(place, "p"), text=text, linked=(linked or {}).get(place, 0.0))
        for place, text in enumerate(texts)
    ]
    return [block.text for block in strip(blocks)[0]]


LONG = OWN[1]
OTHER = OWN[2]


@pytest.mark.parametrize(
    "note",
    [
        "Subscribe to continue reading. Already a subscriber? Log in.",
        "Weiterlesen mit dem Abo. Sie haben schon eines? Hier anmelden.",
        "Cet article est réservé aux abonnés. Il vous reste 60 % à lire.",
        "本文为订阅内容，订阅后可继续阅读全文。",
    ],
)
def test_paywall_notes_go(note: str) -> None:
    assert _strip(LONG, OTHER, note) == [LONG, OTHER]


def test_a_paragraph_about_subscribers_stays() -> None:
    about = (
        "Los que quieran pueden suscribirse a los avisos de las razas que les interesen, y un veterinario describe "
        "en directo cada lote para quien vive lejos."
    )
    assert _strip(LONG, about) == [LONG, about]


def test_datelines_and_breadcrumbs_above_the_text_go() -> None:
    assert _strip("Home >> Politics", "2026-11-24 07:42 Ann Lee", LONG, OTHER) == [LONG, OTHER]


def test_headlines_that_lead_elsewhere_go_with_their_label() -> None:
    texts = (LONG, "DON'T MISS", "Stories our readers like", "One headline here", "Another headline", OTHER)
    assert _strip(*texts, linked={3: 1.0, 4: 1.0}, kinds={3: "item", 4: "item"}) == [LONG, OTHER]


def test_subheadings_lists_quotes_and_interviews_stay() -> None:
    texts = (
        LONG,
        "What happens next",
        OTHER,
        "The three options:",
        "a wall of 4.7 metres",
        "a wall of 5.1 metres",
        "a gate",
        "How did you begin?",
        LONG,
        "And today?",
        OTHER,
    )
    kinds = {1: "head", 4: "item", 5: "item", 6: "item"}
    assert _strip(*texts, kinds=kinds) == list(texts)


def test_cuts_say_which_rule_took_them() -> None:
    reading = read(
        page(OWN[0], MARKUPS["paragraphs"](Wrapped(OWN, (), 2, "source site", ("Leave a Reply",))))
    )
    assert {(cut.line, cut.rule) for cut in reading.cuts} >= {
        ("Leave a Reply", "comment-form"),
        ("source site", "source-line"),
    }
