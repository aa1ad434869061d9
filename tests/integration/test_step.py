"""A step prints one line, keeps its output in a log, and names that log when it fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from local.commands.step import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_output_goes_to_the_log_and_not_to_the_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "logs" / "hello.log"
    assert run("greeting", log, [sys.executable, "-c", "print('hello')"]) == 0
    out, err = capfd.readouterr()
    assert (out, err.splitlines()) == ("", ["greeting ...", err.splitlines()[-1]])
    assert err.splitlines()[-1].startswith("greeting: done in ")
    assert log.read_text().strip() == "hello"


def test_a_failure_keeps_its_status_and_names_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "bad.log"
    assert run("breaking", log, [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]) == 3
    err = capfd.readouterr().err
    assert str(log) in err
    assert "the reason" in err


def test_a_command_that_is_not_there_is_a_failure(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("nothing", tmp_path / "no.log", ["no-such-command"]) == 127
    assert "no-such-command: No such file" in capfd.readouterr().err
