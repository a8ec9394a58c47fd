"""What is documented is what there is: outcomes, commands, settings, exit codes; and the size of modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.cli import COMMANDS
from crawler.summary import Summary
from pipelines.changes import CHANGE_MEANING, ChangeKind
from pipelines.items import OUTCOME_MEANING, Outcome
from pipelines.metadata.clocks import FLAG_MEANING, Flag

ROOT = Path(__file__).parents[1]


def test_outcomes_are_the_same_words_in_code_docs_and_summary() -> None:
    words = [outcome.value for outcome in Outcome]
    documented = re.findall(r"^\| `(\w+)` \| (.+) \|$", (ROOT / "docs/outcomes.md").read_text(), re.M)
    assert documented == [(word, OUTCOME_MEANING[Outcome(word)]) for word in words]
    figures = list(Summary().figures())
    assert figures == ["sources", "failed", *words, "seconds"]


def test_kinds_of_change_and_flags_are_the_same_words_in_code_and_docs() -> None:
    page = (ROOT / "docs/versions.md").read_text()
    documented = re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.M)
    assert documented == [*CHANGE_MEANING.items(), *FLAG_MEANING.items()]
    assert list(CHANGE_MEANING) == list(ChangeKind)
    assert list(FLAG_MEANING) == list(Flag)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str) -> None:
    from click.testing import CliRunner

    from crawler.cli import main_group

    result = CliRunner().invoke(main_group, [command, "--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.output or "Commands:" in result.output


def test_readme_names_only_commands_that_exist() -> None:
    named = set(re.findall(r"^\s+wirewatch (?:--\S+ )*([a-z]+)", (ROOT / "README.md").read_text(), re.M))
    assert named
    assert named <= set(COMMANDS)


def test_modules_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("crawler", "pipelines", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert not long
