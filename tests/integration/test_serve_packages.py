"""What the serve image holds is enough: each function that runs it answers with its packages alone."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING

import pytest

from inference.tasks import all_tasks
from local.demo.catalog import current, demo_model
from tests.support import serve_packages
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.served import Served

PREPARES = ("convert", "engines/torch", "factory", "hub/download.py", "hub/errors.py")
"""Parts of ``inference/`` that run in the full image alone."""
NOT_SERVING = ("torch", "transformers", "diffusers", "onnx", "onnxscript", "huggingface_hub", "sympy")
PREPARING = {name.replace("_", "-") for name in NOT_SERVING}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    serve_packages.link(folder)
    return folder


def test_the_serve_image_has_a_part_of_the_full_ones_pins() -> None:
    serve, full = (
        serve_packages.pins(ROOT / "docker" / name) for name in ("requirements-serve.txt", "requirements.txt")
    )
    assert set(serve) < set(full)
    assert serve_packages.names(full) >= PREPARING
    assert not PREPARING & serve_packages.names(serve)


@pytest.mark.parametrize("name", NOT_SERVING)
def test_what_only_prepares_models_is_not_there(packages: Path, name: str) -> None:
    done = serve_packages.run(packages, "-c", f"import {name}", stdin="")
    assert done.stderr.endswith(f"ModuleNotFoundError: No module named '{name}'\n")


def imported(path: Path) -> set[str]:
    """Packages that a file imports, at its top or in a function, but not for type checkers alone."""
    tree = ast.parse(path.read_text())
    typing_only = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_" in ast.dump(node.test)
    ]
    skipped = {id(each) for block in typing_only for each in ast.walk(block)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) not in skipped and isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif id(node) not in skipped and isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return {name.split(".")[0] for name in found}


def test_all_that_serving_may_ever_import_is_there(packages: Path) -> None:
    code = ROOT / "inference"
    files = [
        path for path in code.rglob("*.py") if not path.relative_to(code).as_posix().startswith(PREPARES)
    ]
    wanted = set().union(*map(imported, files))
    assert {"boto3", "ctranslate2", "onnxruntime", "safetensors", "av", "pi_heif"} <= wanted
    looks = "import json, sys; from importlib.util import find_spec as find\n"
    looks += "print(json.dumps([name for name in json.load(sys.stdin) if not find(name)]))"
    done = serve_packages.run(packages, "-c", looks, stdin=json.dumps(sorted(wanted)))
    assert json.loads(done.stdout) == [], done.stderr


def test_the_images_know_every_service_that_is_called() -> None:
    called = {
        name
        for path in (ROOT / "inference").rglob("*.py")
        for name in re.findall(r"client\(\s*\"([\w-]+)\"", path.read_text())
    }
    (kept,) = re.findall(r"^NEEDED_SERVICES = (.*)$", (ROOT / "docker" / "slim.py").read_text(), re.MULTILINE)
    assert called == set(ast.literal_eval(kept))


@pytest.mark.slow
def test_every_function_answers_from_ready_models_without_torch(
    served: Served, cache: Path, packages: Path, tmp_path: Path
) -> None:
    models = {}
    for task in all_tasks():
        answer = served.post(f"{task.function_name}/", dict(task.examples[0].body))  # so that it is ready
        assert answer.status_code == 200, answer.text
        demo = current(demo_model(task) or "")
        assert demo
        models[task.name] = {"MODEL": demo.repository, "REVISION": demo.commit}
    file = tmp_path / "answers.json"
    arguments = ("-m", "tests.support.ready_answers", str(cache), str(file))
    done = serve_packages.run(packages, *arguments, stdin=json.dumps(models))
    assert done.returncode == 0, done.stderr
    answers = json.loads(file.read_text())
    for task in all_tasks():
        assert answers[task.name], task.name
        assert "error" not in answers[task.name], answers[task.name]
    assert "Traceback" not in done.stdout + done.stderr
