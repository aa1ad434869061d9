"""The wheel in a folder that is not the checkout: its contents, its command, and its constructs.

The packages that it asks for are those of the tests. ``make wheel-test`` installs them anew.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support import wheel as wheels
from tests.support.documents import blocks
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_MB = 16
PAGE = "docs/constructs.md"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def environ(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    site = wheels.unpack(wheel, tmp_path_factory.mktemp("site"))
    return wheels.environment(site, tmp_path_factory.mktemp("data"))


def call(
    environ: dict[str, str], folder: Path, *words: str, program: Sequence[str] = ("-m", "hublet")
) -> str:
    """What a command prints to standard output."""
    done = subprocess.run(
        [sys.executable, "-P", *program, *words], cwd=folder, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_brings_two_packages_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        texts = [archive.read(name) for name in names if not name.endswith((".safetensors", ".png"))]
    assert {name.split("/")[0] for name in names} == {"hublet", "inference", "hublet-0.1.0.dist-info"}
    assert len(names) == len(set(names))
    assert wheel.stat().st_size < MOST_MB * 1e6
    assert not [name for name in names if "__pycache__" in name or "/training/" in name]
    assert {"hublet/docker/Dockerfile", "hublet/cdk.json", "inference/models.lock.json"} < set(names)
    assert not any(str(ROOT).encode() in text for text in texts)


def test_every_import_of_ours_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sources = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")}
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in sources}
    assert "hublet.stacks.model_cache" in modules
    for name, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                top = node.module.split(".")[0]
                assert top not in ("bench", "local", "playground", "stacks", "tests"), name
                assert top not in ("hublet", "inference") or node.module in modules, f"{name}: {node.module}"


def test_the_command_explains_itself_and_its_options(environ: dict[str, str], tmp_path: Path) -> None:
    assert "Begin here:" in call(environ, tmp_path, "--help")
    assert call(environ, tmp_path, "--version") == "hublet 0.1.0\n"
    keys = [each["key"] for each in json.loads(call(environ, tmp_path, "options", "--json"))]
    assert {"egress", "<task>.memory"} < set(keys)
    assert list(tmp_path.iterdir()) == []


def test_it_needs_only_what_it_asks_for(environ: dict[str, str], tmp_path: Path) -> None:
    """What is left to `hublet run` is not imported by anything else."""
    code = """
import sys
from hublet import cli
cli.make_parser()
for name in sorted(cli.COMMANDS):
    cli.load(name)
import hublet.cdk, hublet.local.commands.cache, hublet.local.commands.invoke, hublet.bench.cost.monthly
print(*sorted({each.split(".")[0] for each in sys.modules}))
"""
    heavy = {"torch", "transformers", "starlette", "uvicorn", "moto", "numpy", "onnxruntime", "gradio"}
    heavy |= {"huggingface_hub", "flask", "stacks", "local", "bench", "playground"}
    assert not heavy & set(call(environ, tmp_path, program=("-c", code)).split())


def test_doctor_looks_at_this_machine(environ: dict[str, str], tmp_path: Path) -> None:
    offline = {**environ, "HF_ENDPOINT": "http://127.0.0.1:9"}
    said = json.loads(call(offline, tmp_path, "doctor", "--for", "run", "--json"))
    assert said["ok"] is True
    assert said["checks"]["python"]["status"] == "ok"
    assert said["checks"]["hub"]["status"] == "warn"


def test_a_new_task_is_found_and_goes_into_the_image(environ: dict[str, str], tmp_path: Path) -> None:
    offline = {**environ, "HF_ENDPOINT": "http://127.0.0.1:9"}
    given = ("--model", "papluca/xlm-roberta-base-language-detection", "--hub", offline["HF_ENDPOINT"])
    shown = call(offline, tmp_path, "add-task", "language", *given, "--no-run")
    assert 'name="language"' in shown
    made = json.loads(call(environ, tmp_path, "synth", "--json", "-c", "tasks=language"))
    assert '"hublet-language"' in (tmp_path / made["template"]).read_text()
    contexts = list((tmp_path / "build/cdk.out").glob("asset.*"))
    assert len(contexts) == 2
    for context in contexts:
        task = context / "own" / "hublet_tasks" / "language.py"
        assert task.read_text() == (tmp_path / "hublet_tasks/language.py").read_text()
        # As in the image: the code, and the users' packages beside it.
        code = "from inference.tasks import get_task; print(get_task('language').model.id)"
        image = {**environ, "PYTHONPATH": f"{context}:{context / 'own'}"}
        assert call(image, tmp_path, program=("-c", code)).strip() == given[1]


def test_a_mistake_is_one_sentence(environ: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hublet", "synth", "-c", "egress=vpn"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == "hublet: context key 'egress' must be one of relay, nat, none; not 'vpn'\n"


@pytest.fixture(scope="module")
def app(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's app, run as the page says, in a folder with packages that are named like ours."""
    folder = tmp_path_factory.mktemp("app")
    (code,) = (each for each in blocks("python", PAGE) if "app.synth()" in each)
    nag = "Validations.of(app).add_plugins(AwsSolutionsChecks(app))\napp.synth()"
    imports = "from aws_cdk import Validations\nfrom cdk_nag import AwsSolutionsChecks\n"
    (folder / "app.py").write_text(imports + code.replace("app.synth()", nag))
    for name in ("stacks", "local", "bench"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise ImportError('not ours')\n")
    assert len(code.splitlines()) <= 25
    subprocess.run([sys.executable, "app.py"], cwd=folder, env=environ, check=True, capture_output=True)
    return folder


def test_the_pages_app_is_synthesized(app: Path) -> None:
    template = json.loads((app / "cdk.out/Reviews.template.json").read_text())["Resources"].values()
    names = {
        each["Properties"]["FunctionName"] for each in template if each["Type"] == "AWS::Lambda::Function"
    }
    assert names == {"reviews-sentiment", "reviews-cache", "reviews-factory"}


def test_the_pages_function_answers_in_the_local_cloud(
    app: Path, environ: dict[str, str], cache: Path
) -> None:
    (command,) = (line for line in "".join(blocks("bash", PAGE)).splitlines() if line.startswith("hublet"))
    words = command.split()[1:]
    printed = call(environ, app, *words, "--cache", str(cache))
    assert re.search(r"^sentiment +onnx .*POSITIVE", printed, re.MULTILINE)
    (result,) = json.loads((app / "build/run.json").read_text())
    assert result["function"] == "sentiment"
