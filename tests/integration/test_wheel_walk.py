"""The wheel as a stranger installs it: everything anew. ``make wheel-test`` runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.support import wheel as wheels
from tests.support.leftovers import free_ports
from tests.support.paths import ROOT

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


def environment(data: Path) -> dict[str, str]:
    """Nothing of this environment helps a command; no Hub is there."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV", "HUBLET"))
    }
    return {**kept, "HUBLET_HOME": str(data), "HF_ENDPOINT": "http://127.0.0.1:9"}


def call(data: Path, folder: Path, *command: str, may_fail: bool = False) -> str:
    """What a command prints."""
    done = subprocess.run(command, cwd=folder, env=environment(data), capture_output=True, text=True)
    assert may_fail or done.returncode == 0, done.stdout + done.stderr[-5000:]
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


SEEN = {
    "run": r"^sentiment +hublet/demo-sentiment +onnx.*POSITIVE",
    "add-task": r'name="language"',
    "synth": r"^build/cdk.out/Hublet.template.json$",
    "cost": r"in all",
    "doctor": r"docker",
}
"""Command -> what its reader is told to see."""


def test_twenty_minutes_of_somebody_who_knows_only_python(
    program: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The six commands of docs/first-steps.md, in an empty folder."""
    page = (ROOT / "docs/first-steps.md").read_text()
    commands = re.findall(r"^\| \d \| `hublet (.+?)` \|", page, re.MULTILINE)
    assert len(commands) == 6
    started_s = time.monotonic()
    for command in commands:
        name, *words = command.split()
        if name == "ui":
            assert "Hublet playground" in opened(program, data, tmp_path)
        else:
            may_fail = name == "doctor"  # here is neither Docker nor an account
            printed = call(data, tmp_path, str(program), name, *words, may_fail=may_fail)
            assert re.search(SEEN[name], printed, re.MULTILINE | re.IGNORECASE), printed
    assert "hublet-language" in (tmp_path / "build/cdk.out/Hublet.template.json").read_text()
    with capsys.disabled():
        print(f"\nsix commands took {(time.monotonic() - started_s) / 60:.1f} minutes")


def opened(program: Path, data: Path, folder: Path) -> str:
    """The page that ``hublet ui`` serves; ended as Ctrl-C ends it."""
    (port,) = free_ports(1)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [str(program), "ui", "--port", str(port)],
            cwd=folder,
            env=environment(data),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout
        ready = next((line for line in process.stdout if line.startswith("ready ")), "")
        try:
            with urllib.request.urlopen(ready.split()[1]) as page:
                return str(page.read().decode())
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            process.stdout.close()


def test_uvx_runs_it(wheel: Path, data: Path, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "uv", "tool", "run", "--isolated", "--python", sys.executable)
    printed = call(data, tmp_path, *command, "--from", str(wheel), "hublet", "run", "sentiment")
    assert "POSITIVE" in printed
