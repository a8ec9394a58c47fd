"""Async tests run in a loop of their own, no plugin is needed for that; the long tests leave a report.

No test is failed by the clock of a busy machine: Hypothesis has no deadlines.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

REPORT = Path(__file__).parents[1] / "bench" / "results" / "reliability.json"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a fixture of their module are run in one process, in which it is made once."""
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs.values()
        if any(defined[-1].scope == "module" for defined in fixtures):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the long tests recorded as "reliability", a line each, whichever process they ran in; kept in a file."""
    figures = [
        {**value, "held": report.passed, "seconds": round(report.duration)}
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == "reliability"
    ]
    if not figures:
        return
    terminalreporter.section("reliability")
    for one in figures:
        terminalreporter.write_line(" ".join(f"{key}={value}" for key, value in one.items() if key != "each"))
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(figures, indent=1) + "\n")
