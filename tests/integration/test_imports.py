"""How little the handler and each task import, seen from a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from inference.tasks import all_tasks
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Task

HEAVY = {"torch", "transformers", "boto3", "onnxruntime", "huggingface_hub", "numpy", "starlette"}


@pytest.mark.parametrize("handler", ["inference.handler", "inference.maintenance.handler"])
def test_the_handler_imports_nothing_heavy(tmp_path: Path, handler: str) -> None:
    code = f"import sys, {handler}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    environ = {"TASK": "sentiment", "MODEL_CACHE": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert HEAVY & set(done.stdout.split()) == set()


def test_serving_brings_nothing_of_the_maintenance() -> None:
    code = "import sys, inference.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "inference.maintenance" not in done.stdout


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.name)
def test_importing_a_task_imports_nothing_heavy_and_no_other_task(task: Task) -> None:
    code = f"import sys, inference.tasks as t; t.get_task({task.name!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = [name for name in done.stdout.split() if name.startswith("inference.tasks.")]
    ours = {name for name in modules if not name.startswith("inference.tasks._")}
    assert ours == {f"inference.tasks.{task.name}"}
    assert not {"torch", "transformers", "boto3", "huggingface_hub"} & set(done.stdout.split())
