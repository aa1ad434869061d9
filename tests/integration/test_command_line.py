"""``python -m inference``: tasks as scripts, against a Hub on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.demo_models import DEMO_REPOSITORIES
from local.hub import HubServer
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The command with a cache of its own for all tests here."""
    cache = tmp_path_factory.mktemp("cache")
    with HubServer(DEMO_REPOSITORIES) as hub:

        def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
            where = ("--hub", hub.url, "--cache", str(cache))
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
