"""What is asked of the desk: addresses made of what stands in the store, the same ones for the same seed."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_WORD = re.compile(r"[^\W\d_]{4,}")
_UNSPACED = ("zh", "ja")
# Of each kind of search so many different ones.
_EACH = 30


class Asker:
    """Draws articles of the store by chance, and asks for what they say."""

    def __init__(self, path: Path, *, seed: int) -> None:
        self._dice = random.Random(seed)
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            self._rows = list(self._drawn(connection))
            self._clusters = [
                row[0]
                for row in connection.execute(
                    "SELECT DISTINCT cluster_id FROM articles WHERE cluster_id IS NOT NULL ORDER BY pk DESC LIMIT 300"
                )
            ]
            self._sources = [row[0] for row in connection.execute("SELECT name FROM sources ORDER BY name")]
        self._spaced = [row for row in self._rows if row["language"] not in _UNSPACED]
        self._unspaced = [row for row in self._rows if row["language"] in _UNSPACED]

    def _drawn(self, connection: sqlite3.Connection) -> Iterator[Mapping[str, Any]]:
        connection.row_factory = sqlite3.Row
        highest = connection.execute("SELECT max(pk) FROM articles").fetchone()[0]
        query = "SELECT pk, id, title, text, source, language, section, authors FROM articles WHERE pk = ?"
        for pk in self._dice.sample(range(1, highest + 1), min(highest, 1500)):
            row = connection.execute(query, (pk,)).fetchone()
            if row is not None:
                yield dict(row)
        connection.row_factory = None

    def searches(self) -> dict[str, list[dict[str, str]]]:
        """Kind of search -> parameters of different ones."""
        kinds: dict[str, Callable[[], dict[str, str]]] = {
            "common word": lambda: {"q": self._word()},
            "two words": lambda: {"q": f"{self._word()} {self._word()}"},
            "one not the other": lambda: {"q": f"{self._word()} -{self._word()}"},
            "rare name": lambda: {"q": self._name()},
            "phrase": lambda: {"q": f'"{self._phrase()}"'},
            "word and filters": lambda: {"q": self._word(), **self._filters()},
            "filters alone": self._filters,
            "ranked": lambda: {"q": self._word(), "order": "relevance"},
            "one a story": lambda: {"q": self._word(), "unique": "1"},
            "no hit": lambda: {"q": f"qqx{self._dice.randrange(10**6)}zz"},
        }
        if self._unspaced:
            kinds["Chinese, Japanese"] = lambda: {"q": self._run()}
        return {kind: self._different(make) for kind, make in kinds.items()}

    def articles(self, count: int) -> list[str]:
        return [row["id"] for row in self._dice.choices(self._rows, k=count)]

    def clusters(self, count: int) -> list[str]:
        return self._dice.choices(self._clusters, k=count) if self._clusters else []

    def sources(self, count: int) -> list[str]:
        return self._dice.choices(self._sources, k=count)

    def _different(self, make: Callable[[], dict[str, str]]) -> list[dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for _ in range(20 * _EACH):
            one = make()
            found.setdefault(urlencode(one), one)
            if len(found) == _EACH:
                break
        return list(found.values())

    def _word(self) -> str:
        """As likely as it stands in texts."""
        while True:
            words = _WORD.findall(self._dice.choice(self._spaced)["text"])
            if words:
                return str(self._dice.choice(words))

    def _name(self) -> str:
        """Two words beside each other in capitals, as names are, but for those that begin a sentence."""
        for _ in range(200):
            names = re.findall(r"(?<=[a-z] )[A-Z][a-z]+ [A-Z][a-z]+", self._dice.choice(self._spaced)["text"])
            if names:
                return str(self._dice.choice(names))
        return self._word()

    def _phrase(self) -> str:
        words = self._dice.choice(self._spaced)["text"].replace('"', " ").split()
        at = self._dice.randrange(max(1, len(words) - 3))
        return " ".join(words[at : at + self._dice.randint(2, 3)])

    def _run(self) -> str:
        text = "".join(self._dice.choice(self._unspaced)["text"].split())
        at = self._dice.randrange(max(1, len(text) - 4))
        return text[at : at + self._dice.randint(2, 3)]

    def _filters(self) -> dict[str, str]:
        row = self._dice.choice(self._rows)
        all_of = {
            "source": row["source"],
            "language": row["language"] or "",
            "section": row["section"] or "",
            "since": self._dice.choice(("1d", "3d", "14d", "2026-10-20")),
            "until": self._dice.choice(("12h", "2d")),
        }
        names = self._dice.sample(sorted(all_of), self._dice.randint(1, 3))
        return {name: all_of[name] for name in names if all_of[name]}
