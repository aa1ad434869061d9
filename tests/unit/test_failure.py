"""What a failed preparation says to those who come later."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from inference.errors import ModelNotReady
from inference.failure import LONGEST_HOLD_S, Failure, doubled

TOO_SHORT = Failure("ModelNotReady", "raise the timeout", None, 60.0, "here", had_s=50.0)


def test_it_is_read_as_it_was_written() -> None:
    assert Failure.read({"failure": asdict(TOO_SHORT), "ended": True}, "here") == TOO_SHORT


@pytest.mark.parametrize(
    "note",
    [
        {},
        {"failure": None},
        {"failure": "text"},
        {"failure": {"kind": "ModelNotReady"}},
        {"failure": {**asdict(TOO_SHORT), "added_later": 1}},
        {"failure": {**asdict(TOO_SHORT), "kind": "printable"}},
        {"failure": {**asdict(TOO_SHORT), "kind": "Unheard"}},
        {"failure": asdict(replace(TOO_SHORT, purpose="elsewhere"))},
    ],
)
def test_anything_else_is_none(note: dict[str, Any]) -> None:
    assert Failure.read(note, "here") is None


@pytest.mark.parametrize(("remaining_s", "concerns"), [(10, True), (50, True), (54, True), (56, False)])
def test_a_call_with_more_time_tries(remaining_s: float, concerns: bool) -> None:
    assert TOO_SHORT.concerns(remaining_s) is concerns
    assert replace(TOO_SHORT, had_s=None).concerns(remaining_s)


def test_the_error_names_what_is_left_of_the_hold() -> None:
    error = TOO_SHORT.error(12.5)
    assert (type(error), error.message, error.retry_after_s) == (ModelNotReady, "raise the timeout", 12.5)
    assert replace(TOO_SHORT, retry_after_s=30.0).error(-1).retry_after_s == 30.0


def test_a_hold_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [doubled(count) for count in (1, 2, 3, 4, 5, 99)] == [
        60,
        120,
        240,
        480,
        LONGEST_HOLD_S,
        LONGEST_HOLD_S,
    ]
