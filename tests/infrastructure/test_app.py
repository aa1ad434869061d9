"""The app as the CDK runs it: a process of its own, cut off from AWS, Docker and every network."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from inference.tasks import task_names
from tests.support.paths import ROOT
from tests.support.synthesized import NODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTS = ("app.py", "cdk.json", ".dockerignore", "models.lock.json", "stacks", "inference", "docker")
COPIED = "copied_task"
TOO_HEAVY = {"torch", "transformers", "onnxruntime", "boto3", "huggingface_hub", "numpy", "cdk_nag"}

NO_NETWORK_PY = """
import atexit, json, pathlib, runpy, socket, sys

def refuse(*_):
    raise OSError("synth must not use the network")

socket.socket.connect = socket.getaddrinfo = refuse
atexit.register(lambda: pathlib.Path("modules.json").write_text(json.dumps(sorted(sys.modules))))
sys.argv = ["app.py"]
sys.path.insert(0, "")
runpy.run_path("app.py", run_name="__main__")
"""

NO_NETWORK_JS = """
require('net').Socket.prototype.connect = () => { throw new Error('synth must not use the network'); };
require('dns').lookup = () => { throw new Error('synth must not use the network'); };
"""


@dataclass(frozen=True)
class Run:
    """A finished run of app.py in a copy of the project."""

    folder: Path
    returncode: int
    output: str

    @property
    def template(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "out" / "Hublet.template.json").read_text()))

    @property
    def modules(self) -> set[str]:
        return set(json.loads((self.folder / "modules.json").read_text()))


def clean_room(folder: Path) -> dict[str, str]:
    """No AWS settings, no Docker on the path, no proxy; only what Node and its package cache need."""
    blocker = folder / "no-network.js"
    blocker.write_text(NO_NETWORK_JS)
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "JSII_NODE") if name in os.environ}
    return {
        **kept,
        "PATH": str(NODE.parent),
        "NODE_OPTIONS": f"--require {blocker}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "CDK_OUTDIR": str(folder / "out"),
    }


def run_app(folder: Path, **context: Any) -> Run:
    environment = {**clean_room(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    command = [sys.executable, "-c", NO_NETWORK_PY]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return Run(folder, done.returncode, done.stdout + done.stderr)


def copy_project(folder: Path) -> Path:
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The app with one task file more, copied from the first one and renamed; nothing else is edited."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    first = task_names()[0]
    source = (folder / f"inference/tasks/{first}.py").read_text()
    (folder / f"inference/tasks/{COPIED}.py").write_text(
        source.replace(f'name="{first}"', f'name="{COPIED}"', 1)
    )
    finished = run_app(folder)
    assert finished.returncode == 0, finished.output
    return finished


def test_it_needs_no_network_no_aws_and_no_docker(run: Run) -> None:
    assert run.template["Resources"]


def test_a_copied_task_file_becomes_a_function_and_a_url(run: Run) -> None:
    variables = [
        resource["Properties"]["Environment"]["Variables"]
        for resource in run.template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    expected = sorted([*task_names(), COPIED])
    assert sorted(each["TASK"] for each in variables if "TASK" in each) == expected
    others = [each for each in variables if "TASK" not in each]
    assert [sorted(each["TASKS"].split(",")) for each in others] == [expected] * 2  # cache and factory
    assert run.template["Outputs"]["CopiedTaskName"]["Value"] == "hublet-copied-task"
    assert "FunctionUrl" in json.dumps(run.template["Outputs"]["CopiedTaskUrl"]["Value"])


def test_synth_imports_nothing_heavy(run: Run) -> None:
    assert "stacks.inference_stack" in run.modules
    assert not run.modules & TOO_HEAVY


def test_a_mistake_in_the_context_is_one_sentence(tmp_path: Path) -> None:
    run = run_app(copy_project(tmp_path), egress="vpn")
    assert run.returncode != 0
    assert "hublet: context key 'egress' must be one of relay, nat, none; not 'vpn'" in run.output
    assert "Traceback" not in run.output


def test_a_task_file_with_a_name_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    folder = copy_project(tmp_path)
    first = task_names()[0]
    source = (folder / f"inference/tasks/{first}.py").read_text()
    (folder / "inference/tasks/cache.py").write_text(source.replace(f'name="{first}"', 'name="cache"', 1))
    run = run_app(folder)
    assert run.returncode != 0
    assert "hublet: inference/tasks/cache.py cannot be deployed" in run.output
    assert "Traceback" not in run.output


def test_a_kind_of_task_that_no_engine_serves_is_one_sentence(tmp_path: Path) -> None:
    folder = copy_project(tmp_path)
    file = folder / "inference/tasks/spam.py"
    file.write_text(file.read_text().replace('"text-classification"', '"object-detection"', 1))
    run = run_app(folder)
    assert run.returncode != 0
    assert "hublet: inference/tasks/spam.py: no engine serves pipeline_tag='object-detection'" in run.output
    assert "Traceback" not in run.output


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_stack_knows_only_what_tasks_and_settings_declare() -> None:
    for path in [ROOT / "app.py", *(ROOT / "stacks").rglob("*.py")]:
        used = {name for name in imports(path) if name.split(".")[0] in ("inference", "local", "tests")}
        leaves = {"inference.http.response", "inference.settings", "inference.task_kinds"}
        assert used <= leaves | {"inference.task", "inference.tasks"}, path.name


def test_node_packages_are_pinned_and_their_lock_names_no_host() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    for name, version in json.loads((ROOT / "package.json").read_text())["devDependencies"].items():
        assert json.loads(lock)["packages"][f"node_modules/{name}"]["version"] == version
    assert "://" not in lock


DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()


@pytest.mark.parametrize(
    "line",
    [
        "ARG BUILD_IMAGE=${BASE_IMAGE}",
        "ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu",
        'ENTRYPOINT ["python3", "-m", "inference.runtime.loop"]',
        'CMD ["inference.handler.handler"]',
    ],
)
def test_the_dockerfile_says(line: str) -> None:
    assert line in DOCKERFILE.splitlines()


def test_the_base_is_lambdas_own() -> None:
    (base,) = re.findall(r"(?m)^ARG BASE_IMAGE=(.*)$", DOCKERFILE)
    assert re.fullmatch(r"public\.ecr\.aws/lambda/python:3\.13(@sha256:[0-9a-f]{64})?", base)


def test_the_image_sets_what_the_hub_library_reads_at_import() -> None:
    final = DOCKERFILE[DOCKERFILE.index("FROM ${BASE_IMAGE}") :]
    variables = dict(re.findall(r"([A-Z0-9_]+)=(\S+)", final))
    assert variables["HF_HOME"] == "/tmp/hf"
    assert variables["HF_HUB_CACHE"] == "/mnt/models/hub"
    disabled = ("IMPLICIT_TOKEN", "SHARED_BLOBS", "TELEMETRY", "XET")
    assert all(variables[f"HF_HUB_DISABLE_{name}"] == "1" for name in disabled)
    assert "HF_HUB_OFFLINE" not in variables


def test_the_code_is_the_last_layer() -> None:
    copies = [line for line in DOCKERFILE.splitlines() if line.startswith(("COPY", "RUN", "ADD"))]
    assert copies[-1] == "COPY --from=code /opt/hublet /opt/hublet"
