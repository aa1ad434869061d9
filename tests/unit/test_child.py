"""Work in a child process: what it leaves in its temporary folder is gone, however it ended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inference import child
from inference.deadline import Deadline

MODULE = "tests.unit.leaving_child"


@pytest.mark.parametrize("dies", [False, True])
def test_temporary_files_go_with_the_child(dies: bool) -> None:
    left: list[Path] = []

    def note(line: dict[str, str]) -> None:
        left.append(Path(line["stage"]))
        assert left[0].exists()

    environment = {"PATH": os.environ["PATH"]}
    if dies:
        with pytest.raises(child.Died):
            child.run(MODULE, {"dies": True}, environment, Deadline.after(60), note)
    else:
        child.run(MODULE, {"dies": False}, environment, Deadline.after(60), note)
    assert not left[0].parent.exists()
