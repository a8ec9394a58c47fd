"""Async tests run in a loop of their own, no plugin is needed for that; the long tests leave a report.

No test is failed by the clock of a busy machine: Hypothesis has no deadlines.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

REPORT = Path(__file__).parents[1] / "bench" / "results" / "reliability.json"


class TogetherScheduling(LoadScopeScheduling):
    """Tests of modules that make something for all of them are run in one process, all others in any.

    xdist's own groups would say it test by test, but pytest 9.2 does not let it rename tests.
    """

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.split("::")[0]
        return name if _shares(name) else nodeid


@cache
def _shares(name: str) -> bool:
    text = (Path(__file__).parents[1] / name).read_text()
    return 'scope="module"' in text or "mark.browser" in text


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> TogetherScheduling:
    return TogetherScheduling(config, log)  # type: ignore[arg-type]


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
