"""Answers marked where they stand in the text that was asked."""

from __future__ import annotations

from html import escape
from typing import Any

from playground.results.bars import bars

TAGS = ("question-answering",)


def draw(inputs: Any, result: Any) -> str:
    """The context with the best ``{"answer", "start", "end", "score"}`` marked, and all with their scores."""
    answers = result if isinstance(result, list) else [result]
    best, context = answers[0], inputs["context"]
    before, after = context[: best["start"]], context[best["end"] :]
    return (
        f'<p class="spans">{escape(before)}<mark class="hue0">{escape(context[best["start"] : best["end"]])}'
        f"</mark>{escape(after)}</p>"
        + bars([(each["answer"] or "no answer", each["score"]) for each in answers])
    )
