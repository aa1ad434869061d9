"""The playground as a user starts it, in a browser that is there: Debian's chromium, without a window."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import View, playground, viewed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


# For this folder alone: while Playwright is open, its event loop runs, and no other may begin.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, and no chromium is there")
        pytest.skip("no chromium is there")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Root has no sandbox, and containers have little shared memory.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        running = playwright.chromium.launch(executable_path=path, args=options)
        yield running
        running.close()


@pytest.fixture(scope="package")
def url(browser: Browser, template: Path, cache: Path) -> Iterator[str]:
    """The playground over all functions, on the session's cache."""
    with playground("--template", str(template), "--cache", str(cache)) as address:
        yield address


@pytest.fixture(scope="package")
def view(browser: Browser, url: str) -> Iterator[View]:
    """One wide page for all tests that only open tabs and run examples."""
    with viewed(browser, url) as opened:
        yield opened
