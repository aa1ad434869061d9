"""Texts side by side: what went in and what the model wrote."""

from __future__ import annotations

from html import escape
from typing import Any

TAGS = ("summarization", "text-generation", "translation")
WRITTEN = ("summary_text", "translation_text", "generated_text")


def draw(inputs: Any, result: Any) -> str:
    """Two columns; one below the other in a narrow window."""
    first = result[0] if isinstance(result, list) else result
    text = next(str(first[key]) for key in WRITTEN if key in first)
    return (
        '<div class="side-by-side">'
        f"<figure><figcaption>Given · {_size(inputs)}</figcaption><p>{escape(inputs)}</p></figure>"
        f'<figure class="written"><figcaption>Written · {_size(text)}</figcaption>'
        f"<p>{escape(text)}</p></figure>"
        "</div>"
    )


def _size(text: str) -> str:
    words = len(text.split())
    return f"{words} word{'s' * (words != 1)}"
