"""A round of deliveries with channels that are functions; what is said, and how it is signed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from keeping import NOW, kept
from receivers import SECRET, is_signed

from crawler.channels import Channel, ChannelType, key_of
from crawler.delivery.delivery import FIRST_WAIT, LONGEST_WAIT, Delivered, deliver, wait_after
from crawler.delivery.messages import line, payload_of, text_of, title_of
from crawler.delivery.senders import SendError, _scrubbed
from crawler.delivery.signing import signed_headers
from pipelines.alerts import Event, Watch
from pipelines.errors import ConfigError
from pipelines.items import Outcome
from pipelines.store import Alert, Episode, Store

CHANNELS = [Channel(name=name, url=f"json://{name}.example") for name in ("desk", "mail")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/s.db") as store:
        yield store


class Sent:
    """Remembers what it was given; fails as `fail` says."""

    def __init__(
        self, fail: Callable[[Channel, Sequence[Alert]], Exception | None] = lambda *_: None
    ) -> None:
        self.messages: list[tuple[str, list[str]]] = []
        self._fail = fail

    async def __call__(self, channel: Channel, alerts: Sequence[Alert], *, now: datetime) -> None:
        error = self._fail(channel, alerts)
        if error is not None:
            raise error
        self.messages.append(
            (channel.name, [alert.article.title if alert.article else "" for alert in alerts])
        )


async def in_store(function: Any, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


async def round_of(store: Store, sent: Sent, now: datetime, channels: list[Channel] = CHANNELS) -> Delivered:
    return await deliver(store, channels, send=sent, in_store=in_store, clock=lambda: now)


def watch(**values: Any) -> Watch:
    return Watch(name="w", query="council", **{"channels": ("desk", "mail"), **values})


def run(coroutine: Any) -> Any:
    import asyncio

    return asyncio.run(coroutine)


def test_what_is_due_goes_to_each_channel_once(store: Store) -> None:
    store.put_watch(watch(), NOW)
    kept(store, "alpha")
    sent = Sent()
    done = run(round_of(store, sent, NOW))
    assert (done.messages, done.alerts, done.failed) == (2, 2, {})
    assert sorted(sent.messages) == [("desk", ["alpha"]), ("mail", ["alpha"])]
    run(round_of(store, sent, NOW + timedelta(days=1)))
    assert len(sent.messages) == 2


@pytest.mark.parametrize("error", [SendError("status 503"), ValueError("not foreseen")])
def test_a_channel_that_fails_holds_up_no_other_and_gets_everything_later(
    store: Store, error: Exception
) -> None:
    store.put_watch(watch(), NOW)
    for name in ("alpha", "beta"):
        kept(store, name)
    failing = Sent(lambda channel, _: error if channel.name == "desk" else None)
    done = run(round_of(store, failing, NOW))
    assert list(done.failed) == ["desk"]
    assert failing.messages == [("mail", ["alpha", "beta"])]
    sent = Sent()
    run(round_of(store, sent, NOW + timedelta(seconds=44)))
    assert sent.messages == []
    run(round_of(store, sent, NOW + timedelta(seconds=61)))
    assert sent.messages == [("desk", ["alpha", "beta"])]


def test_a_channel_gone_from_the_config_keeps_its_alerts(store: Store) -> None:
    store.put_watch(watch(), NOW)
    kept(store, "alpha")
    sent = Sent()
    run(round_of(store, sent, NOW, channels=[CHANNELS[1]]))
    assert sent.messages == [("mail", ["alpha"])]
    assert [(state.name, state.waiting) for state in store.channel_states(NOW)] == [("desk", 1), ("mail", 0)]
    run(round_of(store, sent, NOW))
    assert sent.messages[1:] == [("desk", ["alpha"])]


def test_more_than_a_message_holds_goes_in_several(store: Store) -> None:
    store.put_watch(watch(channels=("desk",), per_story=False, digest=timedelta(hours=1)), NOW)
    for number in range(60):
        kept(store, f"alpha{number}")
    sent = Sent()
    run(round_of(store, sent, NOW + timedelta(hours=1)))
    assert [len(titles) for _, titles in sent.messages] == [50, 10]


def test_waits_grow_to_an_hour_and_heed_what_is_asked_for() -> None:
    assert [wait_after(failures, jitter=0, asked=None) for failures in range(4)] == [60, 120, 240, 480]
    assert wait_after(400, jitter=0, asked=None) == LONGEST_WAIT
    assert wait_after(0, jitter=1, asked=None) == FIRST_WAIT * 0.75
    assert wait_after(0, jitter=0.5, asked=7200) == 7200


def test_signatures_are_those_of_the_specification() -> None:
    # The example of the specification's reference libraries.
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", body, key=key_of(SECRET), at=at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert is_signed(SECRET, headers, body)
    assert not is_signed(SECRET, headers, body + b" ")
    assert not is_signed(SECRET, {**headers, "webhook-timestamp": "1614265331"}, body)
    assert not is_signed(SECRET, {**headers, "webhook-id": "msg_other"}, body)
    assert "webhook-signature" not in signed_headers("m", body, key=None, at=at)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "whsec_" + "YQ=="])
def test_secrets_that_are_none(secret: str) -> None:
    with pytest.raises(ValueError, match="a secret"):
        key_of(secret)


def alerts(store: Store, *names: str, **values: Any) -> list[Alert]:
    store.put_watch(watch(channels=("desk",), per_story=False), NOW)
    for name in names:
        kept(store, name, **values)
    return store.due_alerts(NOW)


def test_a_message_says_title_source_time_link_and_what_matched(store: Store) -> None:
    (alert,) = alerts(store, "alpha", authors=("Jane Doe",), published_at=NOW - timedelta(hours=1))
    text = text_of([replace(alert, timezone="Europe/Berlin")], desk="https://desk.example/")
    assert alert.article is not None
    assert text.splitlines() == [
        "alpha",
        "harbour-courier · 2026-11-28 08:00 CET · Jane Doe",
        "the council of the city has met on alpha and said what was to be said of it by all who were there",
        "https://n.example/alpha",
        f"https://desk.example/articles/{alert.article.id}",
        "",
        "-- ",
        f"Wirewatch, watch w, {alert.message}",
    ]
    assert title_of([alert]) == "w: alpha"
    record = json.loads(payload_of([alert]))
    assert record["type"] == "wirewatch.alerts"
    assert record["data"]["message"] == alert.message
    assert record["data"]["alerts"][0]["article"]["url"] == "https://n.example/alpha"
    assert payload_of([alert]) == payload_of([alert])


def test_a_digest_lists_what_there_is(store: Store) -> None:
    found = alerts(store, "alpha", "beta", "gamma")
    assert title_of(found) == "w: 3 articles"
    assert [name in text_of(found) for name in ("alpha", "beta", "gamma")] == [True] * 3


def test_changes_and_health_in_words(store: Store) -> None:
    store.put_watch(watch(channels=("desk",), events=(Event.CHANGE, Event.HEALTH)), NOW)
    kept(store, "alpha")
    kept(store, "alpha", title="Alpha rewritten", at=NOW + timedelta(minutes=1), outcome=Outcome.UPDATED)
    store.keep_findings(
        [Episode(source="bay", finding="silent", detail="for 3 days", began_at=NOW)],
        of_sources=["bay"],
        now=NOW,
    )
    store.keep_findings([], of_sources=["bay"], now=NOW)
    change, began, ended = store.due_alerts(NOW + timedelta(hours=1))
    assert title_of([change]) == "w: headline changed: Alpha rewritten"
    assert text_of([change]).splitlines()[2:4] == ["- alpha", "+ Alpha rewritten"]
    assert title_of([began]) == "w: bay silent"
    assert "silent: for 3 days" in text_of([began])
    assert title_of([ended]) == "w: bay recovered"
    assert title_of([change, began, ended]) == "w: 1 change, 2 source events"


def test_a_title_steers_no_mail_and_calls_nobody(store: Store) -> None:
    hostile = "Now\r\nBcc: all@paper.example @everyone <!channel> \u202eevil"
    (alert,) = alerts(store, "alpha", title=hostile)
    title = title_of([alert])
    assert not set(title) & set("\r\n\u202e")
    assert "@everyone" not in title
    assert "<!channel" not in title
    assert line("x" * 200).endswith("…")


def test_variables_are_put_in_when_a_channel_is_opened() -> None:
    channel = Channel(name="desk", url="mailtos://${USER}:$PASS@mail.example", secret=None)
    opened = channel.opened({"USER": "me", "PASS": "a$b"})
    assert opened.url == "mailtos://me:a$b@mail.example"
    with pytest.raises(ConfigError, match=r"channel desk: url names \$PASS, which is not set"):
        channel.opened({"USER": "me"})
    hook = Channel(name="hook", url="$URL", secret="$S", type=ChannelType.WEBHOOK)
    with pytest.raises(ConfigError, match="channel hook: not an http"):
        hook.opened({"URL": "ftp://x.example", "S": SECRET})
    with pytest.raises(ConfigError, match="no base64") as caught:
        hook.opened({"URL": "https://x.example", "S": "whsec_topsecret!"})
    assert "topsecret" not in str(caught.value)


def test_nothing_of_a_channel_s_address_is_shown() -> None:
    channel = Channel(name="t", url="tgram://123456:AbCdEf/9988776655?p=top%20secret", secret="whsec_abc")
    assert "AbCdEf" not in repr(channel)
    shown = _scrubbed("cannot reach https://api.x/bot123456:AbCdEf with top secret whsec_abc", channel)
    assert not any(part in shown for part in ("123456", "AbCdEf", "top secret", "whsec_abc"))
