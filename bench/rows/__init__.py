"""The rows of the benchmark: what is measured, and on what."""

from __future__ import annotations

from bench.rows import chat, encoders, images, speech, text_to_text

ROWS = (*encoders.ROWS, *images.ROWS, *text_to_text.ROWS, *speech.ROWS, *chat.ROWS)
