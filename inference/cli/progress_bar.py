"""A logger for the terminal: it draws a progress bar where a function writes JSON lines."""

from __future__ import annotations

import sys
from typing import Any

WIDTH = 30
WAITING = {
    "looking": "asking the Hub",
    "checking": "checking what came",
    "loading": "loading",
}
"""Texts for stages; a conversion's stages are texts already."""


class ProgressBar:
    """The logger of :class:`inference.runtime.model_runner.ModelRunner` on the command line."""

    def __init__(self, stream: Any = sys.stderr) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._shown = ""

    def info(self, msg: object, **facts: Any) -> None:
        """Draw a bar for bytes and steps; print the name of other stages."""
        if facts.get("stage") == "downloading":
            whole = facts["total_bytes"]
            self._bar("downloading", facts["done_bytes"] / 1e6, whole / 1e6, "MB")
        elif "steps" in facts:
            self._bar("inferring", facts["step"], facts["steps"], f"steps, {facts['remaining_s']:.0f} s left")
        elif "stage" in facts:
            self._draw(WAITING.get(facts["stage"], facts["stage"]), is_new=True)

    def warning(self, msg: object, **facts: Any) -> None:
        """Print a warning on its own line."""
        self._draw(str(msg), is_new=True)

    def exception(self, msg: object, **facts: Any) -> None:
        """Print the message only: the command prints the error itself when it ends."""
        self.warning(msg)

    def end(self) -> None:
        """Clear the progress line."""
        if self._is_terminal and self._shown:
            self._stream.write("\r\033[K")
        self._stream.flush()

    def _bar(self, what: str, done: float, whole: float, unit: str) -> None:
        self._draw(
            f"{what} {draw_bar(done, whole)} {done:.1f} of {whole:.1f} {unit}",
            is_new=not self._shown.startswith(what),
        )

    def _draw(self, text: str, *, is_new: bool) -> None:
        """On a terminal, overwrite the line; elsewhere print one line for each stage, not for each step."""
        if self._is_terminal:
            self._stream.write(f"\r\033[K{text}")
        elif is_new and text != self._shown:
            self._stream.write(f"{text}\n")
        self._stream.flush()
        self._shown = text


def draw_bar(done: float, whole: float) -> str:
    """``WIDTH`` characters, of which the share that is done is dark."""
    filled = round(WIDTH * min(1.0, done / whole)) if whole else 0
    return "█" * filled + "░" * (WIDTH - filled)
