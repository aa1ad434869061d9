"""``POST /embed``: texts in, a list of vectors out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.fields import Field, Flag, Integer, Items, Text
from inference.http.asked import Asked
from inference.http.openai import body
from inference.http.response import Answer
from inference.http.tei import truncation
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.engines.engine import Outcome
    from inference.task import Task

FIELDS: tuple[Field, ...] = (
    Items(Text("inputs", "A text, or a list of texts; token numbers are not taken.", max_chars=50_000), 2048),
    Flag("normalize", "Whether vectors have length 1; true by default.", default=True),
    Integer("dimensions", "Keep only the first so many numbers.", minimum=1, maximum=8192),
    Text("prompt_name", "One of the repository's prompts, to stand before each text.", max_chars=100),
    *truncation.FIELDS,
)


def read(document: Mapping[str, Any], task: Task) -> Asked:
    """Read a body."""
    values = body.read(document, FIELDS, "inputs", {})
    inputs = values.pop("inputs")
    return Asked(
        model=body.choose_model(task, document.get("model")),
        call=Call(inputs, values | truncation.parameters(values), is_list=True),
        present=_present,
    )


def _present(outcome: Outcome, request_id: str) -> Answer:
    """A list of vectors, for a single text too."""
    return Answer(outcome.results)
