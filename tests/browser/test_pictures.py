"""``make pictures``: every view, wide and on a phone, light and dark; the README's are among them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from inference.tasks import all_tasks
from tests.support.browser import NARROW, SCREENSHOTS, WAIT_MS, WIDE, shoot, viewed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST_BYTES = 120_000
SHOWN = ("sentiment-light-1280", "embeddings-light-1280", "entities-dark-390", "speech-light-390")
"""Those of the documents; what they hold fits into the first window."""
EXAMPLE = {"embeddings": "A map of six", "speech": "Word by word"}
"""Function -> the example that shows most."""

pytestmark = [
    pytest.mark.skipif(not os.environ.get("HUBLET_PICTURES"), reason="make pictures takes them"),
    pytest.mark.timeout(3600),
]


@pytest.mark.parametrize(
    ("width", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]
)
def test_every_view_fits_and_is_accessible(browser: Browser, url: str, width: int, scheme: str) -> None:
    with viewed(browser, url, width, scheme) as view:
        for task in all_tasks():
            name = task.function_name
            panel = view.open_tab(name)
            if name == "chat":
                panel.get_by_role("button", name="Name three fruits.").click()
                panel.locator(".facts", has_text="first token").first.wait_for(timeout=WAIT_MS)
                view.rested(panel)
            else:
                title = EXAMPLE.get(name, task.examples[0].title)
                panel.get_by_role("button", name=title, exact=True).click()
                view.run(panel)
            shoot(view.page, f"{name}-{scheme}-{width}")
            assert view.scroll_width <= width, name
            assert view.faults() == [], name


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_of_the_documents_is_small(name: str) -> None:
    path = SCREENSHOTS / f"{name}.png"
    with Image.open(path) as picture:
        picture.crop((0, 0, picture.width, min(picture.height, 1000))).quantize(128).save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES
