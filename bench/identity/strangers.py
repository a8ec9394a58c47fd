"""Texts that are no copies of each other, though they look alike."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from bench.identity.texts import Story, sentences

Pair = tuple[Story, Story]
Pairs = Callable[[random.Random, list[Story]], Iterator[Pair]]
_FIGURE = re.compile(r"\d+")
_NAME = re.compile(r"(?<=[\w,] )[A-ZÄÖÜ]\w{3,}")
_PLACES = (
    "Norden Rauental Skerrow Lastra Valdeoro Talbote Binjiang Ancelin Ostmark Selby Trento Varna".split()
)


def same_site(chance: random.Random, stories: list[Story]) -> Iterator[Pair]:
    """Two stories of a site under which the same one to three paragraphs stand, of up to 120 words."""
    for story in stories:
        alike = _in_its_language(story, stories)
        if len(alike) < 3:
            continue
        other, *rest = chance.sample(alike, len(alike))
        pool = [line for one in rest for line in one.paragraphs]
        lines = chance.sample(pool, min(len(pool), chance.randint(1, 3)))
        standing = tuple(" ".join(line.split()[:40]) for line in lines)
        yield (
            replace(story, paragraphs=(*story.paragraphs, *standing)),
            replace(other, site=story.site, paragraphs=(*other.paragraphs, *standing)),
        )


def same_topic(chance: random.Random, stories: list[Story]) -> Iterator[Pair]:
    """Another writer's text that quotes two sentences of the first one word for word."""
    for story in stories:
        other = chance.choice(_in_its_language(story, stories) or [one for one in stories if one != story])
        found = sentences(story.text)
        quotes = chance.sample(found, min(2, len(found)))
        lines = list(other.paragraphs)
        for quote in quotes:
            lines.insert(chance.randint(0, len(lines)), quote)
        if len(other.text) > 3 * sum(map(len, quotes)):
            yield story, replace(other, title=story.title, paragraphs=tuple(lines))


def _in_its_language(story: Story, stories: list[Story]) -> list[Story]:
    return [one for one in stories if one.language == story.language and one.text != story.text]


def translated(chance: random.Random, stories: list[Story]) -> Iterator[Pair]:
    """A text in another language with all the figures and names of the first one."""
    for story in stories:
        other = chance.choice([one for one in stories if one.language != story.language] or stories)
        kept = iter([*_FIGURE.findall(story.text), *_NAME.findall(story.text)])
        lines = [
            f"{line} {' '.join(word for _, word in zip(range(4), kept, strict=False))}"
            for line in other.paragraphs
        ]
        yield story, replace(other, paragraphs=tuple(lines))


def live(chance: random.Random, stories: list[Story]) -> Iterator[Pair]:
    """Tickers of two days: the standing introduction and signature, other entries with their times."""
    for story in stories:
        pool = [line for one in _in_its_language(story, stories) for line in one.paragraphs]
        count = chance.randint(6, 14)
        if len(pool) < 2 * count:
            continue
        times = (f"{chance.randint(6, 22)}:{chance.randint(10, 59)}" for _ in range(2 * count))
        entries = [f"{time} {line}" for time, line in zip(times, chance.sample(pool, 2 * count), strict=True)]
        days = [
            (story.paragraphs[0], *own, story.paragraphs[-1]) for own in (entries[:count], entries[count:])
        ]
        yield replace(story, paragraphs=days[0]), replace(story, paragraphs=days[1])


def refilled(chance: random.Random, stories: list[Story]) -> Iterator[Pair]:
    """A story's own phrases with other figures, and other names in half of the places that have some."""
    for story in stories:
        text = story.text[: chance.randint(400, 2500)]
        if len(_FIGURE.findall(text)) * 45 < len(text.split()) + 90:
            continue
        first, second = (_refilled(chance, text) for _ in range(2))
        yield replace(story, paragraphs=(first,)), replace(story, paragraphs=(second,))


def _refilled(chance: random.Random, text: str) -> str:
    def figure(match: re.Match[str]) -> str:
        return str(chance.randint(10 ** (len(match[0]) - 1), 10 ** len(match[0]) - 1))

    text = _NAME.sub(lambda match: chance.choice(_PLACES) if chance.random() < 0.5 else match[0], text)
    return _FIGURE.sub(figure, text)


# Forms that newsrooms fill in; {n} is a small figure, {f} one with a decimal, {y} a year, {x} a name.
FORMS = (
    "FRANKFURT. Der Dax hat am {d} mit einem Plus von {f} Prozent bei {n}{n} Punkten geschlossen. Der MDax der mittelgroßen Werte gewann {f} Prozent auf {n}{n} Zähler. Der Eurostoxx 50 legte um {f} Prozent zu. An der Spitze im Dax standen {x} mit einem Aufschlag von {f} Prozent, Schlusslicht waren {x} mit minus {f} Prozent. Der Euro kostete am Abend {f} US-Dollar. Am Rentenmarkt stieg die Umlaufrendite auf {f} Prozent.",
    "{x} beat {x} {n}-{n} on {d} night before a crowd of {n}{n}. {x} scored after {n} minutes and added a second from the spot on {n} minutes. {x} pulled one back with {n} minutes left, but the visitors held on. The win lifts {x} to {n} points from {n} matches, {n} clear of {x}, who have lost {n} of their last {n} games. {x} travel to {x} next week.",
    "El tiempo en {x}: para este {d} se esperan cielos poco nubosos con una temperatura máxima de {n} grados y una mínima de {n}. La probabilidad de lluvia es del {n} por ciento y el viento soplará del norte a {n} kilómetros por hora. El sol saldrá a las {n}:{n} y se pondrá a las {n}:{n}. Para mañana, los termómetros oscilarán entre {n} y {n} grados.",
    "An earthquake of magnitude {f} struck {n} km northwest of {x} on {d}, the geological survey said. It hit at {n}:{n} local time at a depth of {n} km. There were no immediate reports of damage or casualties. A tremor of magnitude {f} was recorded in the same area {n} days ago. Residents of {x} and {x} felt shaking for about {n} seconds.",
    "截至{d}收盘，上证指数报{n}{n}.{n}点，涨{f}%，成交额{n}{n}亿元；深证成指报{n}{n}.{n}点，涨{f}%，成交额{n}{n}亿元。创业板指涨{f}%，报{n}{n}点。盘面上，半导体板块领涨，涨幅{f}%；煤炭板块跌幅居前，下跌{f}%。北向资金全天净流入{n}亿元。人民币对美元中间价报{f}。",
    "{d}の東京株式市場で日経平均株価は反発し、終値は前日比{n}円{n}銭高の{n}{n}円{n}銭だった。東証株価指数は{n}.{n}ポイント高の{n}{n}.{n}。出来高は{n}億{n}万株、売買代金は{n}兆{n}億円。値上がり銘柄数は{n}{n}、値下がり銘柄数は{n}{n}だった。円相場は1ドル={n}円{n}銭で取引された。",
    "Wetter in {x}: Am {d} scheint bei Höchstwerten von {n} Grad meist die Sonne, in der Nacht kühlt es auf {n} Grad ab. Der Wind weht mit {n} Kilometern pro Stunde aus Südwest, die Regenwahrscheinlichkeit liegt bei {n} Prozent. Der Pollenflug ist gering. Morgen werden {n} bis {n} Grad erwartet, die Sonne geht um {n}:{n} Uhr auf.",
    "{x} a publié {d} un chiffre d'affaires de {n},{n} milliards d'euros au troisième trimestre, en hausse de {f} % sur un an. Le bénéfice net atteint {n} millions d'euros, contre {n} millions un an plus tôt. La marge opérationnelle s'établit à {f} %. Le groupe confirme viser une croissance de {n} à {n} % pour l'année. L'action gagnait {f} % à {n},{n} euros à l'ouverture.",
    "{x} reported third-quarter revenue of ${n}.{n} billion, up {n} percent from a year earlier, and net income of ${n} million, or {n} cents per share. Analysts had expected {n} cents per share on revenue of ${n}.{n} billion. For the fourth quarter the company expects revenue of ${n}.{n} billion to ${n}.{n} billion. Shares of {x} have risen {n} percent since the beginning of the year.",
    "Polizeibericht: In der Nacht zum {d} sind Unbekannte in ein Einfamilienhaus in {x} eingedrungen. Sie hebelten gegen {n}.{n} Uhr ein Fenster auf und entwendeten Schmuck im Wert von rund {n}{n} Euro. Der Sachschaden beträgt {n} Euro. Hinweise nimmt die Polizei in {x} unter der Telefonnummer {n}/{n}{n} entgegen.",
)
_DAYS = (
    "Montag",
    "Dienstag",
    "Friday",
    "Sunday",
    "jueves",
    "lundi",
    "11月3日",
    "24日",
    "Mittwoch",
    "Saturday",
)
_NAMES = (
    *_PLACES,
    "Northgate",
    "Siemens",
    "Covestro",
    "Delta Air",
    "Rovers",
    "United",
    "Halvorsen",
    "Müller",
    "Aldana",
)


def filled_in(chance: random.Random, stories: list[Story]) -> Iterator[Pair]:
    """Reports of two days in one form: stocks, weather, results, quakes, in six languages."""
    for form in FORMS:
        for _ in range(12):
            first, second = (
                replace(stories[0], title="", paragraphs=(_filled(chance, form),)) for _ in range(2)
            )
            yield first, second


def _filled(chance: random.Random, form: str) -> str:
    def slot(match: re.Match[str]) -> str:
        kinds: Mapping[str, Callable[[], str]] = {
            "n": lambda: str(chance.randint(2, 99)),
            "f": lambda: f"{chance.randint(0, 9)}.{chance.randint(1, 99)}",
            "d": lambda: chance.choice(_DAYS),
            "x": lambda: chance.choice(_NAMES),
        }
        return kinds[match[1]]()

    return re.sub(r"\{(\w)\}", slot, form)


KINDS: Mapping[str, Pairs] = {
    "same site": same_site,
    "same topic": same_topic,
    "translated": translated,
    "live ticker": live,
    "refilled": refilled,
    "filled in": filled_in,
}
