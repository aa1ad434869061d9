"""The stack's options, for a terminal and for a script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hublet import cli
from hublet.commands.options import describe
from stacks.options.keys import KEYS, TASK_KEYS

if TYPE_CHECKING:
    import pytest


def test_every_option_is_there_without_markdown() -> None:
    found = describe()
    assert len(found) == len(KEYS) + len(TASK_KEYS)
    text = json.dumps(found)
    assert "](" not in text
    assert "`" not in text


def test_one_option_is_shown_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["options", "log_retention_days"]) == 0
    head, *others = capsys.readouterr().out.splitlines()
    assert head == "log_retention_days=14"
    assert "Decides when logs expire." in others[0]


def test_json_keeps_types(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["options", "tracing", "artifact_days", "--json"]) == 0
    said = {each["key"]: each["default"] for each in json.loads(capsys.readouterr().out)}
    assert said == {"tracing": False, "artifact_days": 1}
