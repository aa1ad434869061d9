"""How far a batch is, in one line of the terminal."""

from __future__ import annotations

import sys
import time
from typing import Any

from inference.cli.progress_bar import draw_bar

EVERY_S = 0.2
EVERY_LOGGED_S = 30.0


class BatchBar:
    """A bar on a terminal; elsewhere a line now and then."""

    def __init__(self, stream: Any = sys.stderr) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._begun_s = time.monotonic()
        self._first: int | None = None
        self._shown_s = 0.0

    def show(self, done: int, total: int) -> None:
        """``done`` of ``total`` lines of this pass are through."""
        now_s = time.monotonic()
        if self._first is None:
            self._first = done
        wait_s = EVERY_S if self._is_terminal else EVERY_LOGGED_S
        if now_s - self._shown_s < wait_s and done < total:
            return
        self._shown_s = now_s
        text = f"{draw_bar(done, total)} {done:,} of {total:,} lines{self._pace(done, total, now_s)}"
        self._stream.write(f"\r\033[K{text}" if self._is_terminal else f"{text}\n")
        self._stream.flush()

    def end(self) -> None:
        """The next words begin on a line of their own."""
        if self._is_terminal and self._first is not None:
            self._stream.write("\n")

    def _pace(self, done: int, total: int, now_s: float) -> str:
        here = done - (self._first or 0)
        if not here:
            return ""
        rate = here / max(0.001, now_s - self._begun_s)
        return f", {rate:,.0f} a second, {(total - done) / rate:,.0f} s left"
