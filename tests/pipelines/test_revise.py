from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipelines.changes import ChangeKind
from pipelines.items import Article, Outcome
from pipelines.revise import changed, merge, same_story

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
BODY = (
    "The council met on Tuesday to settle the budget for the coming year, after long talks over the bridge."
)


def article(**fields: object) -> Article:
    base = Article(
        id="0123456789abcdef",
        url="https://n.example/a",
        url_canonical="https://n.example/a",
        source="n",
        domain="n.example",
        title="Council settles the budget",
        text=BODY,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def test_other_spacing_is_no_change_and_all_else_is() -> None:
    assert changed(article(), article(text=BODY.replace(" ", "  ") + " ")) == ()
    assert [one.kind for one in changed(article(), article(text=BODY.upper()))] == [ChangeKind.TYPOGRAPHY]
    assert [one.kind for one in changed(article(), article(text=BODY + " It passed."))] == [
        ChangeKind.WORDING
    ]
    renamed = changed(article(), article(title="Council rejects the budget"))
    assert [one.kind for one in renamed] == [ChangeKind.HEADLINE]


def test_an_update_keeps_identity_and_takes_content() -> None:
    later = NOW + timedelta(hours=5)
    new = article(
        id="ffffffffffffffff",
        url="https://n.example/amp",
        url_canonical="https://n.example/other",
        text="new",
        first_seen_at=later,
        last_seen_at=later,
        discovered_via="elsewhere",
        revision=7,
    )
    old = article(published_at=NOW, published_precision="day", published_source="url", revision=2)
    kept = merge(old, new, Outcome.UPDATED)
    assert (kept.id, kept.url_canonical, kept.first_seen_at, kept.discovered_via) == (
        old.id,
        old.url_canonical,
        NOW,
        "manual",
    )
    assert (kept.text, kept.last_seen_at, kept.revision) == ("new", later, 3)
    assert (kept.published_at, kept.published_precision, kept.published_source) == (NOW, "day", "url")


def test_without_new_words_only_gaps_are_filled() -> None:
    later = NOW + timedelta(hours=5)
    new = article(language="en", description="two", last_seen_at=later, authors=("A. Writer",), text="other")
    kept = merge(article(description="one"), new, Outcome.UNCHANGED)
    assert (kept.description, kept.language, kept.authors) == ("one", "en", ("A. Writer",))
    assert (kept.text, kept.revision, kept.last_seen_at) == (BODY, 1, later)


def test_same_story() -> None:
    assert same_story(article(), article(title="Council SETTLES the budget!", text="quite another text"))
    assert same_story(article(), article(title="AMP", text=BODY[: len(BODY) // 2]))
    assert same_story(article(title="x", text=BODY + " More was said later."), article())
    assert not same_story(article(), article(title="Fire", text="A fire broke out in the harbour at night."))
    assert not same_story(article(title="", text=""), article(title="", text=""))
    assert not same_story(article(title="a", text=""), article(title="b", text="x"))
    assert same_story(
        article(title="一", text="市议会周二开会讨论明年的预算和大桥的费用"),
        article(title="二", text="市议会周二开会讨论明年的预算和大桥的费用。已通过"),
    )
