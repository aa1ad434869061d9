"""The walk from event to reply, with a fake engine and a ready artifact; no sockets, no model."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.choose import head_of
from inference.errors import DeadlineExceeded, HubletError, InternalError, InvalidField
from inference.serve import Service
from inference.settings import Settings
from inference.tasks import all_tasks
from tests.conftest import FakeContext
from tests.unit.artifacts import put_artifact
from tests.unit.events import url_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.artifact import Artifact
    from inference.task import Call, Task


class FakeEngine:
    """Answers every input with its own text; fails or waits when told to."""

    def __init__(self) -> None:
        self.loads = 0
        self.load_gate = threading.Event()
        self.run_gate = threading.Event()
        self.load_gate.set()
        self.run_gate.set()
        self.error: Exception | None = None

    def load(self, artifact: Artifact, pipeline_tag: str, threads: int) -> FakeEngine:
        self.loads += 1
        self.load_gate.wait()
        if self.error:
            raise self.error
        return self

    def run(self, call: Call) -> list[Any]:
        self.run_gate.wait()
        if self.error:
            raise self.error
        return [{"echo": text} for text in call.inputs]


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    engine = FakeEngine()
    yield engine
    engine.load_gate.set()
    engine.run_gate.set()


@pytest.fixture(params=all_tasks(), ids=lambda task: task.name)
def task(request: pytest.FixtureRequest) -> Task:
    chosen: Task = request.param
    return chosen


@pytest.fixture
def service(task: Task, engine: FakeEngine, tmp_path: Path) -> Service:
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    settings = Settings.from_env(
        {"TASK": task.name, "MODEL_CACHE": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    )
    return Service(task, settings, load=engine.load)


@pytest.fixture
def log(service: Service, task: Task) -> Iterator[io.StringIO]:
    """What the service logs, in its own format."""
    stream = io.StringIO()
    logger = logging.getLogger(task.function_name)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.handlers[0].formatter)
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def reply_of(service: Service, event: Any, timeout_s: float = 60.0) -> tuple[int, Any]:
    reply = service(event, FakeContext(timeout_s))
    assert isinstance(reply["body"], str)
    return reply["statusCode"], json.loads(reply["body"])


def test_every_example_is_answered_alike_over_http_and_directly(service: Service, task: Task) -> None:
    for example in task.examples:
        status, over_http = reply_of(service, url_event(dict(example.body)))
        assert status == 200
        assert service(dict(example.body), FakeContext()) == over_http


def test_the_model_is_loaded_once(service: Service, task: Task, engine: FakeEngine) -> None:
    service.start()
    for _ in range(3):
        service(dict(task.examples[0].body), FakeContext())
    assert engine.loads == 1


def test_errors_are_replies_over_http_and_raised_directly(service: Service) -> None:
    status, document = reply_of(service, url_event({"nonsense": 1}))
    assert (status, document["type"], document["request_id"]) == (422, "InvalidField", "request-1")
    with pytest.raises(InvalidField):
        service({"nonsense": 1}, FakeContext())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/health", 200),
        ("PUT", "/", 405),
        ("POST", "/health", 405),
        ("GET", "/x", 404),
    ],
)
def test_routes(service: Service, method: str, path: str, status: int) -> None:
    assert reply_of(service, url_event(method=method, path=path))[0] == status


def test_the_description_is_complete_and_needs_no_model(
    service: Service, task: Task, engine: FakeEngine
) -> None:
    _, description = reply_of(service, url_event(method="GET"))
    assert description["model"] == task.model.id
    assert description["task"] == task.pipeline_tag
    assert description["engine"] == "transformers"
    assert len(description["examples"]) == len(task.examples)
    assert engine.loads == 0


def test_a_fault_of_ours_is_a_500_that_tells_nothing(
    service: Service, task: Task, engine: FakeEngine, log: io.StringIO
) -> None:
    engine.error = RuntimeError("secret /mnt/models/path")
    body = dict(task.examples[0].body)
    status, document = reply_of(service, url_event(body))
    assert (status, document["type"]) == (500, "InternalError")
    assert "secret" not in json.dumps(document)
    with pytest.raises(InternalError) as raised:
        service(body, FakeContext())
    assert raised.value.__cause__ is None
    assert "secret" in log.getvalue()
    engine.error = None
    assert reply_of(service, url_event(body))[0] == 200


def test_inputs_never_reach_the_log(service: Service, log: io.StringIO) -> None:
    field = "inputs"
    service(url_event({field: "canary-text"}), FakeContext())
    service(url_event({field: "canary-text", "parameters": 3}), FakeContext())
    assert "answered" in log.getvalue()
    assert "canary-text" not in log.getvalue()


@pytest.mark.parametrize("gate", ["load_gate", "run_gate"])
def test_the_reply_leaves_before_the_deadline(
    service: Service, task: Task, engine: FakeEngine, gate: str
) -> None:
    getattr(engine, gate).clear()
    started_s = time.monotonic()
    status, document = reply_of(service, url_event(dict(task.examples[0].body)), timeout_s=0.5)
    assert time.monotonic() - started_s < 0.5
    assert status == 503
    assert document["type"] in ("ModelNotReady", "DeadlineExceeded")
    getattr(engine, gate).set()
    assert reply_of(service, url_event(dict(task.examples[0].body)))[0] == 200


def test_a_slow_load_goes_on_for_the_next_request(service: Service, task: Task, engine: FakeEngine) -> None:
    engine.load_gate.clear()
    assert reply_of(service, url_event(dict(task.examples[0].body)), timeout_s=0.3)[0] == 503
    engine.load_gate.set()
    assert reply_of(service, url_event(dict(task.examples[0].body)))[0] == 200
    assert engine.loads == 1


def test_a_late_answer_is_a_typed_error_directly(service: Service, task: Task, engine: FakeEngine) -> None:
    engine.run_gate.clear()
    with pytest.raises(DeadlineExceeded):
        service(dict(task.examples[0].body), FakeContext(0.3))


def test_a_load_that_failed_is_tried_again(service: Service, task: Task, engine: FakeEngine) -> None:
    engine.error = RuntimeError("first time")
    service.start()
    engine.error = None
    assert reply_of(service, url_event(dict(task.examples[0].body)))[0] == 200
    assert engine.loads == 2


@pytest.mark.parametrize("event", [None, [], "text", 7, {}, {"requestContext": {"http": {}}}])
def test_no_event_breaks_the_service(service: Service, event: Any) -> None:
    try:
        reply = service(event, FakeContext())
    except HubletError as error:
        assert error.status < 500
    else:
        assert reply["statusCode"] in (200, 400, 404, 405, 422)
