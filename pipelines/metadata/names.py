"""Bylines -> names: one a person or organisation, without roles, addresses and the site's own name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.metadata.jsonld import fold

# More would be a list of something else.
MAX_AUTHORS = 12
_MAX_NAME = 60
_MAX_WORDS = 7
_MAX_LEAD = 12

_LEAD = re.compile(
    r"^(?:(?:view\s+all\s+posts|all\s+posts|posts|written|reported|reporting|posted|published|story|text|words|article|review|analysis|edited|"
    r"escrito|publicado|publié|rédigé|scritto|geschrieben|tekst|texto|texte|testo)\s*(?:by|von|por|par|di|av|af|door|:)"
    r"|by|von|vom|por|par|от|автор[ы]?|autor(?:en|ka|es|a|in)?|author[s]?|auteur[s]?|autore|autori|door|av|af"
    r"|di|de la rédaction de|yazan|oleh|przez|tekst|text|texte|texto|szerző|kirjoittaja|skrevet av|προς|από)"
    r"\s*[:：]?\s+(?=\S)|^(?:by|von|por|par|autor|author|作者|记者|記者|文|责任编辑|撰文)\s*[:：/|]\s*",
    re.I,
)
_SPLIT = re.compile(
    r"\s*(?:[;|•·/\n\t、，]|\s(?:and|und|et|och|og|en|ja|oraz|ve|и|та|și|e|y|&|\+|with|mit|avec|con)\s|,\s+(?:and|und|et)\s)\s*",
    re.I,
)
_NOISE = re.compile(
    r"https?://\S*|www\.\S+|\S+@\S+\.\w+|(?<!\w)@\w+|\([^)]*\)|\[[^\]]*\]|<[^>]*>|\b\d{1,2}[:.]\d\d\b.*$",
    re.I,
)
_ROLE = re.compile(
    r"\b(?:editor|reporter|correspondent|writer|journalist|journaliste|staff|contributor|columnist|producer|"
    r"bureau chief|executive|redakteur\w*|redaktør|redaktor|korrespondent\w*|"
    r"chefredakteur\w*|volontär\w*|rédacteur\w*|"
    r"rédactrice\w*|correspondante?|envoyée? spéciale?|redactor\w*|periodista|corresponsal|director\w*|"
    r"giornalista|redattore|redattrice|corrispondente|redacteur|verslaggever|senior|chief|head of|professor|"
    r"lecturer|analyst|политический|корреспондент|редактор|обозреватель|журналист|muhabir)\b",
    re.I,
)
_NOBODY = frozenset(
    fold(name)
    for name in (
        "admin|administrator|editor|editors|staff|staff writer|staff reporter|author|authors|"
        "autor|guest|user|root|webmaster|news|news desk|newsdesk|newsroom|team|the editors|"
        "editorial|editorial team|editorial staff|online|web|unknown|anonymous|none|null|"
        "undefined|n/a|facebook|twitter|x|instagram|linkedin|email|share|redaktion|redazione|"
        "redacción|rédaction|la rédaction|redactie|redakce|redakcja|redaksjonen|toimitus|"
        "about the author|read more|more|view profile|author profile|contributors|by|von|"
        "published|updated|follow|sponsored|sponsored content|and|und|y|et|e|advertorial"
    ).split("|")
)
# Behind a person's name in the same byline these are where the person works.
_EMPLOYER = re.compile(
    r"^(?:the\s(?:[\w.']+\s){0,4}(?:post|press|mail|sun)|"
    r"(?:[\w.']+\s){1,4}(?:media|news|journal|times|tribune|herald|gazette|network|magazine|chronicle|"
    r"newspapers?)(?:\s+for\s+\S+)?|\w+\.(?:com|org|net))$",
    re.I,
)
_WIRE_BEHIND = re.compile(r"(?<=\w)\s+(?:the\s+)?associated\s+press$", re.I)
# Agencies that sign in lower case, behind a name too.
_AGENCIES = frozenset("dpa afp ap sid epd kna apa ansa efe ntb ritzau anp lusa belga pap čtk mti rtr".split())
# Lower-case words within names.
_PARTICLES = frozenset(
    "of de da do dos das del della di du van von der den ter ten la le el al bin ibn y e af".split()
)
_MAX_PLAIN_WORDS = 5
# Labels of buttons and lists beside bylines.
_NO_NAMES = frozenset(
    "follow close size small medium large share articles guidelines links posts recent comments published "
    "updated subscribe newsletter menu search more read about contact advertisement".split()
)
_BEHIND = re.compile(
    r"\s+(?:for\s+(?:the\s+)?\S.*|(?:published|last updated|updated)\b.*|contributions from.*)$", re.I
)
_LETTER = re.compile(r"[^\W\d_]")
_COMMA_PARTICLES = re.compile(
    r"^(?:jr|sr|ph\.?d|m\.?d|ii|iii|iv|md|esq|dr|mba|rn|msc|bsc|ba|ma|cfp|rd|dds|do)\.?$", re.I
)


def clean_authors(
    values: Iterable[str], *, site_names: Iterable[str] = (), anybody: bool = False
) -> tuple[str, ...]:
    """The names in these bylines, each once, in order.

    The site itself and "staff" are left out, unless `anybody` will do.
    """
    own = {fold(name) for name in site_names if name}
    own |= {name.removesuffix(ending) for name in own for ending in ("com", "de", "org", "net")}
    names: dict[str, str] = {}
    for value in values:
        for name in _names_in(value, anybody=anybody):
            key = fold(name)
            if key and (anybody or key not in own) and key not in _NOBODY:
                names.setdefault(key, name)
    kept = [name for key, name in names.items() if not _is_part(key, names)]
    return tuple(kept[:MAX_AUTHORS])


def is_byline(line: str) -> bool:
    """Whether a line says "by" somebody and no more, in the languages news is written in."""
    text = line.strip()
    return len(text) <= _MAX_NAME and bool(_LEAD.match(text)) and bool(clean_authors([text]))


def is_lead(line: str) -> bool:
    """Whether a line is the beginning of a byline alone: "By", "Von:"."""
    text = line.strip(" :：")
    return len(text) <= _MAX_LEAD and _LEAD.sub("", f"{text} x") == "x"


def looks_like_name(name: str) -> bool:
    """Whether a text has the shape of a name: few words, each with a capital where the script has them."""
    words = name.split()
    capitals = (word[:1] == word[:1].upper() or word in _PARTICLES for word in words)
    ends = words[:1] + words[-1:]
    return (
        len(words) <= _MAX_PLAIN_WORDS
        and all(capitals)
        and not any(word in _PARTICLES - {"al"} for word in ends[1:])
        and not any(character.isdigit() or character == ":" for character in name)
        and not any(word.casefold() in _NO_NAMES for word in words)
    )


def _is_part(key: str, names: dict[str, str]) -> bool:
    """A surname alone beside the full name."""
    return any(key != other and other.endswith(key) and " " not in names[key] for other in names)


def _names_in(value: str, *, anybody: bool) -> list[str]:
    text = " ".join(_NOISE.sub(" ", value.replace("\u00a0", " ").replace("\n", " | ")).split())
    text = _LEAD.sub("", text, count=1).strip()
    parts = [part for piece in _SPLIT.split(text) for part in _at_commas(piece, anybody=anybody)]
    return _without_employer([name for part in parts if (name := _name(part, anybody=anybody))])


def _without_employer(names: list[str]) -> list[str]:
    """ "Ann Lee | The Jersey Journal" is Ann Lee."""
    return [name for index, name in enumerate(names) if not (index and _EMPLOYER.match(name))]


def _at_commas(piece: str, *, anybody: bool) -> list[str]:
    """A comma parts names, or a name from its role or title: "Ann Lee, Berlin", "Ann Lee, MD"."""
    pieces = [part.strip() for part in piece.split(",")]
    names: list[str] = []
    for part in pieces:
        if names and (_COMMA_PARTICLES.match(part) or (_ROLE.search(part) and not anybody)):
            continue
        names.append(part)
    if len(names) == 2 and all(" " not in name for name in names):
        return [f"{names[1]} {names[0]}"]  # "Lee, Ann"
    return [part for index, part in enumerate(names) if index == 0 or _stands_alone(part)]


def _stands_alone(part: str) -> bool:
    """A single word after a full name is a place or a newspaper, or an agency that shares the byline."""
    return " " in part or not part.isascii() or part in _AGENCIES


def _name(part: str, *, anybody: bool) -> str | None:
    name = _LEAD.sub("", part.strip(" \t.,:;-–—|*\"'“”„"), count=1).strip(" .,:;-–—|*\"'“”„")
    name = _BEHIND.sub("", name)
    if len(name.split()) > 4:
        name = _WIRE_BEHIND.sub("", name)
    words = name.split()
    if not 2 <= len(name) <= _MAX_NAME or len(words) > _MAX_WORDS or not _LETTER.search(name):
        return None
    if any(character.isdigit() for character in name) and len(words) < 2:
        return None
    if _ROLE.search(name) and not anybody:
        before = _ROLE.split(name)[0].strip(" ,-–")
        return before if len(before.split()) >= 2 else None
    if len(words) > 1 and name.isupper() and name.isascii():
        return name.title()
    return name
