"""The picture of the README: the page with an answer, small enough to commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from tests.support.browser import SCREENSHOTS, viewed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST_BYTES = 150_000


def test_the_picture_is_small(browser: Browser, url: str) -> None:
    with viewed(browser, url) as view:
        panel = view.open_tab("entities")
        panel.get_by_role("button", name="Run", exact=True).click()
        view.answered(panel)
        panel = view.open_tab("sentiment")
        panel.get_by_role("button", name="Run", exact=True).click()
        view.answered(panel)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / "playground.png"
        view.page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.quantize(128).save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES
