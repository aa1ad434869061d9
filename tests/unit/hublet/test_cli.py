"""The command's help, its errors, and its completion."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import shtab

from hublet import cli
from hublet.failure import Failure
from tests.support.paths import ROOT

if TYPE_CHECKING:
    import argparse


def test_the_help_has_a_line_for_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for name in cli.COMMANDS:
        assert re.search(rf"^    {name}\s", shown, re.MULTILINE), name


def test_every_file_of_a_command_is_listed() -> None:
    files = {path.stem for path in (ROOT / "hublet/commands").glob("[a-z]*.py")}
    assert files == {name.replace("-", "_") for name in cli.COMMANDS}


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([name, "--help"])
    assert cli.load(name).SUMMARY[1:40] in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_commands_and_options(shell: str) -> None:
    script = shtab.complete(cli.make_parser(), shell)
    assert all(name in script for name in cli.COMMANDS)
    assert "--precision" in script


def test_a_failure_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(arguments: argparse.Namespace) -> int:
        raise Failure("there is no room")

    monkeypatch.setattr("hublet.commands.key.run", fail)
    assert cli.main(["key"]) == 1
    assert capsys.readouterr().err == "hublet: there is no room\n"


def test_a_key_as_json_has_its_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["key", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["key"].startswith("hublet_")
    assert len(said["sha256"]) == 64


def test_the_key_is_shown_with_the_commands_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["key"]) == 0
    assert "  hublet deploy -c auth=key -c key_sha256=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["run", "nope"], "TASK: there is no task 'nope'; known: chat, "),
        (["synth", "-c", "tasks"], "-c takes KEY=VALUE, like -c tasks=sentiment; not 'tasks'"),
        (["options", "colour"], "KEY: there is no option colour"),
        (["add-task", "a b", "--model", "a/b"], "NAME must be lower-case words"),
        (["add-task", "cache", "--model", "a/b"], "NAME: there is a function 'cache' already"),
        (["add-task", "mood", "--model", "no owner"], "--model must look like owner/name; not 'no owner'"),
    ],
)
def test_bad_input_is_named(
    given: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hublet.local_cloud.enter", lambda needs: None)
    assert cli.main(given) == 1
    assert capsys.readouterr().err.startswith(f"hublet: {said}")
