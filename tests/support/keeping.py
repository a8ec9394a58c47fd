"""Articles stored as a crawl stores them, without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from plans import due_at

from pipelines.items import Article, Kind, Outcome, Target, Visit
from pipelines.store import Store

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
WORDS = "the council of the city has met on {} and said what was to be said of it by all who were there"


def kept(
    store: Store, name: str, *, at: datetime = NOW, outcome: Outcome = Outcome.STORED, **values: Any
) -> Article:
    """The article at this address, read at `at`, with these values."""
    url = f"https://{values.get('domain', 'n.example')}/{name}"
    base = Article(
        id="", url=url, url_canonical=url, source="harbour-courier", domain="n.example", title=name,
        text=WORDS.format(name), first_seen_at=at, last_seen_at=at,
    )  # fmt: skip
    target = Target(id=0, url=url, kind=Kind.ARTICLE, host="n.example", source=base.source, due_at=NOW)
    visit = Visit(target=target, started_at=NOW, ended_at=at, article=replace(base, **values))
    ended = store.end_visit(visit, plan=due_at(None))
    assert ended.outcome is outcome
    assert ended.article is not None
    return ended.article


# In each language: a query, and the title and text of an article that it finds.
LANGUAGES = {
    "en": ('"climate summit"', "Climate summit opens", "The delegates met."),
    "de": ("klima*", "Ein neues Gesetz", "Das Klimaschutzgesetz wurde beschlossen."),
    "zh": ("气候", "北京会议", "中国的气候政策今天公布。"),
    "ja": ("天気", "東京で会議", "今日は天気がいいから散歩しましょう。"),
    "th": ("อากาศ", "ประชุมที่กรุงเทพ", "สภาพอากาศเปลี่ยนแปลงเร็วมาก"),
    "ar": ("المُناخ", "قمة", "يناقش المناخ اليوم"),
    "ru": ("КЛИМАТУ NEAR/3 саммит", "Саммит по климату", "Делегаты встретились."),
    "fr": ("ÉLYSÉE -sport", "À l’Élysée", "On négocie encore."),
    "ko": ("기후", "서울에서 회의", "서울에서 기후 회의가 열렸다."),
    "el": ("ΚΛΊΜΑ", "Διάσκεψη", "για το κλίμα"),
}
