"""Discovery and the rules that every task file keeps; a new task joins these tests by existing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from inference import tasks
from inference.errors import InvalidField
from inference.fields import describe
from inference.task import FULL, Model, Task
from inference.task_body import read_body

TASKS = tasks.all_tasks()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
class TestEveryTask:
    def test_its_file_is_short(self, task: Task) -> None:
        lines = Path(tasks.__file__).with_name(f"{task.name}.py").read_text().splitlines()
        assert len(lines) < 40

    def test_its_examples_are_valid(self, task: Task) -> None:
        for example in task.examples:
            body = read_body(dict(example.body), task)
            call = task.prepare(body.inputs, body.parameters)
            assert call.inputs
            assert task.choose_model(body.model) == task.model

    def test_its_description_is_json(self, task: Task) -> None:
        assert json.dumps([describe(field) for field in (task.inputs, *task.parameters)], allow_nan=False)

    def test_only_listed_models_pass(self, task: Task) -> None:
        assert task.choose_model(None) == task.model
        for name in ("someone/else", "", 3, "../../etc", ["a"]):
            with pytest.raises(InvalidField, match="model: must be one of"):
                task.choose_model(name)


@pytest.mark.parametrize("name", ["nope", "__init__", "../task", "", "Sentiment"])
def test_an_unknown_task_is_named(name: str) -> None:
    with pytest.raises(tasks.UnknownTask, match="unknown task"):
        tasks.get_task(name)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("text-clasification", "'text-clasification'; did you mean 'text-classification'? known: automatic"),
        ("object-detection", "'object-detection'; known: automatic-speech-recognition, "),
    ],
)
def test_a_kind_of_task_that_no_engine_serves_is_refused_by_file(
    tag: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = replace(tasks.get_task("spam"), pipeline_tag=tag)
    monkeypatch.setattr("inference.tasks.spam.TASK", task)
    with pytest.raises(tasks.BadTask) as raised:
        tasks.all_tasks()
    assert str(raised.value).startswith("inference/tasks/spam.py: no engine serves pipeline_tag=" + said)
    assert str(raised.value).endswith(", zero-shot-classification, zero-shot-image-classification")


def test_an_operators_model_replaces_the_default() -> None:
    task = TASKS[0]
    assert task.with_model(None, None) == task
    assert task.with_model("acme/model", None, True).model == Model("acme/model", pickle_weights=True)
    assert task.with_model("a/b", None).model == Model("a/b", "main")
    assert task.with_model("a/b", "c" * 40).model == Model("a/b", "c" * 40)
    assert task.with_model(None, "c" * 40).model == Model(task.model.id, "c" * 40)


def test_no_task_needs_the_full_image() -> None:
    assert [task.name for task in TASKS if task.image == FULL] == []
    with pytest.raises(ValueError, match="spam: image must be one of serve, full"):
        replace(tasks.get_task("spam"), image="slim")


def test_revisions_are_commits_or_main() -> None:
    models = {model for task in TASKS for model in (task.model, *task.alternatives)}
    odd = [model for model in models if not re.fullmatch(r"main|[0-9a-f]{7}|[0-9a-f]{40}", model.revision)]
    assert odd == []
