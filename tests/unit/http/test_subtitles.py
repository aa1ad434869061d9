"""Subtitles: clocks, numbers, and texts that look like times."""

from __future__ import annotations

import pytest

from inference.http.openai.subtitles import clock, srt, vtt

CHUNKS = [
    {"text": " Hello\nthere.", "timestamp": [0.0, 1.5]},
    {"text": " 1 --> 2", "timestamp": [3599.9996, 7200.02]},
]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "00:00:00,000"), (59.9999, "00:01:00,000"), (360_000.25, "100:00:00,250")]
)
def test_clocks(seconds: float, shown: str) -> None:
    assert clock(seconds, ",") == shown


def test_srt() -> None:
    assert srt(CHUNKS) == (
        "1\n00:00:00,000 --> 00:00:01,500\nHello there.\n\n2\n01:00:00,000 --> 02:00:00,020\n1 -> 2\n\n"
    )


def test_vtt() -> None:
    assert vtt(CHUNKS).startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello there.\n\n01:00:00.000")
    assert vtt([]) == "WEBVTT\n\n"
