"""A generated news site that puts five kinds of promo between the paragraphs of its articles.

In languages whose promos no list of phrases here knows. Everything follows from the language's name.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from newsserver import Answer, NewsServer, rss

ARTICLES = 30
# These have no promos; these begin with the column's intro; the second is a later version of the first.
PLAIN = frozenset({4, 11, 18, 25})
COLUMN = frozenset({3, 9, 15, 21})
VERSIONS = (20, 26)


@dataclass(frozen=True)
class Tongue:
    """`promos`: label, deck, sentence, pitch, app line, disclaimer."""

    words: tuple[str, ...]
    promos: tuple[str, str, str, str, str, str]
    intro: str


TONGUES: Mapping[str, Tongue] = {
    "fi": Tongue(
        words=tuple(
            "satama kaupunki valtuusto silta kirjasto talvi rahoitus opettaja joki sairaala tunneli metsä "
            "arkisto leipomo konsertti kunta raitiovaunu hanke päätös asukas torstai esitys uudistus korjaus "
            "sopimus laituri museo koulu jäätikkö vesi".split()
        ),
        promos=(
            "Ranta-Sanomat suorana",
            "Kaupungin tapahtumat taskussasi 24/7",
            "Tykkää meistä Kotirannassa ja Tuulikellossa.",
            (
                "Saat aamun tärkeimmät jutut sähköpostiisi joka arkipäivä ennen kahvia: kokoamme ne puolestasi, "
                "selitämme taustat ja kerromme, mitä päivän mittaan kannattaa seurata."
            ),
            "Lataa Ranta-Sanomien sovellus",
            "Ranta-Sanomat noudattaa Julkisen sanan neuvoston ohjeita ja oikaisee virheensä viipymättä.",
        ),
        intro="Kolumnissa pitkän linjan toimittaja kiertää rannikon kyliä, kuuntelee laiturilla istuvia ihmisiä ja "
        "kirjoittaa siitä, miltä muutos heidän silmissään näyttää vuodesta toiseen.",
    ),
    "ka": Tongue(
        words=tuple(
            "ქალაქი ნავსადგური საბჭო ხიდი ბიბლიოთეკა ზამთარი ბიუჯეტი მასწავლებელი მდინარე საავადმყოფო გვირაბი "
            "ტყე არქივი თონე კონცერტი სოფელი ტრამვაი პროექტი გადაწყვეტილება მცხოვრები ხუთშაბათი წინადადება "
            "რეფორმა შეკეთება ხელშეკრულება მუზეუმი სკოლა მყინვარი წყალი ბაზარი".split()
        ),
        promos=(
            "სანაპირო პირდაპირ ეთერში",
            "ქალაქის ამბები შენს ჯიბეში 24/7",
            "მოგვძებნეთ ზღვისპირა ფურცელზე და მოგვყევით.",
            (
                "ყოველ დილით მთავარი ამბები თქვენს ფოსტაში: ჩვენ ვაგროვებთ მათ, ვხსნით, რა დგას მათ უკან, და "
                "გეუბნებით, რას უნდა მიადევნოთ თვალი დღის განმავლობაში, სანამ ყავას დალევთ."
            ),
            "გადმოწერე სანაპიროს აპლიკაცია",
            "სანაპირო იცავს ჟურნალისტური ეთიკის ქარტიას და შეცდომებს დაუყოვნებლივ ასწორებს.",
        ),
        intro="სვეტის ავტორი წლებია დადის სანაპიროს სოფლებში, უსმენს ნავმისადგომთან მსხდომ ხალხს და წერს იმაზე, "
        "როგორ ჩანს ცვლილება მათი თვალით წლიდან წლამდე, ზამთრიდან ზამთრამდე.",
    ),
    "sw": Tongue(
        words=tuple(
            "bandari mji baraza daraja maktaba baridi bajeti mwalimu mto hospitali handaki msitu kumbukumbu mkate "
            "tamasha kijiji treni mradi uamuzi mkazi alhamisi pendekezo mageuzi ukarabati mkataba makumbusho shule "
            "barafu maji soko".split()
        ),
        promos=(
            "Pwani Leo mubashara",
            "Habari za mji mfukoni mwako 24/7",
            "Tufuatilie kwenye Ukurasa wa Bahari na Kengele.",
            (
                "Pata habari kuu za asubuhi kwenye barua pepe yako kila siku ya kazi kabla ya chai: tunazikusanya kwa "
                "niaba yako, tunaeleza chanzo chake na kukuambia ya kufuatilia mchana kutwa."
            ),
            "Pakua programu ya Pwani Leo",
            "Pwani Leo inafuata kanuni za Baraza la Habari na husahihisha makosa yake bila kuchelewa.",
        ),
        intro="Katika safu hii mwandishi mkongwe huzunguka vijiji vya pwani, huwasikiliza watu walioketi gatini na "
        "kuandika jinsi mabadiliko yanavyoonekana machoni mwao mwaka hadi mwaka.",
    ),
}


def paragraphs_of(tongue: str, number: int) -> list[str]:
    """The article's own paragraphs; a later version has three of the first one's and three of its own."""
    first, later = VERSIONS
    own = [_paragraph(tongue, number, part) for part in range(6)]
    if number == later:
        own[1:4] = [_paragraph(tongue, first, part) for part in range(1, 4)]
    return [TONGUES[tongue].intro, *own] if number in COLUMN else own


def _paragraph(tongue: str, number: int, part: int) -> str:
    rng = random.Random(f"{tongue} {number} {part}")
    words = [rng.choice(TONGUES[tongue].words) for _ in range(28)]
    return f"{' '.join(words[:14]).capitalize()}. {' '.join(words[14:]).capitalize()} {number * 7 + part}."


def page_of(tongue: str, number: int, *, nonce: int = 0) -> str:
    label, deck, sentence, pitch, app, disclaimer = TONGUES[tongue].promos
    between = {1: (label, deck), 2: (sentence,), 3: (pitch,), 4: (app,)}
    own = paragraphs_of(tongue, number)
    lines = []
    for place, text in enumerate(own):
        lines += [text, *(() if number in PLAIN else between.get(place, ()))]
    lines += [] if number in PLAIN else [disclaimer]
    title = f"{_paragraph(tongue, number, 77)[:60]} {number}"
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<!doctype html><html lang="{tongue}"><head><title>{title}</title><meta name="build" content="{nonce}">'
        f'<meta property="og:type" content="article"><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="2026-11-{number % 20 + 1:02}T08:30:00+01:00"></head>'
        f"<body><main><article><h1>{title}</h1>{body}</article></main></body></html>"
    )


def path_to(number: int) -> str:
    return f"/2026/11/{number + 100}-a-story-of-this-site"


def promo_site(tongue: str, *, count: int = ARTICLES) -> NewsServer:
    """The site, with a feed of all articles. Each answer is built anew: no ETag fits a second time."""
    site = NewsServer({"/robots.txt": Answer("User-agent: *\n", type="text/plain")})
    for number in range(count):
        site.pages[path_to(number)] = _page(tongue, number)
    links = "".join(f"<item><link>{site.url}{path_to(number)}</link></item>" for number in range(count))
    feed = rss(site.url, range(0))
    site.pages["/feed/"] = Answer(str(feed.body).replace("</channel>", f"{links}</channel>"), type=feed.type)
    return site


def _page(tongue: str, number: int):  # type: ignore[no-untyped-def]
    return lambda site: Answer(page_of(tongue, number, nonce=len(site.asked)))
