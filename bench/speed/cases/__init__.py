"""The cases of the benchmark: models, and what they are asked."""

from __future__ import annotations

from bench.speed.cases import chat, encoders, images, pictures, speech, text_to_text

CASES = (
    *encoders.CASES,
    *images.CASES,
    *text_to_text.CASES,
    *speech.CASES,
    *chat.CASES,
    *pictures.CASES,
)
