"""What was said, with times where the function tells them."""

from __future__ import annotations

from html import escape
from typing import Any

TAGS = ("automatic-speech-recognition",)


def draw(inputs: Any, result: Any) -> str:
    """The text; with ``return_timestamps`` each phrase with its seconds, else the whole."""
    chunks = result.get("chunks")
    if not chunks:
        return f'<blockquote class="transcript">{escape(result["text"].strip())}</blockquote>'
    rows = "".join(
        f'<tr><th scope="row">{_clock(each["timestamp"][0])} – {_clock(each["timestamp"][1])}</th>'
        f"<td>{escape(each['text'].strip())}</td></tr>"
        for each in chunks
    )
    return f'<table class="transcript"><caption>Transcript with seconds</caption>{rows}</table>'


def _clock(seconds: float | None) -> str:
    return "…" if seconds is None else f"{seconds:.1f}"
