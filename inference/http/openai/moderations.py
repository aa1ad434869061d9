"""``POST /v1/moderations``: the labels of a classifier, some of which an operator said are to be flagged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from inference.errors import ModelUnavailable, printable
from inference.fields import Field, Items, Text
from inference.http.asked import Asked
from inference.http.openai import body
from inference.http.response import Answer
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.engines.engine import Outcome
    from inference.task import Model, Task

FLAGGED_FROM = 0.5
"""The score that a label needs to count as found."""
FIELDS: tuple[Field, ...] = (
    Items(Text("input", "A text, or a list of texts; pictures are not taken.", max_chars=20_000), 2048),
)


def read(document: Mapping[str, Any], task: Task) -> Asked:
    """Read a body."""
    values = body.read(document, FIELDS, "input", {})
    model = body.choose_model(task, document.get("model"))
    call = Call(values["input"], {}, is_list=True)
    return Asked(model, call, partial(_present, model, task.flagged_labels))


def _present(model: Model, flagged: Sequence[str], outcome: Outcome, request_id: str) -> Answer:
    """A result a text; its categories are the labels that are flagged, under the model's own names."""
    results = [_result({each["label"]: each["score"] for each in row}, flagged) for row in outcome.results]
    return Answer({"id": f"modr-{request_id}", "model": model.id, "results": results})


def _result(scores: Mapping[str, float], flagged: Sequence[str]) -> dict[str, Any]:
    """Raises :class:`ModelUnavailable` where the model has no such label: then nothing would be flagged."""
    for label in flagged:
        if label not in scores:
            known = ", ".join(map(printable, list(scores)[:40]))
            raise ModelUnavailable(f"flagged_labels: this model has no label {label}; it has {known}")
    shown = {label: scores[label] for label in flagged}
    found = {label: score >= FLAGGED_FROM for label, score in shown.items()}
    return {
        "flagged": any(found.values()),
        "categories": found,
        "category_scores": shown,
        "category_applied_input_types": {label: ["text"] for label in flagged},
    }
