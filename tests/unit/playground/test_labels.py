"""Fields and refusals in a reader's words."""

from __future__ import annotations

import pytest

from inference.http import describe
from inference.tasks import all_tasks
from playground import labels


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("inputs.question: is required", "Please fill in “Question”"),
        ("inputs: is too short", "Text: is too short"),
        ("parameters.top_k: must be at least 1", "How many: must be at least 1"),
        ("parameters.generate.num_beams: is no number", "Beams: is no number"),
        ("the model is not here: try later", "the model is not here: try later"),
        ("", ""),
    ],
)
def test_a_refusal_names_the_field_as_the_form_does(message: str, said: str) -> None:
    assert labels.in_words(message) == said


def test_no_label_is_the_name_of_a_json_field() -> None:
    for task in all_tasks():
        for each in describe.function(task, None)["parameters"]:
            said = labels.label(each["name"])
            assert "_" not in said
            assert said[0].isupper()
