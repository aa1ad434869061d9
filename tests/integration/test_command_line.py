"""``python -m inference``: tasks as scripts, against a Hub on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of its own for all tests here."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[Run]:
    """The command with that cache."""
    with HubServer(DEMO_REPOSITORIES) as hub:

        def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
            where = ("--hub", hub.url, "--cache", str(folder))
            return subprocess.run(
                [sys.executable, "-m", "inference", *arguments, *where],
                cwd=ROOT,
                input=text,
                capture_output=True,
                text=True,
                check=False,
            )

        yield run


SENTIMENT = ("sentiment", "--model", "hublet/demo-sentiment")


def test_a_text_from_the_command_line_and_from_a_pipe(run: Run) -> None:
    said = run(*SENTIMENT, "I love it, it works great!", "-p", "top_k=1")
    assert said.returncode == 0, said.stderr
    assert said.stdout.split()[1] == "POSITIVE"
    assert "downloading" in said.stderr
    assert "trying int8" in said.stderr
    assert "hublet/demo-sentiment by onnx int8" in said.stderr
    piped = run(*SENTIMENT, "--json", text="I love it, it works great!\n")
    assert json.loads(piped.stdout)[0][0]["label"] == "POSITIVE"
    assert "downloading" not in piped.stderr


@pytest.mark.parametrize("name", ["tokenizer.json", "model.onnx"])
def test_damage_of_the_same_size_is_seen_when_it_keeps_a_model_from_loading(
    run: Run, folder: Path, name: str
) -> None:
    assert run(*SENTIMENT, "I love it.").returncode == 0
    (hurt,) = folder.glob(f"artifacts/*sentiment/*/*/{name}")
    size_bytes = hurt.stat().st_size
    hurt.unlink()  # a link of it may be the download
    hurt.write_bytes(b"x" * size_bytes)
    refused = run(*SENTIMENT, "I love it.")
    assert refused.returncode == 1
    assert "were damaged; the next call has them made again" in refused.stderr
    assert "Traceback" not in refused.stderr
    again = run(*SENTIMENT, "I love it.")
    assert "POSITIVE" in again.stdout, again.stderr
    assert "trying int8" in again.stderr
    (made,) = folder.glob(f"artifacts/*sentiment/*/*-v1/{name}")
    assert made.read_bytes() != b"x" * size_bytes
    assert made.parent.with_name(f"{made.parent.name}.damaged").is_dir()
    shutil.rmtree(made.parent.with_name(f"{made.parent.name}.damaged"))


def test_another_task_prints_its_text(run: Run) -> None:
    done = run("translation", "--model", "hublet/demo-translation", "twenty one")
    assert (done.returncode, done.stdout) == (0, "21\n"), done.stderr


def test_errors_are_one_line(run: Run) -> None:
    for arguments, words in (
        (("nope", "x"), "unknown task 'nope'"),
        ((*SENTIMENT, "x", "-p", "top_k=0"), "top_k"),
        (("sentiment", "--model", "hublet/nowhere", "x"), "the Hub has no model hublet/nowhere"),
        (("speech", "nowhere.wav"), "nowhere.wav cannot be read"),
    ):
        done = run(*arguments)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
