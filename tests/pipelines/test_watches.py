from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from keeping import LANGUAGES, NOW, kept
from plans import due_at

from pipelines.alerts import Event, Watch
from pipelines.errors import UsageError
from pipelines.items import Article, Kind, Outcome, Page, Target, Visit
from pipelines.store import Alert, Episode, Store

HOUR = timedelta(hours=1)
LATER = NOW + 100 * HOUR


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as store:
        yield store


def told(store: Store, channel: str | None = None) -> list[str]:
    """The titles of what waits, or a word for health."""
    alerts = store.due_alerts(LATER, channels=None if channel is None else [channel])
    return [one.article.title if one.article is not None else one.event for one in alerts]


def watch(name: str, query: str, **values: Any) -> Watch:
    return Watch(name=name, query=query, **{"channels": ("desk",), **values})


STORY = " ".join(f"word{number} and thing{number}" for number in range(120))


def test_a_watch_in_each_language_finds_its_article_and_no_other(store: Store) -> None:
    for language, (query, _, _) in LANGUAGES.items():
        store.put_watch(watch(language, query), NOW)
    for language, (_, title, text) in LANGUAGES.items():
        kept(store, language, title=title, text=text, language=language)
    found = {alert.watch: alert.article.language for alert in store.due_alerts(NOW) if alert.article}
    assert found == {language: language for language in LANGUAGES}
    for language, (query, _, _) in LANGUAGES.items():
        (match,) = store.watch_matches(language)
        assert [match.article.id] == [hit.article.id for hit in store.search(query)]


@pytest.mark.parametrize(
    "query", ["alpha", "-alpha", "author:jane", "source:other", "alpha OR tag:x", "council NEAR/1 city", "a*"]
)
def test_a_watch_finds_what_the_search_finds(store: Store, query: str) -> None:
    store.put_watch(watch("w", query), NOW)
    kept(store, "alpha", authors=("Jane Doe",))
    kept(store, "beta", source="other", tags=("x", "y"))
    found = [match.article.id for match in store.watch_matches("w")]
    assert found == [hit.article.id for hit in store.search(query, order="newest")]


def test_one_alert_a_story_for_each_channel(store: Store) -> None:
    store.put_watch(watch("once", "word7", channels=("desk", "mail")), NOW)
    store.put_watch(watch("every", "word7", channels=("all",), per_story=False), NOW)
    store.put_watch(watch("german", "word7 language:de", channels=("german",)), NOW)
    for number, language in enumerate(("en", "de", "de")):
        site = f"s{number}"
        kept(store, f"copy{number}", text=STORY, source=site, domain=f"{site}.example", language=language)
    assert told(store, "desk") == told(store, "mail") == ["copy0"]
    assert told(store, "all") == ["copy0", "copy1", "copy2"]
    # The first one was none of its matches.
    assert told(store, "german") == ["copy1"]
    assert [match.article.title for match in store.watch_matches("once")] == ["copy0"]
    assert len(store.watch_matches("every")) == 3


def test_a_story_is_told_once_though_its_cluster_has_another_name_now(store: Store) -> None:
    store.put_watch(watch("w", "word7"), NOW)
    for number in range(2):
        kept(store, f"copy{number}", text=STORY, source=f"s{number}", domain=f"s{number}.example")
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE articles SET cluster_id = 'renamed'")
    kept(store, "copy2", text=STORY, source="s2", domain="s2.example")
    (match,) = store.watch_matches("w")
    assert [copy.title for copy in store.copies(match.article)] == ["copy0", "copy1", "copy2"]
    assert told(store) == ["copy0"]


def test_changes_of_what_matches(store: Store) -> None:
    store.put_watch(watch("w", "title:alpha", events=(Event.ARTICLE, Event.CHANGE)), NOW)
    store.put_watch(watch("other", "title:beta", events=(Event.CHANGE,), channels=("beta",)), NOW)
    article = kept(store, "alpha", text=STORY)
    kept(store, "alpha", at=NOW + HOUR, text=STORY, title="Gamma", outcome=Outcome.UPDATED)
    gone(store, article)
    alerts = store.due_alerts(LATER)
    assert [alert.event for alert in alerts] == [Event.ARTICLE, Event.CHANGE, Event.CHANGE]
    kinds = [[change["kind"] for change in alert.detail["changes"]] for alert in alerts[1:]]
    assert kinds == [["headline"], ["withdrawn"]]
    assert alerts[1].detail["changes"][0]["after"] == "Gamma"
    kept(store, "beta", text=STORY.replace("word", "term"))
    assert told(store, "beta") == []


def gone(store: Store, article: Article) -> None:
    target = store.target(article.url)
    base = Target(
        id=0,
        url=article.url,
        kind=Kind.ARTICLE,
        host="n.example",
        source=article.source,
        due_at=NOW,
        visits=1,
    )
    page = Page(url=article.url, final_url=article.url, status=410, headers={}, body=b"", fetched_at=NOW)
    visit = Visit(
        target=target or base, started_at=NOW, ended_at=NOW + 2 * HOUR, page=page, outcome=Outcome.GONE
    )
    ended = store.end_visit(replace(visit, reason="status 410"), plan=due_at(None))
    assert ended.article is not None
    assert ended.article.withdrawn_at is not None


def test_health_of_the_sources_of_the_query(store: Store) -> None:
    store.put_watch(watch("all", "", events=(Event.HEALTH,), channels=("all",)), NOW)
    store.put_watch(watch("bay", "source:bay", events=(Event.HEALTH,), channels=("bay",)), NOW)
    found = [
        Episode(source=name, finding="silent", detail="for 3 days", began_at=NOW) for name in ("bay", "hill")
    ]
    store.keep_findings(found, of_sources=["bay", "hill"], now=NOW)
    store.keep_findings(found, of_sources=["bay", "hill"], now=NOW)
    store.keep_findings([], of_sources=["bay", "hill"], now=NOW + HOUR)
    alerts = store.due_alerts(LATER, channels=["bay"])
    assert [(alert.source, alert.detail["finding"], alert.detail["ended"]) for alert in alerts] == [
        ("bay", "silent", False),
        ("bay", "silent", True),
    ]
    assert len(store.due_alerts(LATER, channels=["all"])) == 4


def test_a_visit_that_fails_leaves_no_alert(store: Store) -> None:
    store.put_watch(watch("w", "alpha"), NOW)
    store.sync_source(
        "harbour-courier", "https://n.example/", configured=True, enabled=True, roots=(), now=NOW
    )

    def refuse(_: Visit) -> Target:
        raise RuntimeError

    url = "https://n.example/alpha"
    target = Target(id=0, url=url, kind=Kind.ARTICLE, host="n.example", source="harbour-courier", due_at=NOW)
    article = Article(
        id="", url=url, url_canonical=url, source="harbour-courier", domain="n.example", title="alpha",
        text=STORY, first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    visit = Visit(target=target, started_at=NOW, ended_at=NOW, article=article)
    with pytest.raises(RuntimeError):
        store.end_visit(visit, plan=refuse)
    assert told(store) == []
    store.end_visit(visit, plan=due_at(None))
    assert told(store) == ["alpha"]


def test_messages_stay_the_same_until_they_are_confirmed(store: Store) -> None:
    store.put_watch(watch("w", "council"), NOW)
    store.put_watch(watch("v", "council"), NOW)
    kept(store, "alpha")
    first = store.due_alerts(NOW)
    assert len({alert.message for alert in first}) == 2
    kept(store, "beta", at=NOW + HOUR)
    again = store.due_alerts(LATER)
    assert messages(again) | messages(first) == messages(again)
    assert len(messages(again)) == 4
    store.alerts_sent([alert.id for alert in first], LATER)
    rest = store.due_alerts(LATER)
    assert messages(rest) == {
        name: ids for name, ids in messages(again).items() if name not in messages(first)
    }
    store.alerts_sent([alert.id for alert in rest], LATER)
    assert store.due_alerts(LATER) == []


def messages(alerts: list[Alert]) -> dict[str | None, list[int]]:
    return {
        alert.message: [other.id for other in alerts if other.message == alert.message] for alert in alerts
    }


def test_a_failure_makes_the_channel_rest_and_loses_nothing(store: Store) -> None:
    store.put_watch(watch("w", "council", channels=("desk", "mail")), NOW)
    kept(store, "alpha")
    ids = [alert.id for alert in store.due_alerts(NOW) if alert.channel == "desk"]
    for number in (1, 2):
        store.alerts_failed("desk", ids, error="refused", not_before=NOW + number * HOUR)
    assert [alert.channel for alert in store.due_alerts(NOW)] == ["mail"]
    desk, mail = store.channel_states(NOW)
    assert (desk.waiting, desk.due, desk.failures, desk.last_error) == (1, 1, 2, "refused")
    assert (mail.name, mail.failures) == ("mail", 0)
    (alert,) = store.due_alerts(NOW + 2 * HOUR, channels=["desk"])
    assert (alert.attempts, alert.last_error) == (2, "refused")
    store.alerts_sent(ids, NOW + 2 * HOUR)
    assert store.channel_states(NOW)[0].failures == 0
    assert store.alert_counts()["w"].sent == 1
    assert store.alert_counts()["w"].waiting == 1


def test_a_message_that_is_never_taken_stands_in_nobodys_way(store: Store) -> None:
    store.put_watch(watch("w", "council"), NOW)
    kept(store, "alpha")
    (poison,) = store.due_alerts(NOW)
    store.alerts_failed("desk", [poison.id], error="too large", not_before=NOW)
    kept(store, "beta")
    assert [alert.id == poison.id for alert in store.due_alerts(NOW)] == [False, True]
    assert [alert.id == poison.id for alert in store.due_alerts(NOW, limit=1)] == [False]


def test_a_digest_waits_for_its_time(store: Store) -> None:
    store.put_watch(watch("w", "council", digest=time(9), timezone="Europe/Berlin"), NOW)
    kept(store, "alpha", at=NOW - HOUR)
    kept(store, "beta", at=NOW - HOUR / 2)
    assert store.due_alerts(NOW - timedelta(seconds=1)) == []
    alerts = store.due_alerts(NOW)
    assert len(alerts) == 2
    assert len({alert.message for alert in alerts}) == 1


def test_watches_are_kept_as_they_are(store: Store) -> None:
    one = watch("w", "a OR b", digest=timedelta(hours=2), quiet=(time(22), time(7)), timezone="Asia/Tokyo",
                events=tuple(Event), per_story=False, channels=("a", "b"))  # fmt: skip
    other = replace(one, name="v", digest=time(8, 30), quiet=None, enabled=False)
    assert store.put_watch(one, NOW)
    assert store.put_watch(other, NOW)
    assert store.watches() == [other, one]
    assert not store.put_watch(replace(one, query="c"), NOW)
    assert store.watch("w") == replace(one, query="c")
    kept(store, "b")
    assert store.watch_matches("v") == []
    assert store.remove_watch("v")
    assert not store.remove_watch("v")
    assert store.watch("v") is None
    with pytest.raises(UsageError):
        store.put_watch(replace(one, timezone="Nowhere"), NOW)


def test_a_removed_watch_takes_its_alerts_along(store: Store) -> None:
    store.put_watch(watch("w", "council"), NOW)
    kept(store, "alpha")
    store.remove_watch("w")
    assert told(store) == []
    assert store.check() == []


def test_what_it_would_have_told(store: Store) -> None:
    kept(store, "before", at=NOW - 2 * HOUR)
    article = kept(store, "alpha", text=STORY)
    kept(store, "copy", text=STORY, source="s1", domain="s1.example", at=NOW + HOUR)
    kept(store, "alpha", at=NOW + HOUR, text=STORY, title="Alpha and more", outcome=Outcome.UPDATED)
    gone(store, article)
    asked = watch("w", "alpha OR word7", events=tuple(Event), digest=timedelta(hours=12))
    store.keep_findings(
        [Episode(source="s1", finding="silent", detail="", began_at=NOW)], of_sources=["s1"], now=NOW
    )
    found = store.try_watch(asked, NOW - HOUR)
    assert {one.due_at for one in found} == {NOW + 4 * HOUR}
    assert [one.event for one in found] == [Event.ARTICLE, Event.HEALTH, Event.CHANGE, Event.CHANGE]
    assert len(store.try_watch(replace(asked, per_story=False), NOW - HOUR)) == 5
    assert store.watches() == []
    assert store.due_alerts(LATER) == []


def test_alerts_of_an_article_follow_its_renaming(store: Store) -> None:
    from pipelines.store import articles

    store.put_watch(watch("w", "council"), NOW)
    article = kept(store, "alpha")
    with store._database.write() as connection:
        articles.rename(connection, article.id, "https://n.example/elsewhere")
    renamed = store.article("https://n.example/elsewhere")
    assert renamed is not None
    assert renamed.id != article.id
    assert [alert.watch for alert in store.alerts_of(renamed.id)] == ["w"]
    assert store.watch_matches("w")[0].article.id == renamed.id
