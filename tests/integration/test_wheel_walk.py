"""The wheel as a stranger installs it: everything anew. ``make wheel-test`` runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import wheel as wheels

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(not os.environ.get("HUBLET_WHEEL"), reason="make wheel-test installs gigabytes"),
    pytest.mark.timeout(3600),
]
MODEL = "papluca/xlm-roberta-base-language-detection"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``hublet`` in a fresh virtual environment."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin/pip"), "install", "--quiet", str(wheel)], check=True)
    return folder / "bin" / "hublet"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what models need is installed, once for all tests here."""
    return tmp_path_factory.mktemp("data")


def call(data: Path, folder: Path, *command: str) -> str:
    """What a command prints; nothing of this environment helps it."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV", "HUBLET"))
    }
    environ |= {"HUBLET_HOME": str(data), "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    return done.stdout


def test_a_walk_through_an_empty_folder(program: Path, data: Path, tmp_path: Path) -> None:
    def hublet(*words: str) -> str:
        return call(data, tmp_path, str(program), *words)

    assert "Begin here:" in hublet("--help")
    assert json.loads(hublet("doctor", "--for", "run", "--json"))["checks"]["models"]["status"] == "warn"
    given = ("--model", MODEL, "--hub", "http://127.0.0.1:9")
    assert MODEL in hublet("add-task", "language", *given, "--no-run")
    assert hublet("synth") == "build/cdk.out/Hublet.template.json\n"
    assert "hublet-language" in (tmp_path / "build/cdk.out/Hublet.template.json").read_text()
    assert json.loads(hublet("cost", "language", "--json"))["lines"][-1]["idle"] < 1
    printed = hublet("run", "language")
    assert re.search(r"^language +hublet/demo-sentiment +onnx", printed, re.MULTILINE)
    assert json.loads(hublet("doctor", "--for", "run", "--json"))["checks"]["models"]["status"] == "ok"


def test_uvx_runs_it(wheel: Path, data: Path, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "uv", "tool", "run", "--isolated", "--python", sys.executable)
    printed = call(data, tmp_path, *command, "--from", str(wheel), "hublet", "run", "sentiment")
    assert "POSITIVE" in printed
