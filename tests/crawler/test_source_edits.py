"""Sources switched off and on in the config file; everything else in it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.blocks import set_enabled
from crawler.source_edits import switch
from pipelines.errors import UsageError

TEXT = """\
# ours
[[sources]]
name = "one"   # the first
url = "https://one.example/"

[[sources]]
name = "two"
url = "https://two.example/"
enabled = false
"""


def test_off_and_on_again_is_what_it_was() -> None:
    off = set_enabled(TEXT, "one", enabled=False)
    assert "enabled = false" in off.split("[[sources]]")[1]
    assert "# the first" in off
    assert set_enabled(off, "one", enabled=True) == TEXT
    assert set_enabled(TEXT, "one", enabled=True) == TEXT
    assert "enabled" not in set_enabled(TEXT, "two", enabled=True)


def test_sources_written_in_one_line_are_switched_as_well() -> None:
    text = 'sources = [{name = "one", url = "https://one.example/"}]\n'
    assert "enabled = false" in set_enabled(text, "one", enabled=False)


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wirewatch.toml"
    path.write_text(TEXT)
    with pytest.raises(UsageError, match="no source named three"):
        switch(path, "three", enabled=False)
    switch(path, "one", enabled=False)
    assert "enabled = false" in path.read_text()
