"""The playground as a user starts it, and its pages in a browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.leftovers import assert_gone, descendants, free_ports
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


START_S = 600
"""The first start makes the demo models."""

WAIT_MS = 600_000
"""A first answer downloads and converts its model."""

SCREENSHOTS = ROOT / "build" / "screenshots"

WIDE, NARROW = 1280, 390

HEIGHT = 900

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class View:
    """A page in the browser, and what went wrong in it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    """Lines of the console."""
    outside: list[str] = field(default_factory=list)
    """Addresses that were asked for and are not on this machine."""

    def open_tab(self, name: str) -> Any:
        """A function's view, or one that compares, once its inside is there and its first example has run."""
        size = self.page.viewport_size
        if size and size["width"] > NARROW:
            self.page.locator(f'nav.menu a[href="#{name}"]').click()
        else:
            self.page.locator("#menu-field").select_option(name)
        panel = self.page.locator(f"#at-{name}")
        panel.locator(".about").first.wait_for(timeout=WAIT_MS)
        self.rested(panel)
        return panel

    def rested(self, panel: Any) -> None:
        """Wait for what runs by itself, or was begun."""
        panel.get_by_text("Running the first example.").wait_for(state="hidden", timeout=WAIT_MS)
        panel.locator(".wait").first.wait_for(state="detached", timeout=WAIT_MS)
        panel.locator("button.main-act").filter(visible=True).first.wait_for(timeout=WAIT_MS)

    def run(self, panel: Any) -> Any:
        """Press Run; what stands where answers stand, once the new one is there."""
        old = panel.locator(".result .facts, .result .refusal")
        old.evaluate_all("each => each.forEach(element => element.classList.add('old'))")
        panel.get_by_role("button", name="Run", exact=True).click()
        return self.answered(panel)

    def answered(self, panel: Any, inside: str = ".result") -> Any:
        """What stands where answers stand, once one is there and whole."""
        answer = panel.locator(f"{inside} .facts:not(.old), {inside} .refusal:not(.old)")
        answer.filter(visible=True).first.wait_for(timeout=WAIT_MS)
        self.rested(panel)
        return panel.locator(inside).filter(visible=True).first

    def faults(self) -> list[str]:
        """What axe finds that is serious or critical, with the first place of each."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {each['nodes'][0]['html'][:200]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    @property
    def scroll_width(self) -> int:
        """Of the whole page in pixels: more than the window's if something sticks out."""
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


@contextmanager
def playground(*arguments: str, **environ: str) -> Iterator[str]:
    """``python -m playground`` on a free port; ends as Ctrl-C would, and then nothing of it may be left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "--port", str(free_ports(1)[0]), *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    watchdog = threading.Timer(START_S, process.kill)
    watchdog.start()
    line = process.stdout.readline()
    watchdog.cancel()
    try:
        assert line.startswith("ready http://127.0.0.1:"), line
        yield line.split()[1]
    finally:
        started = [process.pid, *descendants(process.pid)]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        process.stdout.close()
        assert_gone(started)


@contextmanager
def viewed(browser: Browser, url: str, width: int = WIDE, scheme: Any = "light") -> Iterator[View]:
    """A page; it must leave the console without errors and ask nothing of other machines."""
    page = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    view = View(page)
    page.on("console", lambda line: view.errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: view.errors.append(str(error)))
    page.on("request", lambda request: view.outside.append(request.url) if _is_outside(request.url) else None)
    page.set_default_timeout(60_000)
    page.goto(url)
    try:
        yield view
    finally:
        page.close()
    assert view.errors == []
    assert view.outside == []


def _is_outside(address: str) -> bool:
    return not address.startswith(("http://127.0.0.1:", "data:", "blob:"))


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page as a build output."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
