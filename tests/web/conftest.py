"""One browser for the tests of a module, in each process that runs some of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from browsing import chromium, chromium_path
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright's loop would be in the way of asyncio.run in other modules' tests: not for the whole session.
    if chromium_path() is None:
        missing = "no chromium on the path: apt-get install chromium, or .ci/browser"
        if os.environ.get("WIREWATCH_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with chromium() as browser:
        yield browser
