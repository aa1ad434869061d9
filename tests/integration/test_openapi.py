"""The OpenAPI document of each function, and requests that are made from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from inference.http import openapi
from inference.tasks import all_tasks
from tests.support.fuzz import CHEAP, COSTLY
from tests.support.served import PREPARATION_S

if TYPE_CHECKING:
    from inference.task import Task
    from tests.support.served import Served

TASKS = all_tasks()
REQUESTS = 12
MODEL_DECIDES = (
    "chat",
    "embeddings",
    "entities",
    "fill_mask",
    "image_classification",
    "question_answering",
    "speech",
    "translation",
    "zero_shot_image",
)


@pytest.fixture(scope="module", autouse=True)
def checks() -> None:
    load_all_checks()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_document_that_is_served_is_the_tasks_own(served: Served, task: Task) -> None:
    document = served.get(f"{task.function_name}/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["paths"].keys() >= {"/", "/health", "/openapi.json"}
    assert document["paths"].keys() == openapi.document(task)["paths"].keys()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_requests_made_from_it_get_documented_answers(
    served: Served, task: Task, mode: GenerationMode
) -> None:
    url = f"{served.url}{task.function_name}"
    document = httpx2.get(f"{url}/openapi.json").json()
    if mode is GenerationMode.POSITIVE:
        document = _cheap(document)
    schema = schemathesis.openapi.from_dict(document)
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]

        @settings(
            max_examples=REQUESTS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode) if _fits(operation, mode) else st.none())
        def send(case: Any) -> None:
            if case is not None:
                reply = case.call(base_url=url, timeout=PREPARATION_S)
                excluded = _judged_by_the_model(task)
                if reply.status_code == 424:  # the embedded Hub has none of the alternative models
                    excluded = [positive_data_acceptance]
                case.validate_response(reply, excluded_checks=excluded)

        send()


def _judged_by_the_model(task: Task) -> list[Any]:
    """Whether a text has the mask token, or bytes are a picture, is no matter of the schema."""
    return [positive_data_acceptance] if task.name in MODEL_DECIDES else []


def _fits(operation: Any, mode: GenerationMode) -> bool:
    """A route without a body has nothing to get wrong."""
    return mode is GenerationMode.POSITIVE or bool(operation.definition.raw.get("requestBody"))


def _cheap(document: dict[str, Any]) -> dict[str, Any]:
    """The same document with smaller upper limits, always asked for, where a request could take minutes."""

    def visit(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for bound in _bounds(value.get("properties", {})):
                value["required"] = [*value.get("required", []), bound]
                value["properties"][bound] = _not_null(value["properties"][bound])
            if value.get("type") == "integer" and name in CHEAP:
                value["minimum"], value["maximum"] = CHEAP[name]
            if name == "size" and "enum" in value:
                value["enum"] = ["64x64"]
            for key, inner in value.items():
                visit(inner, name if key in ("anyOf", "items") else key)
        elif isinstance(value, list):
            for inner in value:
                visit(inner, name)

    visit(document)
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def _bounds(properties: dict[str, Any]) -> list[str]:
    """Those of an object that say how much work it is."""
    names = [name for name in properties if name in (*COSTLY, "max_output_tokens", "max_tokens", "size")]
    if "parameters" in properties and _bounds(_not_null(properties["parameters"]).get("properties", {})):
        names.append("parameters")
    return names


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that is there."""
    return schema.get("anyOf", [schema])[0]  # type: ignore[no-any-return]
