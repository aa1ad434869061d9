"""Batches of lines: results in order with their ids, mistakes by line, and what was left marked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference import doors
from inference.doors import batch
from inference.doors.batch import Batch
from inference.errors import DeadlineExceeded, InvalidField, ModelNotReady
from inference.serve import Service
from inference.settings import Settings
from inference.task_kinds import head_of
from inference.tasks import all_tasks, get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.engines.engine import Outcome
    from inference.task import Call

KEY_SHA256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

Lines = list[dict[str, Any]]


class ListEngine(FakeEngine):
    """Notes each list; ``refuses`` names an input that is not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: list[list[Any]] = []
        self.refuses: Any = None

    def list_step(self, call: Call) -> int:
        return 1

    def run(self, call: Call) -> Outcome:
        self.lists.append(list(call.inputs))
        for index, each in enumerate(call.inputs):
            if isinstance(each, str) and each == self.refuses:  # recordings are arrays by now
                raise InvalidField(call.at(index), "is too long")
        return super().run(call)


@pytest.fixture
def engine() -> ListEngine:
    return ListEngine()


@pytest.fixture
def serve(engine: ListEngine, tmp_path: Path) -> Callable[..., Service]:
    def make(name: str = "sentiment", **variables: str) -> Service:
        task = get_task(name)
        put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
        engine.paints = task.kind.paints
        given = {"TASK": name, "MODEL_CACHE": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
        return Service(task, Settings.from_env(given | variables), load=engine.load)

    return make


def event(*lines: Any) -> dict[str, Any]:
    return {"Items": [{"index": index, "line": line} for index, line in enumerate(lines)]}


def run(service: Service, *lines: Any, timeout_s: float = 60.0) -> Lines:
    given = event(*lines)
    door = doors.find(given)
    assert isinstance(door, Batch)
    return list(door.answer(given, FakeContext(timeout_s), service))


def echo(text: str) -> Any:
    """What the engine answers, as sentiment shows it."""
    return [{"echo": text}]


def bodies(results: Lines) -> list[Any]:
    return [result["response"] and result["response"]["body"] for result in results]


def test_lines_that_agree_are_one_list(serve: Callable[..., Service], engine: ListEngine) -> None:
    results = run(
        serve(),
        {"inputs": "a"},
        {"inputs": "b", "parameters": {"top_k": 1}},
        {"custom_id": "third", "inputs": "c"},
        {"custom_id": "fourth", "method": "POST", "url": "/", "body": {"inputs": "d"}},
    )
    assert engine.lists == [["a", "c", "d"], ["b"]]
    assert [result["id"] for result in results] == ["line-1", "line-2", "line-3", "line-4"]
    assert [result["custom_id"] for result in results] == [None, None, "third", "fourth"]
    assert bodies(results) == [echo(each) for each in "abcd"]
    assert all(result["error"] is None for result in results)


@pytest.mark.parametrize("name", [task.name for task in all_tasks()])
def test_a_line_is_answered_as_a_call_of_the_url(serve: Callable[..., Service], name: str) -> None:
    service = serve(name)
    examples = [dict(example.body) for example in service.task.examples]
    examples *= 1 + service.task.takes_lists  # two that agree, at least
    results = run(service, *examples)
    replies = [
        service(url_event(body, headers={"accept": "application/json"}), FakeContext()) for body in examples
    ]
    assert [each["statusCode"] for each in replies] == [200] * len(replies)
    assert bodies(results) == [json.loads(reply["body"]) for reply in replies]


@pytest.mark.parametrize(
    ("line", "status", "problem"),
    [
        ("text", 400, "a line must be a JSON object"),
        ({"inputs": 1}, 422, "inputs: must be a string"),
        ({"inputs": "a", "parameters": {"topk": 1}}, 422, "parameters.topk: is unknown"),
        ({"inputs": "a", "parameters": {"top_k": 0}}, 422, "parameters.top_k: must be"),
        ({"custom_id": 7, "inputs": "a"}, 422, "custom_id: must be a string of 1 to 512"),
        ({"method": "GET", "body": {}}, 422, "method: must be POST"),
        ({"url": "https://a.example/", "body": {}}, 422, "url: must be a path"),
        ({"url": "/v1/embeddings", "body": []}, 422, "body: must be a JSON object"),
        ({"body": {"inputs": "a"}, "inputs": "b"}, 422, "inputs: is unknown; known: custom_id"),
        ({"url": "/v1/none", "body": {"inputs": "a"}}, 404, "no such route"),
        ({"inputs": "a", "model": "x/y"}, 422, "model: must be one of"),
    ],
)
def test_a_mistake_is_its_own_lines(
    serve: Callable[..., Service], line: Any, status: int, problem: str
) -> None:
    results = run(serve(), {"inputs": "good"}, line, {"inputs": "fine"})
    assert bodies([results[0], results[2]]) == [echo("good"), echo("fine")]
    response = results[1]["response"]
    assert response["status_code"] == status
    error = response["body"]["error"]
    assert (error["message"] if status == 404 else error).startswith(problem)
    assert response["body"]["request_id"] == "line-2"


def test_an_engines_refusal_names_no_neighbour(serve: Callable[..., Service], engine: ListEngine) -> None:
    engine.refuses = "b"
    results = run(serve(), *({"inputs": each} for each in "abc"))
    assert bodies(results)[1]["error"] == "inputs: is too long"
    assert bodies([results[0], results[2]]) == [echo("a"), echo("c")]


@pytest.mark.parametrize("error", [ModelNotReady("wait"), DeadlineExceeded("late")])
@pytest.mark.parametrize("inputs", ["a", ["a", "b"]])  # in a list with others, and by itself
def test_what_may_be_answered_later_is_marked(
    serve: Callable[..., Service], engine: ListEngine, error: Exception, inputs: Any
) -> None:
    service = serve()
    run(service, {"inputs": "loaded"})
    engine.error = error
    results = run(service, {"inputs": inputs}, {"inputs": inputs})
    assert bodies(results) == [None, None]
    assert [each["error"]["code"] for each in results] == ["not_done"] * 2
    assert engine.lists[1:] in ([["a", "a"]], [["a", "b"]] * 2)


def test_a_list_that_does_not_fit_is_answered_in_part(
    serve: Callable[..., Service], engine: ListEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve()
    run(service, {"inputs": "loaded"})
    engine.run_gate.clear()
    monkeypatch.setattr(engine, "run_gate", Gate(engine))
    results = run(service, *({"inputs": f"{index}"} for index in range(10)), timeout_s=0.5)
    assert bodies(results) == [echo(f"{index}") for index in range(4)] + [None] * 6
    engine.run_gate.set()


class Gate:
    """Opens for the first part of a list only."""

    def __init__(self, engine: ListEngine) -> None:
        self._engine = engine
        self._gate = engine.run_gate
        self._lists = len(engine.lists)

    def wait(self) -> None:
        if len(self._engine.lists) > self._lists + 1:
            self._gate.wait()

    def set(self) -> None:
        self._gate.set()


def test_answers_that_have_no_room_are_marked(
    serve: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MAX_REPLY_BYTES", 2000)
    results = run(serve(), *({"inputs": each * 900} for each in "abc"), {"inputs": "d" * 2500})
    assert len(json.dumps(results)) < 2600
    assert [bool(body) for body in bodies(results)] == [True, False, False, False]
    assert [each["error"] and each["error"]["code"] for each in results] == [
        *(None, "not_done", "not_done"),
        "too_large",
    ]


def test_a_long_list_is_split_at_the_tasks_limit(serve: Callable[..., Service], engine: ListEngine) -> None:
    run(serve("translation"), *({"inputs": f"{index}"} for index in range(33)))
    assert sum(map(len, engine.lists)) == 33
    assert not any(len(each) > 32 for each in engine.lists)


def test_no_key_is_asked_for_behind_iam(serve: Callable[..., Service]) -> None:
    """And a chat line is answered whole, whatever the URL does."""
    service = serve("chat", KEY_SHA256=KEY_SHA256, INVOKE_MODE="RESPONSE_STREAM")
    chat = {"messages": [{"role": "user", "content": "Hi"}]}
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": chat}
    whole, streamed = run(service, line, {**line, "body": {**chat, "stream": True}})
    assert whole["response"]["body"]["choices"][0]["message"]["content"] == "Hello"
    assert streamed["response"]["body"]["error"].startswith("stream: ")
    assert service(url_event(chat, path="/v1/chat/completions"), FakeContext()).status == 401


def test_a_url_cannot_reach_this_door() -> None:
    assert not isinstance(doors.find({**url_event({}), **event("a")}), Batch)
