"""What ``make run`` says while the functions work: each stage once, whoever logged it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.commands.run import FACTORY, ProgressLines


def line(stage: str, done_bytes: int = 0, total_bytes: int = 0) -> str:
    return json.dumps({"stage": stage, "done_bytes": done_bytes, "total_bytes": total_bytes})


def said(capsys: pytest.CaptureFixture[str], *logged: tuple[str, str], at_once: int = 1) -> list[str]:
    show = ProgressLines(at_once)
    for name, text in logged:
        show(name, text)
    return capsys.readouterr().err.splitlines()


def test_a_stage_is_said_once_whoever_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    logged = [("spam", "exporting"), (FACTORY, "exporting"), (FACTORY, "proving"), ("spam", "proving")]
    assert said(capsys, *((name, line(stage)) for name, stage in logged)) == ["  exporting", "  proving"]


def test_the_next_function_says_its_stages_anew(capsys: pytest.CaptureFixture[str]) -> None:
    logged = [("spam", "exporting"), ("spam", "exporting"), ("emotion", "exporting")]
    assert said(capsys, *((name, line(stage)) for name, stage in logged)) == ["  exporting"] * 2


def test_the_factory_tells_how_much_has_come_and_the_waiting_function_is_not_heard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logged = [
        ("spam", line("starting")),
        (FACTORY, line("downloading", 1_000_000, 4_000_000)),
        ("spam", line("downloading", 1_000_000, 4_000_000)),
        (FACTORY, line("downloading", 4_000_000, 4_000_000)),
    ]
    assert said(capsys, *logged) == [
        "  starting",
        "  downloading 1.0 of 4.0 MB",
        "  downloading 4.0 of 4.0 MB",
    ]


def test_a_function_that_downloads_by_itself_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    logged = [("spam", line("downloading", 1_000_000, 4_000_000))] * 2
    assert said(capsys, *logged) == ["  downloading 1.0 of 4.0 MB"]


def test_of_two_at_once_each_has_its_name_and_the_factory_is_not_heard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logged = [
        ("spam", line("exporting")),
        ("emotion", line("downloading", 1_000_000, 4_000_000)),
        (FACTORY, line("proving")),
        ("spam", line("exporting")),
        ("emotion", line("exporting")),
    ]
    assert said(capsys, *logged, at_once=2) == [
        "  spam: exporting",
        "  emotion: downloading 1.0 of 4.0 MB",
        "  emotion: exporting",
    ]


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_warnings_and_errors_are_said_in_full(capsys: pytest.CaptureFixture[str], level: str) -> None:
    entry: dict[str, Any] = {"level": level, "message": "the Hub did not answer", "exception": "OSError"}
    assert said(capsys, ("spam", json.dumps(entry)), ("spam", "no json"), ("spam", "[1]")) == [
        "spam: the Hub did not answer OSError"
    ]
