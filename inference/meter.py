"""A log for a person who waits at a terminal: one line that moves, where a function writes JSON lines."""

from __future__ import annotations

import sys
from typing import Any

WIDTH = 30
WAITING = {
    "looking": "asking the Hub",
    "checking": "checking what came",
    "loading": "loading",
}
"""Stages in other words; those of a conversion say what they do."""


class Meter:
    """Takes what :class:`inference.runs.Runs` has to tell."""

    def __init__(self, stream: Any = sys.stderr) -> None:
        self._stream = stream
        self._moves = stream.isatty()
        self._shown = ""

    def info(self, msg: object, **facts: Any) -> None:
        """Draw a bar for bytes and steps, name other stages."""
        if facts.get("stage") == "downloading":
            whole = facts["total_bytes"]
            self._bar("downloading", facts["done_bytes"] / 1e6, whole / 1e6, "MB")
        elif "steps" in facts:
            self._bar("inferring", facts["step"], facts["steps"], f"steps, {facts['remaining_s']:.0f} s left")
        elif "stage" in facts:
            self._draw(WAITING.get(facts["stage"], facts["stage"]), is_new=True)

    def warning(self, msg: object, **facts: Any) -> None:
        """Say it on a line of its own."""
        self._draw(str(msg), is_new=True)

    def exception(self, msg: object, **facts: Any) -> None:
        """The same: whoever waits is told the error itself where it ends the run."""
        self.warning(msg)

    def end(self) -> None:
        """Leave the line that moved."""
        if self._moves and self._shown:
            self._stream.write("\r\033[K")
        self._stream.flush()

    def _bar(self, what: str, done: float, whole: float, unit: str) -> None:
        filled = round(WIDTH * min(1.0, done / whole)) if whole else 0
        bar = "█" * filled + "░" * (WIDTH - filled)
        self._draw(f"{what} {bar} {done:.1f} of {whole:.1f} {unit}", is_new=not self._shown.startswith(what))

    def _draw(self, text: str, *, is_new: bool) -> None:
        """On a terminal over what stood there; elsewhere one line for each stage, not for each step."""
        if self._moves:
            self._stream.write(f"\r\033[K{text}")
        elif is_new and text != self._shown:
            self._stream.write(f"{text}\n")
        self._stream.flush()
        self._shown = text
