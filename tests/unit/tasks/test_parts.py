"""A plain body with the parts of an input: one, or several of them, as transformers' pipelines take it."""

from __future__ import annotations

from typing import Any

import pytest

from inference.errors import InvalidField
from inference.task_body import read_body
from inference.tasks import get_task

TASK = get_task("question_answering")
TEXT = "Maria lives in Oslo."


def call_of(document: dict[str, Any]) -> tuple[list[Any], bool]:
    body = read_body(document, TASK)
    call = TASK.prepare(body.inputs, body.parameters)
    return call.inputs, call.is_list


def test_one_question_is_one_input() -> None:
    asked = {"question": "Who?", "context": TEXT}
    assert call_of(asked) == ([asked], False)


@pytest.mark.parametrize("contexts", [TEXT, [TEXT, TEXT]])
def test_several_questions_are_answered_as_a_list(contexts: Any) -> None:
    inputs, is_list = call_of({"question": ["Who?", "Where?"], "context": contexts})
    assert inputs == [{"question": each, "context": TEXT} for each in ("Who?", "Where?")]
    assert is_list


def test_a_part_that_is_a_list_itself_stays_one() -> None:
    task = get_task("similarity")
    asked = {"source_sentence": "a", "sentences": ["b", "c"]}
    body = read_body(asked, task)
    assert task.prepare(body.inputs, body.parameters).inputs == [asked]


def test_one_question_to_several_texts() -> None:
    inputs, _ = call_of({"question": "Who?", "context": [TEXT, "Ada lives in Rome."]})
    assert [each["question"] for each in inputs] == ["Who?", "Who?"]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            {"question": ["a", "b"], "context": [TEXT]},
            "context: must have as many items as question: 2, not 1",
        ),
        ({"question": [], "context": TEXT}, "inputs"),
        ({"question": ["a", 3], "context": TEXT}, r"inputs\[1\].question"),
        ({"question": ["a"] * 1000, "context": TEXT}, "inputs"),
    ],
)
def test_what_does_not_fit_is_named(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidField, match=problem):
        call_of(document)
