"""What a comparison says of its figures."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from playground.client import Reply
from playground.measured import Measured, advice, measured, table

POSITIVE = Measured("a", "POSITIVE", 0.9, frozenset({"POSITIVE", "NEGATIVE"}), 10.0, 5, 80.0, 100_000_000)


def replied(label: str, inference_ms: float, *, loads: bool = False) -> Reply:
    timing = f"load;dur=900, inference;dur={inference_ms}" if loads else f"inference;dur={inference_ms}"
    headers = {"content-type": "application/json", "server-timing": timing, "x-peak-memory-mb": "80"}
    body = json.dumps([[{"label": label, "score": 0.75}, {"label": "other", "score": 0.25}]])
    return Reply(200, headers, body.encode(), 0.1)


def test_the_call_that_loaded_the_model_does_not_count() -> None:
    replies = [replied("x", 50, loads=True), *(replied("x", each) for each in (3, 9, 4))]
    found = measured("m", replies, None)
    assert (found.gist, found.score, found.inference_ms, found.calls) == ("x", 0.75, 4, 3)
    assert found.labels == {"x", "other"}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"inference_ms": 21.0, "size_bytes": 200_000_000}, "All say POSITIVE. a is 2.1 times as fast as b, "
         "with 50% of the size. Take a for inputs like this one."),
        ({"gist": "NEGATIVE", "inference_ms": 10.1}, "Their answers differ. They are about equally fast. "
         "Try more inputs of your own before you choose."),
        ({"labels": frozenset({"joy"}), "gist": "joy", "inference_ms": 20.0}, "They answer different "
         "questions: no label is the same. a is 2.0 times as fast as b. Choose by the question that you "
         "have."),
        ({"size_bytes": 40_000_000}, "All say POSITIVE. They are about equally fast. "
         "Take b for inputs like this one."),
    ],
)  # fmt: skip
def test_the_advice_follows_from_the_figures(other: dict[str, Any], said: str) -> None:
    rows = [POSITIVE, replace(POSITIVE, name="b", **other)]
    assert advice(rows) == f'<p class="advice">{said}</p>'


def test_a_table_has_what_is_known_and_one_candidate_is_no_comparison() -> None:
    drawn = table([POSITIVE, replace(POSITIVE, name="<b>", score=None, memory_mb=None, size_bytes=None)])
    assert "90.0%" in drawn
    assert "100.0 MB" in drawn
    assert "&lt;b&gt;" in drawn
    assert advice([POSITIVE]) == ""
