"""``GET /`` says what is pinned, and what is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference.http import describe
from inference.task import Model
from inference.tasks import all_tasks, get_task

COMMIT = "a" * 40
SPAM = get_task("spam")


@pytest.mark.parametrize(
    ("model", "pin"),
    [
        (Model("a/b"), "nothing"),
        (Model("a/b", "abc1234"), "nothing"),
        (Model("a/b", COMMIT), "commit"),
        (Model("a/b", COMMIT, sha256=(("config.json", "0" * 64),)), "files"),
    ],
)
def test_it_says_what_cannot_change(model: Model, pin: str) -> None:
    assert describe.function(replace(SPAM, model=model), None)["pinned"] == pin


def test_only_pictures_have_the_note_that_nothing_filters_them() -> None:
    noted = {task.name: describe.function(task, None)["notes"] for task in all_tasks()}
    assert {name for name, notes in noted.items() if notes} == {"image"}
    assert "safety checker" in noted["image"][0]
