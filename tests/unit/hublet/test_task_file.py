"""A new task's file is a whole one, for every kind of task."""

from __future__ import annotations

import pytest

from hublet.task_file import NewTask, known_tags, pattern, write_source
from inference.task import Model, Task
from inference.task_kinds import PIPELINE_TAGS
from inference.tasks import get_task

COMMIT = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize("tag", known_tags())
def test_the_file_declares_the_task(tag: str) -> None:
    new = NewTask("my_task", "someone/a-model", tag, COMMIT, 'Says "hello".')
    source = write_source(new)
    scope: dict[str, object] = {}
    exec(compile(source, "my_task.py", "exec"), scope)
    task = scope["TASK"]
    assert isinstance(task, Task)
    assert (task.name, task.pipeline_tag, task.model) == ("my_task", tag, Model("someone/a-model", COMMIT))
    assert task.summary == 'Says "hello".'
    assert task.alternatives == ()
    assert task.inputs == get_task(pattern(tag)).inputs
    assert "#" not in source, "comments speak of another model"
    assert max(map(len, source.splitlines())) <= 110


def test_every_kind_that_an_engine_serves_has_a_pattern_but_one() -> None:
    assert PIPELINE_TAGS - set(known_tags()) == {"text2text-generation"}
