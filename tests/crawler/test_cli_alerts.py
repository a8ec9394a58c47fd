from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from keeping import kept
from newsserver import wirewatch
from receivers import SECRET, Receiver

from crawler.cli import main_group
from pipelines.errors import WirewatchError
from pipelines.store import Store

Run = Callable[..., Result]
CONFIG = """
[[channels]]
name = "chat"
url = "json://chat.example/topsecretpath"
[[channels]]
name = "hook"
url = "https://hook.example/topsecretpath"
secret = "$HOOK_SECRET"
"""
NOW = datetime.now(UTC)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "wirewatch.toml").write_text(CONFIG)
    Store.open("wirewatch.db").close()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main_group, ["alerts", *arguments], standalone_mode=False)

    return run


def test_a_watch_from_its_making_to_its_end(run: Run) -> None:
    assert "no watches" in run("list").output
    made = run(
        "add", "climate", '"climate summit"', "OR", "klima*", "-sport", "--channel", "chat", "--digest", "1h",
        "--quiet", "22:00-07:00", "--timezone", "Europe/Berlin", "--event", "change", "--kind", "headline",
    )  # fmt: skip
    assert made.exit_code == 0
    assert "added: changes; every 1h, but 22:00-07:00 (Europe/Berlin)" in made.output
    (record,) = map(json.loads, run("list", "--json").output.splitlines())
    assert record == {
        "name": "climate", "query": '"climate summit" OR klima* -sport', "events": ["change"], "kinds": ["headline"],
        "channels": ["chat"], "digest": "1h", "quiet": "22:00-07:00", "timezone": "Europe/Berlin",
        "per_story": True, "enabled": True, "waiting": 0, "sent": 0,
    }  # fmt: skip
    changed = run("add", "climate", "klima*", "OR", "--digest", "08:00", "--every-copy")
    assert "changed: articles; daily at 08:00 (UTC)" in changed.output
    assert "note: OR joins nothing here" in changed.output
    assert "klima* OR" in run("list").output
    assert "removed" in run("remove", "climate").output
    assert "no watches" in run("list").output


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("add", "w", "x", "--channel", "chatt"), "no channel is named 'chatt'; did you mean 'chat'?"),
        (("add", "w", "x", "--channel", "xyz"), "no channel is named 'xyz' (see [[channels]]"),
        (("add", "w"), "no query"),
        (("add", "w", "x", "--digest", "soon"), "not a digest"),
        (("add", "w", "x", "--quiet", "night"), "not quiet hours"),
        (("add", "w", "x", "--timezone", "Berlin"), "no time zone"),
        (("remove", "w"), "no watch is named 'w'"),
        (("test", "w"), "no watch is named 'w'"),
    ],
)
def test_mistakes_are_named_in_one_line(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, WirewatchError)
    assert result.exception.exit_code == 2
    assert problem in str(result.exception)
    assert "\n" not in str(result.exception)


def test_what_a_watch_would_have_told(run: Run) -> None:
    with Store.open("wirewatch.db") as store:
        kept(store, "alpha", at=NOW - timedelta(days=3))
        kept(store, "beta", at=NOW - timedelta(days=40))
    run("add", "w", "council")
    result = run("test", "w")
    assert "alpha" in result.output
    assert "beta" not in result.output
    assert "1 alerts in 1 messages a channel" in result.output
    (record,) = map(json.loads, run("test", "w", "--json").stdout.splitlines())
    assert record["article"]["title"] == "alpha"
    assert isinstance(run("test", "w", "--send").exception, WirewatchError)


def test_channels_and_how_they_do(run: Run, tmp_path: Path) -> None:
    run("add", "w", "council", "--channel", "chat", "--channel", "hook")
    with Store.open("wirewatch.db") as store:
        kept(store, "alpha", at=NOW)
        ids = {alert.channel: alert.id for alert in store.due_alerts(NOW)}
        store.alerts_failed("chat", [ids["chat"]], error="status 503", not_before=NOW + timedelta(hours=1))
        store.alerts_sent([ids["hook"]], NOW)
    output = run("channels").output
    assert "failed once: status 503; again after" in output
    assert "fine" in output
    assert "topsecret" not in output
    (tmp_path / "wirewatch.toml").write_text("")
    assert "not in the config: what waits for it is kept" in run("channels").output
    (record,) = map(json.loads, run("channels", "--json").output.splitlines())
    assert (record["name"], record["type"], record["waiting"], record["failures"]) == ("chat", None, 1, 1)
    with Store.open("wirewatch.db", readonly=True) as store:
        (article,) = store.articles()
    why = CliRunner().invoke(main_group, ["why", article.id], standalone_mode=False).output
    assert "w to chat: due" in why
    assert "(1 attempts failed: status 503)" in why
    assert "w to hook: confirmed" in why


def test_sending_by_hand_refusals_and_what_is_never_shown(tmp_path: Path) -> None:
    with Receiver("webhook", tmp_path) as hook:
        url = f"http://127.0.0.1:{hook.port}/topsecretpath"
        config = f'[[channels]]\nname = "hook"\nurl = "{url}"\nsecret = "{SECRET}"\n'
        config += '[[channels]]\nname = "json"\nurl = "json://127.0.0.1:9/topsecretpath"\n'
        (tmp_path / "wirewatch.toml").write_text(config)
        with Store.open(f"sqlite:///{tmp_path}/wirewatch.db") as store:
            from pipelines.alerts import Watch

            store.put_watch(Watch(name="w", query="council", channels=("hook", "json")), NOW)
            kept(store, "alpha", at=NOW)
        private = wirewatch("-vv", "alerts", "send", cwd=tmp_path, WIREWATCH_ALLOW_NETWORK="")
        assert private.returncode == 3, private.stderr
        assert "channel hook: refused: 127.0.0.1 is no public address" in private.stderr
        assert hook.got() == []
        hook.refuse.write_text("503 7200")
        rested(tmp_path)
        refused = wirewatch("-vv", "alerts", "send", cwd=tmp_path)
        assert refused.returncode == 3
        assert "channel hook: status 503" in refused.stderr
        with Store.open(f"sqlite:///{tmp_path}/wirewatch.db", readonly=True) as store:
            state = store.channel_states(NOW)[0]
        assert state.not_before is not None
        assert state.not_before - NOW > timedelta(hours=2)
        hook.refuse.unlink()
        tried = wirewatch("-vv", "alerts", "test", "w", "--send", cwd=tmp_path)
        assert tried.returncode == 3
        assert "hook: confirmed" in tried.stderr
        assert hook.got()[0]["watch"] == "w (test)"
        with Store.open(f"sqlite:///{tmp_path}/wirewatch.db", readonly=True) as store:
            assert [state.waiting for state in store.channel_states(NOW)] == [1, 1]
    for done in (private, refused, tried):
        assert "topsecretpath" not in done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr


def rested(tmp_path: Path) -> None:
    """Let every channel be tried again."""
    with Store.open(f"sqlite:///{tmp_path}/wirewatch.db") as store, store._database.write() as connection:
        connection.exec_driver_sql("UPDATE channels SET not_before = NULL")
