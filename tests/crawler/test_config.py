"""wirewatch.toml: what it may say, and one clear line for what it may not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from newsserver import wirewatch

from crawler.config import SECTIONS, load, read_config
from pipelines.errors import ConfigError

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = "[[sources]]\nname = 'a'\nurl = 'https://a.example/'\n"


def read(text: str, **env: str):
    return read_config(text, name="wirewatch.toml", env=env)


def test_without_a_file_the_defaults_hold() -> None:
    config = load(None, env={})
    assert config.sources == ()
    assert config.defaults.delay == 1.0
    assert config.network.max_body == 15
    assert config.network.allow == ()
    assert "+http" in config.network.agent


def test_sources_take_what_they_do_not_say_from_the_defaults() -> None:
    config = read(
        f"[defaults]\nmin_interval = '5m'\ndelay = 2\n{BLOCK}[[sources]]\nname = 'b'\nurl = 'http://b.example'\ndelay = 3\n"
    )
    first, second = config.sources
    assert (first.min_interval, first.delay) == (timedelta(minutes=5), 2)
    assert (second.url, second.delay) == ("http://b.example/", 3)


def test_the_environment_adds_networks() -> None:
    config = read("[network]\nallow = ['10.0.0.0/8']\n", WIREWATCH_ALLOW_NETWORK="127.0.0.0/8")
    assert set(config.network.allow) == {"10.0.0.0/8", "127.0.0.0/8"}


MISTAKES = {
    "an unknown key": (BLOCK + "feds = []\n", 4, "feeds"),
    "an unknown section": ("[defalts]\ndelay = 1\n", 1, "defaults"),
    "an unknown key of a section": ("[network]\n\nuser_agnet = 'x'\n", 3, "user_agent"),
    "a bad regular expression": (BLOCK + "exclude = ['/a/', '(']\n", 4, "exclude"),
    "a doubled name": (BLOCK + BLOCK, 5, "a"),
    "a wrong type": ("[defaults]\ndelay = 'soon'\n", 2, "delay"),
    "a number out of range": ("[defaults]\ndelay = -1\n", 2, "delay"),
    "a bad duration": ("[defaults]\nmin_interval = '5 parsecs'\n", 2, "min_interval"),
    "an interval that is too short": ("[defaults]\nmin_interval = '0s'\n", 2, "min_interval"),
    "an address that is none": ("[[sources]]\nname = 'a'\nurl = 'ftp://a.example/'\n", 3, "ftp://a.example/"),
    "a channel without an address": (
        "\n[[channels]]\nname = 'a'\n",
        2,
        "'url' is missing in [[channels]] \"a\"",
    ),
    "a channel's address that is none": (
        "[[channels]]\nname = 'a'\nurl = 'hush'\n",
        3,
        "not an address like",
    ),
    "a webhook's address that is none": (
        "[[channels]]\nname = 'a'\nurl = 'https://u:p@x.example'\n",
        3,
        "http(s) address without a user",
    ),
    "a channel of no type": (
        "[[channels]]\nname = 'a'\nurl = 'x://y'\ntype = 'pigeon'\n",
        4,
        '[[channels]] "a"',
    ),
    "a secret that is none": (
        "[[channels]]\nname = 'a'\nurl = 'https://x.example'\nsecret = 'whsec_x'\n",
        4,
        "a secret that",
    ),
    "a channel's name twice": (
        "[[channels]]\nname = 'a'\nurl = 'x://y'\n[[channels]]\nname = 'a'\nurl = 'x://z'\n",
        5,
        "is there already, on line 2",
    ),
    "a misspelt key of a channel": (
        "[[channels]]\nname = 'a'\nurl = 'x://y'\nsecert = 'x'\n",
        4,
        "did you mean 'secret'?",
    ),
    "a missing address": ("# x\n[[sources]]\nname = 'a'\n", 2, "url"),
    "a bad network": ("[network]\nallow = ['localhost']\n", 2, "localhost"),
    "a bad header": ("[network]\nuser_agent = 'Wäre'\n", 2, "user_agent"),
    "broken TOML": ("[network\n", 1, ""),
    "an empty line": (BLOCK + "drop_lines = ['x', ' ']\n", 4, "no line: it is empty"),
    "a line without words": (BLOCK + "keep_lines = [\n'x',\n'***',\n]\n", 6, "has no words"),
    "two lines in one": (BLOCK + 'drop_lines = ["a\\nb"]\n', 4, "several lines"),
    "no list of lines": (BLOCK + "drop_lines = 'x'\n", 4, "must be a list, not a string"),
    "a line to drop and to keep": (
        BLOCK + "drop_lines = ['Read on']\nkeep_lines = ['READ ON:']\n",
        5,
        "is in drop_lines too",
    ),
    "an interval of no time": ("[crawl]\nlearn = '0s'\n", 2, "at least 1"),
    "a key twice": ("[network]\ntimeout = 1\ntimeout = 2\n", 3, "not TOML"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_with_file_line_and_key(name: str) -> None:
    text, line, says = MISTAKES[name]
    with pytest.raises(ConfigError) as raised:
        read(text)
    message = str(raised.value)
    assert message.startswith(f"wirewatch.toml:{line}: ")
    assert "\n" not in message
    assert says in message


def test_the_command_says_it_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "wirewatch.toml").write_text(BLOCK + "feds = []\n")
    done = wirewatch("crawl", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == [done.stderr.strip()]
    assert "wirewatch.toml:4" in done.stderr
    assert "feeds" in done.stderr
    assert not (tmp_path / "wirewatch.db").exists()


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    done = wirewatch("--config", "none.toml", "sources", "list", cwd=tmp_path)
    assert done.returncode == 2
    assert "none.toml" in done.stderr
    (tmp_path / "wirewatch.toml").write_bytes(b"# \xff\n")
    done = wirewatch("sources", "list", cwd=tmp_path)
    assert done.returncode == 2
    assert "wirewatch.toml:1: is not UTF-8" in done.stderr


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "https://user:secret@x.example/", "x y"])
def test_a_bad_address_on_the_command_line_is_one_line(tmp_path: Path, url: str) -> None:
    done = wirewatch("crawl", url, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_every_key_is_in_the_docs() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    for section, model in SECTIONS.items():
        assert f"[{section}]" in page
        for key in model.model_fields:
            assert f"`{key}`" in page, f"{section}.{key}"
    for variable in ("WIREWATCH_CONFIG", "WIREWATCH_DATABASE", "WIREWATCH_ALLOW_NETWORK"):
        assert variable in page


def test_the_example_is_valid() -> None:
    config = load(DOCS / "wirewatch.example.toml", env={})
    assert [source.name for source in config.sources] == ["tagesblatt", "courier"]
