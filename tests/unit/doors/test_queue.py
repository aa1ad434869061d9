"""Messages of a queue: which come again, and what a pipe hands on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference import doors
from inference.errors import ModelNotReady
from inference.serve import Service
from inference.settings import Settings
from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def message(name: str, body: Any) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": name, "eventSource": "aws:sqs", "body": text, "attributes": {}}


GOOD, BAD, BROKEN = message("1", {"inputs": "Good."}), message("2", {"input": "a"}), message("3", "{")


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def serve(tmp_path: Path, engine: FakeEngine) -> Callable[[Any], Any]:
    task = get_task("sentiment")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    service = Service(
        task, Settings.from_env({"TASK": "sentiment", "MODEL_CACHE": str(tmp_path)}), engine.load
    )
    return lambda event: service(event, FakeContext())


def test_a_mapping_is_told_which_messages_failed(serve: Callable[[Any], Any]) -> None:
    found = doors.serve_batch({"Records": [GOOD, BAD, BROKEN, GOOD]}, serve)
    assert found == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}
    assert doors.serve_batch({"Records": [GOOD]}, serve) == {"batchItemFailures": []}


def test_a_pipe_gets_an_answer_for_each_message(serve: Callable[[Any], Any]) -> None:
    good, bad, broken = doors.serve_batch([GOOD, BAD, BROKEN], serve)
    assert good == {"messageId": "1", "result": serve({"inputs": "Good."})}
    assert (bad["messageId"], bad["type"]) == ("2", "InvalidField")
    assert (broken["messageId"], broken["type"]) == ("3", "BadRequest")


def test_what_may_pass_makes_a_pipes_batch_come_again(
    serve: Callable[[Any], Any], engine: FakeEngine
) -> None:
    engine.error = ModelNotReady("soon")
    with pytest.raises(ModelNotReady):
        doors.serve_batch([GOOD], serve)
    assert doors.serve_batch({"Records": [GOOD]}, serve) == {"batchItemFailures": [{"itemIdentifier": "1"}]}


@pytest.mark.parametrize(
    "event",
    [
        {"inputs": "a"},
        [],
        [GOOD, {"eventSource": "aws:s3"}],
        {"Records": []},
        {"Records": [{"eventSource": "aws:s3"}]},
        {"Records": "odd"},
        None,
        3,
    ],
)
def test_other_events_are_no_batch(event: Any, serve: Callable[[Any], Any]) -> None:
    assert doors.serve_batch(event, serve) is None
