"""The catalogue of faults is kept: each row names an outcome there is and a test there is."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.items import Outcome

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
HEAD = "| fault | how injected | what the user sees | outcome | test |"


def rows() -> list[list[str]]:
    found = []
    for table in PAGE.split(HEAD)[1:]:
        for line in table.strip().splitlines()[1:]:
            if not line.startswith("|"):
                break
            found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_each_row_is_whole() -> None:
    assert len(rows()) >= 60
    assert all(len(row) == 5 and row[0] and row[1] and row[4] for row in rows())


def test_each_test_that_is_named_exists() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^(?:async )?def (test_\w+)\(", code, re.MULTILINE))
    named = {name for row in rows() for name in re.findall(r"`(test_\w+)`", row[4])}
    assert named
    assert named <= there


def test_each_outcome_that_is_named_exists() -> None:
    cells = [row[3] for row in rows() if re.fullmatch(r"(?:`\w+`(?:, )?)+", row[3])]
    named = {word for cell in cells for word in re.findall(r"`(\w+)`", cell)}
    assert len(cells) > 40
    assert named <= {outcome.value for outcome in Outcome}
