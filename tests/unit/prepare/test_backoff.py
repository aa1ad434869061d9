"""What a failed preparation says to those who come later."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

import pytest

from inference.errors import LONGEST_RETRY_S, ModelNotReady
from inference.http.response import http_error
from inference.prepare.backoff import LONGEST_BACKOFF_S, Failure, backoff_s

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
        {"failure": asdict(replace(TOO_SHORT, spec_key="elsewhere"))},
    ],
)
def test_anything_else_is_none(note: dict[str, Any]) -> None:
    assert Failure.read(note, "here") is None


@pytest.mark.parametrize("odd", [math.inf, math.nan, 1e300, -5.0, "soon", True, [], {}])
def test_odd_figures_in_a_note_hold_nobody_for_long(odd: Any) -> None:
    figures = dict.fromkeys(("retry_after_s", "backoff_s", "count", "had_s"), odd)
    found = Failure.read({"failure": {**asdict(TOO_SHORT), **figures}}, "here")
    assert found
    assert 0 <= found.backoff_s <= LONGEST_RETRY_S
    assert backoff_s(found.count + 1) <= LONGEST_BACKOFF_S
    assert found.concerns(10) in (True, False)
    http_error(found.error(found.left_s(0, 0)), "id")
    assert Failure.read({"failure": {**asdict(TOO_SHORT), "message": odd}}, "here") in (
        None,
        replace(TOO_SHORT, message="soon"),
    )


def test_a_failure_that_is_dated_in_the_future_holds_no_longer() -> None:
    assert TOO_SHORT.left_s(since_s=100, now_s=110) == 50
    assert TOO_SHORT.left_s(since_s=9e9, now_s=110) == 60


@pytest.mark.parametrize(("remaining_s", "concerns"), [(10, True), (50, True), (54, True), (56, False)])
def test_a_call_with_more_time_tries(remaining_s: float, concerns: bool) -> None:
    assert TOO_SHORT.concerns(remaining_s) is concerns
    assert replace(TOO_SHORT, had_s=None).concerns(remaining_s)


def test_the_error_names_what_is_left_of_the_hold() -> None:
    error = TOO_SHORT.error(12.5)
    assert (type(error), error.message, error.retry_after_s) == (ModelNotReady, "raise the timeout", 12.5)
    assert replace(TOO_SHORT, retry_after_s=30.0).error(-1).retry_after_s == 30.0


def test_a_hold_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [backoff_s(count) for count in (1, 2, 3, 4, 5, 99)] == [
        60,
        120,
        240,
        480,
        LONGEST_BACKOFF_S,
        LONGEST_BACKOFF_S,
    ]
