"""A list that the time does not suffice for: which inputs are done, and what an error says of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.deadline import Deadline
from inference.engines.engine import Outcome
from inference.errors import DeadlineExceeded, InvalidField
from inference.runtime import list_run
from inference.runtime.list_run import ListRun
from inference.serve import Service
from inference.settings import Settings
from inference.task import Call
from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class SlowEngine(FakeEngine):
    """Answers so many inputs, then waits at the gate; notes the sizes of its parts."""

    def __init__(self, answered: int, step: int = 1) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self._left = answered
        self._step = step

    def list_step(self, call: Call) -> int:
        return self._step

    def run(self, call: Call) -> Outcome:
        self.sizes.append(len(call.inputs))
        self._left -= len(call.inputs)
        if self._left < 0:
            self.run_gate.wait()
        return Outcome([[{"label": each, "score": 1.0}] for each in call.inputs], truncated=1, tokens=7)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[SlowEngine]:
    engine = SlowEngine(*getattr(request, "param", (20,)))
    engine.run_gate.clear()
    yield engine
    engine.run_gate.set()


@pytest.fixture
def service(engine: SlowEngine, tmp_path: Path) -> Service:
    task = get_task("sentiment")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    variables = {"TASK": task.name, "MODEL_CACHE": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    return Service(task, Settings.from_env(variables), load=engine.load)


def texts(count: int) -> list[str]:
    return [f"text {index}" for index in range(count)]


def test_a_list_that_does_not_fit_says_how_many_were_done(service: Service) -> None:
    with pytest.raises(DeadlineExceeded, match=r"^20 of 100 inputs .* send 20 at once, .*partial"):
        service({"inputs": texts(100)}, FakeContext(0.4))


@pytest.mark.parametrize("over_http", [True, False])
def test_whoever_takes_a_part_gets_null_for_the_rest(service: Service, over_http: bool) -> None:
    body = {"inputs": texts(100), "parameters": {"partial": True, "top_k": 1}}
    reply: Any = service(url_event(body) if over_http else body, FakeContext(0.4))
    answers = json.loads(reply["body"]) if over_http else reply
    assert [each and each[0]["label"] for each in answers] == texts(20) + [None] * 80


@pytest.mark.parametrize("engine", [(3,)], indirect=True)
def test_nothing_done_is_an_error_even_then(service: Service) -> None:
    with pytest.raises(DeadlineExceeded, match="none of 5 inputs was answered in time; send fewer"):
        service({"inputs": texts(5), "parameters": {"partial": True}}, FakeContext(0.3))


@pytest.mark.parametrize("engine", [(1000,)], indirect=True)
def test_parts_grow_and_add_up(service: Service, engine: SlowEngine) -> None:
    reply = service(url_event({"inputs": texts(100)}), FakeContext())
    assert engine.sizes[:2] == [4, 16]
    assert sum(engine.sizes) == 100
    assert reply["headers"]["x-truncated-inputs"] == str(len(engine.sizes))


@pytest.mark.parametrize("engine", [(1000, 16)], indirect=True)
def test_what_runs_together_stays_together(service: Service, engine: SlowEngine) -> None:
    service({"inputs": texts(40)}, FakeContext())
    assert engine.sizes == [16, 16, 8]


@pytest.mark.parametrize("engine", [(1000,)], indirect=True)
@pytest.mark.parametrize("inputs", ["one", ["one"]])
def test_one_input_takes_the_parameter_too(service: Service, inputs: Any) -> None:
    assert service({"inputs": inputs, "parameters": {"partial": True}}, FakeContext())


def test_a_part_that_would_not_fit_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine would still be at work when the next call comes."""
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    ran: list[int] = []

    def run(part: Call) -> Outcome:
        ran.append(len(part.inputs))
        clock[0] += 2.0 * len(part.inputs)
        return Outcome(list(part.inputs))

    parts = ListRun(Call(texts(9), {}, True, takes_part=True), Deadline.after(13.5), 1)
    assert parts.run(run).results == texts(6) + [None] * 3
    assert ran == [list_run.FIRST_INPUTS, 1, 1]


def test_an_error_names_the_input_in_the_whole_list() -> None:
    def run(part: Call) -> Outcome:
        if part.first:
            raise InvalidField(part.at(1), "is too long")
        return Outcome(list(part.inputs))

    with pytest.raises(InvalidField, match=r"^inputs\[5\]: is too long"):
        ListRun(Call(texts(9), {}, is_list=True), Deadline.after(60), 1).run(run)


def test_a_part_of_a_stream_has_no_meaning(tmp_path: Path) -> None:
    task = get_task("chat")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    variables = {"TASK": task.name, "MODEL_CACHE": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    service = Service(task, Settings.from_env(variables), load=FakeEngine().load)
    body = {"inputs": ["a", "b"], "parameters": {"partial": True, "details": True}}
    with pytest.raises(InvalidField, match=r"parameters\.partial: has no place beside stream and details"):
        service(body, FakeContext())


def test_null_stays_null_where_one_answer_is_shown_alone() -> None:
    task = get_task("question_answering")
    call = Call([{}, {}], {"top_k": 1}, is_list=True)
    assert task.present(call, [[{"answer": "yes"}], None]) == [{"answer": "yes"}, None]
