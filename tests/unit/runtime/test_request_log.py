"""What one request leaves in the log: one line with its figures, whatever its end, and never its input."""

from __future__ import annotations

import base64
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.engine import Completion
from inference.errors import HubletError, HubUnreachable
from inference.http.request import PREPARE
from inference.prepare.preparation import not_ready
from inference.serve import Service
from inference.settings import Settings
from inference.task_kinds import head_of
from inference.tasks import all_tasks, get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine
from tests.support.metric_format import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from inference.task import Call, Task

    Build = Callable[..., "Logged"]

CANARY = "canary-7f3a"
ENDS = ("answered", "refused", "failed")


class Logged:
    """A service on a fake engine, and the lines that it wrote."""

    def __init__(self, task: Task, cache: Path, **environ: str) -> None:
        settings = Settings.from_env(
            {"TASK": task.name, "MODEL_CACHE": str(cache), "HF_ENDPOINT": "http://127.0.0.1:9", **environ}
        )
        self.task = task
        self.engine = FakeEngine()
        self.engine.paints = task.pipeline_tag == "text-to-image"
        self.service = Service(task, settings, load=self.engine.load)
        self._stream = io.StringIO()
        self._logger = logging.getLogger(task.function_name)
        self._handler = logging.StreamHandler(self._stream)
        self._handler.setFormatter(self._logger.handlers[0].formatter)
        self._logger.addHandler(self._handler)

    def close(self) -> None:
        self._logger.removeHandler(self._handler)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def ends(self) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["message"] in ENDS]

    def call(self, event: Any, timeout_s: float = 60.0) -> dict[str, Any]:
        """Send an event; the one line that tells of it."""
        told = len(self.ends())
        try:
            self.service(event, FakeContext(timeout_s))
        except HubletError:
            assert "requestContext" not in event
        (line,) = self.ends()[told:]
        return line


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    built = []

    def build_one(name: str = "sentiment", *, is_cached: bool = True, **environ: str) -> Logged:
        task = get_task(name)
        if is_cached:
            put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
        built.append(Logged(task, tmp_path, **environ))
        return built[-1]

    yield build_one
    for each in built:
        each.close()


def values(line: dict[str, Any]) -> dict[str, float]:
    return check(line)


@pytest.mark.parametrize("name", [task.name for task in all_tasks()])
def test_an_answer_is_one_line_with_its_figures(build: Build, name: str) -> None:
    logged = build(name)
    first = logged.call(dict(logged.task.examples[0].body))
    assert first["message"] == "answered"
    assert (first["request_id"], first["task"]) == ("request-1", name)
    assert (first["model"], first["engine"], first["precision"]) == (
        logged.task.model.id,
        "transformers",
        "fp32",
    )
    assert values(first).keys() == {"ColdStart", "CacheHit", "LoadSeconds", "InferenceMs"}
    assert (first["ColdStart"], first["CacheHit"]) == (1, 1)
    assert first["total_ms"] >= first["InferenceMs"] >= 0
    second = logged.call(dict(logged.task.examples[0].body))
    assert second["ColdStart"] == 0
    assert values(second).keys() == {"InferenceMs"}


def test_a_load_in_the_init_phase_is_told_by_the_first_request(build: Build) -> None:
    logged = build()
    logged.service.start()
    assert logged.ends() == []
    line = logged.call({"inputs": "a"})
    assert values(line).keys() == {"ColdStart", "CacheHit", "LoadSeconds", "InferenceMs"}


def test_a_start_that_was_paid_for_ahead_is_not_cold(build: Build) -> None:
    logged = build(AWS_LAMBDA_INITIALIZATION_TYPE="provisioned-concurrency")
    assert logged.call({"inputs": "a"})["ColdStart"] == 0


def test_metrics_stand_under_the_stacks_name(build: Build) -> None:
    line = build(METRICS_NAMESPACE="Staging").call({"inputs": "a"})
    assert {each["Namespace"] for each in line["_aws"]["CloudWatchMetrics"]} == {"Staging"}


def test_tokens_are_counted_where_the_engine_counts(build: Build) -> None:
    logged = build()
    logged.engine.tokens = 9
    assert values(logged.call({"inputs": "a"}))["Tokens"] == 9
    chat = build("chat")
    chat.engine.complete = lambda *_: Completion(("a",), "stop", 3, 2)  # type: ignore[method-assign]
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    assert values(chat.call(url_event(body, path="/v1/chat/completions")))["Tokens"] == 5


@pytest.mark.parametrize("event", [{"inputs": 3}, url_event({"inputs": 3}), url_event("{"), None])
def test_a_callers_mistake_is_an_error_and_no_fault(build: Build, event: Any) -> None:
    logged = build()
    line = logged.call(event if event is not None else {})
    assert (line["message"], line["level"], line["stage"]) == ("refused", "WARNING", "reading")
    assert line["error"] in ("InvalidField", "BadRequest")
    assert values(line) == {"ColdStart": 1, "Errors": 1}
    assert "reason" not in line


def test_a_fault_of_ours_is_counted_as_one(build: Build) -> None:
    logged = build()
    logged.call({"inputs": "a"})
    logged.engine.error = RuntimeError("broken")
    line = logged.call({"inputs": "a"})
    assert (line["message"], line["level"], line["error"]) == ("failed", "ERROR", "InternalError")
    assert (line["stage"], line["raised"]) == ("inference", "RuntimeError")
    assert "fake_engine.py" in line["traceback"]
    assert values(line) == {"Errors": 1, "Faults": 1}


def test_a_model_that_cannot_be_got_is_a_failed_preparation(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = build(is_cached=False)

    def fetch(model: Any, deadline: Any, report: Any) -> Any:
        raise HubUnreachable("the Hub did not answer")

    monkeypatch.setattr(logged.service._provider, "fetch", fetch)
    line = logged.call({"inputs": "a"})
    assert (line["message"], line["error"]) == ("failed", "HubUnreachable")
    assert line["reason"]
    assert values(line) == {"ColdStart": 1, "Errors": 1, "Faults": 1, "PreparationFailures": 1}


def test_a_model_that_cannot_be_loaded_is_a_failed_preparation(build: Build) -> None:
    logged = build()
    logged.engine.error = RuntimeError("a file is missing")
    line = logged.call({"inputs": "a"})
    assert (line["stage"], line["PreparationFailures"]) == ("loading", 1)
    assert "a file is missing" in line["traceback"]


def test_a_model_that_is_still_being_loaded_has_not_failed(build: Build) -> None:
    logged = build()
    logged.engine.load_gate.clear()
    line = logged.call({"inputs": "a"}, timeout_s=0.3)
    logged.engine.load_gate.set()
    assert (line["message"], line["error"]) == ("refused", "ModelNotReady")
    assert values(line) == {"ColdStart": 1, "Errors": 1}
    assert values(logged.call({"inputs": "a"})).keys() == {"CacheHit", "LoadSeconds", "InferenceMs"}


@pytest.mark.parametrize(
    ("stage", "is_failure"), [("downloading", False), ("waiting", False), ("proving: fp32 torch", True)]
)
def test_a_conversion_that_was_cut_off_failed_and_a_download_goes_on(
    build: Build, monkeypatch: pytest.MonkeyPatch, stage: str, is_failure: bool
) -> None:
    logged = build(is_cached=False)
    provider = logged.service._provider

    def fetch(model: Any, deadline: Any, report: Any) -> Any:
        if stage != "waiting":
            report({"stage": stage, "seconds": 1.0})
        raise not_ready(provider.store.progress(model))

    monkeypatch.setattr(provider, "fetch", fetch)
    line = logged.call({"inputs": "a"})
    assert line["stage"] == stage
    assert ("PreparationFailures" in values(line)) is is_failure


def test_a_preparation_tells_its_stages(
    build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logged = build(is_cached=False)
    provider = logged.service._provider

    def fetch(model: Any, deadline: Any, report: Any) -> Any:
        for stage, seconds in (("downloading", 1.0), ("downloaded", 1.5), ("converted", 20.25)):
            report({"stage": stage, "seconds": seconds})
        put_artifact(tmp_path, model, head_of(logged.task.pipeline_tag))
        return provider.store.find(model)

    monkeypatch.setattr(provider, "fetch", fetch)
    found = values(logged.call(dict(PREPARE)))
    assert (found["DownloadSeconds"], found["ConvertSeconds"], found["CacheHit"]) == (1.5, 20.25, 0)
    assert "InferenceMs" not in found


def test_the_event_that_prepares_is_for_direct_invokes_only_and_may_come_twice(build: Build) -> None:
    logged = build()
    ready = {"model": logged.task.model.id, "state": "ready"}
    assert [logged.service(dict(PREPARE), FakeContext()) for _ in range(2)] == [ready, ready]
    assert logged.engine.loads == 1
    assert logged.service(url_event(dict(PREPARE)), FakeContext())["statusCode"] == 422


def marked(value: Any, is_file: bool) -> Any:
    """The same shape, with the canary in every text, or at the end of a file."""
    if isinstance(value, str) and is_file:
        return base64.b64encode(base64.b64decode(value) + CANARY.encode()).decode()
    if isinstance(value, str):
        return f"{value} {CANARY}"
    if isinstance(value, list | tuple):
        return [marked(item, is_file) for item in value]
    return {name: marked(item, is_file) for name, item in value.items()}


def hidden(text: str) -> list[str]:
    """The canary as it is, and as base64 shows it at each of the three places that it can start at."""
    shown = [base64.b64encode(b"\0" * pad + CANARY.encode()).decode()[4:12] for pad in range(3)]
    return [each for each in (CANARY, *shown) if each in text]


@pytest.mark.parametrize("name", [task.name for task in all_tasks()])
def test_no_input_reaches_the_log(build: Build, name: str) -> None:
    logged = build(name)

    def quote(call: Call) -> Any:
        raise RuntimeError(f"cannot run {call.inputs}")

    works = logged.engine.run
    bodies = [dict(example.body) for example in logged.task.examples]
    is_file = logged.task.media_kind is not None
    bodies = [body | {"inputs": marked(body["inputs"], is_file)} for body in bodies if "inputs" in body]
    bodies += [
        {"inputs": value} for value in (CANARY, [CANARY], {CANARY: CANARY}, {"text": CANARY}, [[CANARY]])
    ]
    bodies += [{"inputs": CANARY, "parameters": CANARY}, {"inputs": CANARY, "model": CANARY}, {CANARY: 1}]
    for run in (works, quote):
        logged.engine.run = run  # type: ignore[method-assign]
        for body in bodies:
            for event in (body, url_event(body), url_event(json.dumps(body)[:-1])):
                logged.call(event)
    paths = ["/v1/chat/completions", "/v1/embeddings", f"/{CANARY}", "/v1/models/" + CANARY]
    for path in paths:
        logged.call(url_event({"input": CANARY, "prompt": CANARY, "messages": CANARY}, path=path))
    assert {line["message"] for line in logged.ends()} >= {"answered", "refused"}
    assert hidden(logged.text) == []
