"""Discovery and the rules that every task file keeps; a new task joins these tests by existing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from inference import tasks
from inference.errors import InvalidField
from inference.fields import describe
from inference.request import read_body
from inference.task import Model, Task
from tests.conftest import ROOT

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

    def test_importing_it_imports_nothing_heavy_and_no_other_task(self, task: Task) -> None:
        code = f"import sys, inference.tasks as t; t.get_task({task.name!r}); print(*sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        modules = [name for name in done.stdout.split() if name.startswith("inference.tasks.")]
        ours = {name for name in modules if not name.startswith("inference.tasks._")}
        assert ours == {f"inference.tasks.{task.name}"}
        assert not {"torch", "transformers", "boto3", "huggingface_hub"} & set(done.stdout.split())


@pytest.mark.parametrize("name", ["nope", "__init__", "../task", "", "Sentiment"])
def test_an_unknown_task_is_named(name: str) -> None:
    with pytest.raises(tasks.UnknownTask, match="unknown task"):
        tasks.get_task(name)


def test_an_operators_model_replaces_the_default() -> None:
    task = TASKS[0]
    assert task.with_model(None, None) is task
    assert task.with_model("a/b", None).model == Model("a/b", "main")
    assert task.with_model("a/b", "c" * 40).model == Model("a/b", "c" * 40)
    assert task.with_model(None, "c" * 40).model == Model(task.model.id, "c" * 40)


def test_revisions_are_commits_or_main() -> None:
    models = {model for task in TASKS for model in (task.model, *task.alternatives)}
    odd = [model for model in models if not re.fullmatch(r"main|[0-9a-f]{7}|[0-9a-f]{40}", model.revision)]
    assert odd == []
