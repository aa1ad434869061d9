"""A command line becomes the call that the same request would become."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from inference.cli import arguments
from inference.cli.progress_bar import ProgressBar
from inference.errors import InvalidField
from inference.task import Model
from inference.task_body import read_body
from inference.tasks import get_task

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "words", "parameters", "document"),
    [
        ("sentiment", ["I love it"], ["top_k=1"], {"inputs": "I love it", "parameters": {"top_k": 1}}),
        ("sentiment", ["Good", "Bad"], [], {"inputs": ["Good", "Bad"]}),
        (
            "classification",
            ["A goal!"],
            ["candidate_labels=sport,money"],
            {"inputs": "A goal!", "parameters": {"candidate_labels": "sport,money"}},
        ),
        (
            "question_answering",
            ["Who?", "It was", "Ann."],
            [],
            {"inputs": {"question": "Who?", "context": "It was Ann."}},
        ),
        (
            "similarity",
            ["A cat", "A kitten", "A train"],
            [],
            {"inputs": {"source_sentence": "A cat", "sentences": ["A kitten", "A train"]}},
        ),
    ],
)
def test_words_and_parameters(
    name: str, words: list[str], parameters: list[str], document: dict[str, Any]
) -> None:
    task = get_task(name)
    body = read_body(document, task)
    assert arguments.make_call(task, words, parameters) == task.prepare(body.inputs, body.parameters)


def test_files(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG")
    assert arguments.make_call(get_task("image_classification"), [str(picture)], []).inputs == [b"\x89PNG"]


@pytest.mark.parametrize(
    ("name", "words", "parameters", "problem"),
    [
        ("image_classification", [], [], "name a file with the image"),
        ("speech", ["nowhere.wav"], [], "nowhere.wav cannot be read"),
        ("question_answering", ["Who?"], [], "question and context"),
        ("sentiment", ["Good"], ["top_k"], "'top_k' must be name=value"),
        ("sentiment", ["Good"], ["top_k=0"], "top_k"),
        ("sentiment", ["Good"], ["nope=1"], "nope"),
    ],
)
def test_what_cannot_be_read_is_named(
    name: str, words: list[str], parameters: list[str], problem: str
) -> None:
    with pytest.raises(InvalidField, match=problem):
        arguments.make_call(get_task(name), words, parameters)


def test_an_alternative_keeps_what_is_declared_of_it() -> None:
    task = get_task("summarization")
    assert arguments.choose_model(task, None, None) == task.model
    alternative = arguments.choose_model(task, "google/pegasus-xsum", "abc")
    assert alternative == Model("google/pegasus-xsum", "abc", True)
    assert arguments.choose_model(task, "acme/other", None) == Model("acme/other")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


DOWNLOADING = {"stage": "downloading", "done_bytes": 5e6, "total_bytes": 1e7}


def test_a_terminal_has_one_line_that_moves() -> None:
    stream = Terminal()
    progress = ProgressBar(stream)
    progress.info("preparing", **DOWNLOADING)
    progress.info("inferring", step=1, steps=4, remaining_s=3.0)
    progress.end()
    assert "\n" not in stream.getvalue()
    assert "downloading ███████████████░░░░░░░░░░░░░░░ 5.0 of 10.0 MB" in stream.getvalue()
    assert "1.0 of 4.0 steps, 3 s left" in stream.getvalue()


def test_elsewhere_each_stage_is_one_line() -> None:
    stream = io.StringIO()
    progress = ProgressBar(stream)
    for _ in range(3):
        progress.info("preparing", **DOWNLOADING)
    progress.info("preparing", stage="trying int8")
    progress.warning("still loading")
    assert len(stream.getvalue().splitlines()) == 3
