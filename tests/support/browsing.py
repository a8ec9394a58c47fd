"""A real browser for tests: Debian's Chromium by Playwright, and all that a page does in it put on record."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, sync_playwright

# Nothing of Chromium's own goes out, so that every request on record is the page's.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# No colour is caught on its way to another: transitions are for those who want motion.
_USUAL: dict[str, Any] = {"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce"}


def chromium_path() -> str | None:
    return shutil.which("chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for as long as it is open; no other event loop can run in this thread meanwhile."""
    path = chromium_path()
    assert path is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=list(ARGUMENTS), headless=True, chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Record:
    """What happened in a context: requests by address, console lines, errors of scripts, dialogs, pop-ups.

    `refused` are the addresses that were not asked for anything only because the page's policy forbids it.
    """

    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    popups: list[str] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def hosts(self) -> set[str]:
        """The authorities that were asked for anything over the network."""
        parts = [urlsplit(url) for url in self.requests]
        return {part.netloc for part in parts if part.scheme not in ("data", "blob", "about")}

    def forget(self) -> None:
        for kind in vars(self).values():
            kind.clear()

    def troubles(self) -> list[str]:
        """Console errors and warnings, and uncaught errors."""
        return [line for line in self.console if line.startswith(("error", "warning"))] + self.errors


class Visitor:
    """A context manager: a context of its own in the browser with one page, and the record of it."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self._browser, self._options = browser, {**_USUAL, **options}
        self.record = Record()

    def __enter__(self) -> Self:
        self.context: BrowserContext = self._browser.new_context(**self._options)
        self.context.set_default_timeout(10_000)
        # Whatever leads elsewhere is put on record and goes nowhere.
        self.context.route(lambda url: urlsplit(url).hostname not in ("127.0.0.1", "localhost"), _nowhere)
        record = self.record
        self.context.on("request", lambda request: record.requests.append(request.url))
        self.context.on("console", lambda line: record.console.append(f"{line.type}: {line.text}"))
        self.context.on("weberror", lambda error: record.errors.append(str(error.error)))
        self.context.on("dialog", self._dialog)
        self.context.on("requestfailed", self._failed)
        self.page: Page = self.context.new_page()
        self.page.on("download", lambda download: record.downloads.append(download.url))
        self.context.on("page", lambda page: record.popups.append(page.url))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.context.close()

    def _failed(self, request: Request) -> None:
        if request.failure == "csp":
            self.record.requests.remove(request.url)
            self.record.refused.append(request.url)

    def _dialog(self, dialog: Dialog) -> None:
        self.record.dialogs.append(dialog.message)
        dialog.dismiss()


def _nowhere(route: Any) -> None:
    route.abort("blockedbyclient")


def overflow(page: Page) -> list[str]:
    """What stands out of the page's right or left edge, by tag, id and class; empty: nothing scrolls sideways."""
    return page.evaluate(
        """() => {
            const root = document.scrollingElement, wide = root.clientWidth;
            if (root.scrollWidth <= wide) return [];
            const out = [...document.body.querySelectorAll("*")].filter(one => {
                const box = one.getBoundingClientRect();
                return box.width && (box.right > wide + 1 || box.left < -1);
            });
            const name = one => one.tagName.toLowerCase() + (one.id ? "#" + one.id : "")
                + (typeof one.className == "string" && one.className ? "." + one.className.replace(/ +/g, ".") : "");
            return ["scrollWidth " + root.scrollWidth + " > " + wide, ...out.slice(0, 5).map(name)];
        }"""
    )


def violations(page: Page) -> list[str]:
    """What axe finds: rule, how bad, and where; all WCAG 2.x A and AA rules and best practices."""
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate("typeof axe == 'object'"):
        page.evaluate(AXE_SCRIPT)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", tags
    )
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node.get('failureSummary', '')}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def screenshots() -> Path:
    """Where they are kept: $WIREWATCH_SCREENSHOTS, or test-results/screenshots of the project."""
    named = os.environ.get("WIREWATCH_SCREENSHOTS")
    folder = Path(named) if named else Path(__file__).parents[2] / "test-results" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
