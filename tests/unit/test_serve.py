"""The walk from event to reply, with a fake engine and a ready artifact; no sockets, no model."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import struct
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from PIL import Image

from inference.cache.store import ModelStore
from inference.engines.engine import ResultSize
from inference.engines.text.token_scores import TokenScore
from inference.errors import DeadlineExceeded, HubletError, InternalError, InvalidField
from inference.http.response import FACTS
from inference.serve import Service
from inference.settings import Settings
from inference.task_kinds import head_of
from inference.tasks import get_task, task_names
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.cache.artifact import Artifact
    from inference.task import Model, Task


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    engine = FakeEngine()
    yield engine
    engine.load_gate.set()
    engine.run_gate.set()


@pytest.fixture(params=task_names())
def task(request: pytest.FixtureRequest) -> Task:
    return get_task(request.param)


@pytest.fixture
def service(task: Task, engine: FakeEngine, tmp_path: Path) -> Service:
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    engine.paints = task.pipeline_tag == "text-to-image"
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
        event = url_event(dict(example.body), headers={"accept": "application/json"})
        status, over_http = reply_of(service, event)
        assert status == 200
        assert service(dict(example.body), FakeContext()) == over_http


def test_the_model_is_loaded_once(service: Service, task: Task, engine: FakeEngine) -> None:
    service.start()
    for _ in range(3):
        service(dict(task.examples[0].body), FakeContext())
    assert engine.loads == 1


@pytest.mark.parametrize(
    ("variables", "was_loaded"),
    [
        ({}, True),
        ({"KEY_SHA256": "a" * 64}, False),
        ({"KEY_SHA256": "a" * 64, "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}, True),
    ],
    ids=["without a key", "with a key", "kept ready"],
)
def test_no_stranger_makes_a_model_load(
    engine: FakeEngine, tmp_path: Path, variables: dict[str, str], was_loaded: bool
) -> None:
    """Whoever begins an environment may have no key: then it loads nothing before one was seen."""
    task = get_task("sentiment")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    settings = Settings.from_env({"TASK": task.name, "MODEL_CACHE": str(tmp_path), **variables})
    service = Service(task, settings, load=engine.load)
    service.start()
    assert bool(engine.loads) == was_loaded
    if variables:
        assert service(url_event({"inputs": "a"}), FakeContext(60.0))["statusCode"] == 401
        assert bool(engine.loads) == was_loaded


@pytest.mark.parametrize("caching", ["true", "false"])
def test_prompt_caching_can_be_switched_off(engine: FakeEngine, tmp_path: Path, caching: str) -> None:
    task = get_task("chat")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    variables = {"TASK": task.name, "MODEL_CACHE": str(tmp_path), "PROMPT_CACHING": caching}
    service = Service(task, Settings.from_env(variables), load=engine.load)
    status, _ = reply_of(service, url_event(dict(task.examples[0].body)))
    assert (status, engine.caches_prompts) == (200, caching == "true")


def test_alternatives_can_be_switched_off(engine: FakeEngine, tmp_path: Path) -> None:
    task = get_task("summarization")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    settings = Settings.from_env({"TASK": task.name, "MODEL_CACHE": str(tmp_path), "ALTERNATIVES": "false"})
    service = Service(task, settings, load=engine.load)
    event = dict(task.examples[0].body) | {"model": task.alternatives[0].id}
    status, answer = reply_of(service, url_event(event))
    assert (status, "model" in answer["error"]) == (422, True)
    status, description = reply_of(service, url_event(method="GET"))
    assert (status, description["alternatives"]) == (200, [])


def test_errors_are_replies_over_http_and_raised_directly(service: Service) -> None:
    status, document = reply_of(service, url_event({"nonsense": 1}))
    assert (status, document["type"], document["request_id"]) == (422, "InvalidField", "request-1")
    with pytest.raises(InvalidField):
        service({"nonsense": 1}, FakeContext())


@pytest.mark.parametrize("task", ["embeddings"], indirect=True)
@pytest.mark.parametrize("value", [["é" * 7_000_000], [float("nan")]])
def test_a_direct_result_that_lambda_would_not_take_is_an_error(
    service: Service, task: Task, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda ends the environment of a reply over 6 MB, and NaN is no JSON."""
    monkeypatch.setattr(type(task), "present", lambda *_: value)
    with pytest.raises(HubletError) as told:
        service(dict(task.examples[0].body), FakeContext())
    assert type(told.value).__name__ == ("InternalError" if value[0] != value[0] else "PayloadTooLarge")


class Panic(BaseException):
    """As a library in Rust raises it: no Exception."""


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_what_is_no_exception_is_an_error_too(
    service: Service, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic(*_: object) -> NoReturn:
        raise Panic("index out of bounds")

    monkeypatch.setattr(type(task), "present", panic)
    status, document = reply_of(service, url_event(dict(task.examples[0].body)))
    assert (status, document["type"]) == (500, "InternalError")
    assert "bounds" not in json.dumps(document)


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


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
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


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_inputs_never_reach_the_log(service: Service, log: io.StringIO) -> None:
    field = "inputs"
    service(url_event({field: "canary-text"}), FakeContext())
    service(url_event({field: "canary-text", "parameters": 3}), FakeContext())
    assert "answered" in log.getvalue()
    assert "canary-text" not in log.getvalue()


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
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


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("GET", "/health"), ("GET", "/")])
def test_a_cache_that_does_not_answer_holds_no_reply(
    service: Service, task: Task, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    """NFS waits without end for a server that is away."""
    gate = threading.Event()
    find = ModelStore.find

    def find_later(store: ModelStore, model: Model) -> Artifact | None:
        gate.wait()
        return find(store, model)

    monkeypatch.setattr(ModelStore, "find", find_later)
    event = url_event(dict(task.examples[0].body) if method == "POST" else None, method=method, path=path)
    try:
        status, document = reply_of(service, event, timeout_s=0.5)
        assert (status, document["type"]) == (503, "ModelNotReady")
        assert "cache does not answer" in document["error"]
        assert service.is_stuck
    finally:
        gate.set()
    assert reply_of(service, event)[0] == 200
    assert not service.is_stuck


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_slow_load_goes_on_for_the_next_request(service: Service, task: Task, engine: FakeEngine) -> None:
    engine.load_gate.clear()
    assert reply_of(service, url_event(dict(task.examples[0].body)), timeout_s=0.3)[0] == 503
    engine.load_gate.set()
    assert reply_of(service, url_event(dict(task.examples[0].body)))[0] == 200
    assert engine.loads == 1


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_late_answer_is_a_typed_error_directly(service: Service, task: Task, engine: FakeEngine) -> None:
    engine.run_gate.clear()
    with pytest.raises(DeadlineExceeded):
        service(dict(task.examples[0].body), FakeContext(0.3))


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_load_that_failed_is_tried_again(service: Service, task: Task, engine: FakeEngine) -> None:
    engine.error = RuntimeError("first time")
    service.start()
    engine.error = None
    assert reply_of(service, url_event(dict(task.examples[0].body)))[0] == 200
    assert engine.loads == 2


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_load_that_fails_again_is_held(service: Service, task: Task, engine: FakeEngine) -> None:
    """Otherwise each call would read and hash the whole artifact."""
    engine.error = RuntimeError("always")
    event = url_event(dict(task.examples[0].body))
    replies = [service(event, FakeContext(60.0)) for _ in range(5)]
    assert [reply["statusCode"] for reply in replies] == [500] * 5
    assert engine.loads == 3
    assert "retry-after" not in replies[0]["headers"]
    assert 1 <= int(replies[4]["headers"]["retry-after"]) <= 30


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
@pytest.mark.parametrize("state", ["whole", "damaged", "set aside by another"])
def test_a_load_that_fails_looks_at_the_bytes(
    service: Service, task: Task, engine: FakeEngine, tmp_path: Path, state: str
) -> None:
    (weights,) = tmp_path.glob("artifacts/*/*/*/model.safetensors")
    aside = weights.parent.with_name(f"{weights.parent.name}.damaged") / weights.name

    def fail() -> NoReturn:
        if state == "set aside by another":
            weights.parent.rename(aside.parent)
        raise ValueError("this is no model")

    engine.on_load = fail
    if state == "damaged":
        weights.write_bytes(bytes(weights.stat().st_size))
    reply = service(url_event(dict(task.examples[0].body)), FakeContext())
    assert reply["statusCode"] == (500 if state == "whole" else 503)
    assert ("retry-after" in reply["headers"]) == (state != "whole")
    assert weights.exists() == (state == "whole")
    assert aside.exists() == (state != "whole")


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
@pytest.mark.parametrize("event", [None, [], "text", 7, {}, {"requestContext": {"http": {}}}])
def test_no_event_breaks_the_service(service: Service, event: Any) -> None:
    try:
        reply = service(event, FakeContext())
    except HubletError as error:
        assert error.status < 500
    else:
        assert reply["statusCode"] in (200, 400, 404, 405, 422)


CHAT = pytest.mark.parametrize("task", ["chat"], indirect=True)
HELLO = [{"role": "user", "content": "Hi"}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


@CHAT
def test_a_chat_completion(service: Service, task: Task, engine: FakeEngine) -> None:
    body = {"model": task.model.id, "messages": HELLO, "temperature": 0, "max_tokens": 5, "stop": "x"}
    status, reply = reply_of(service, url_event(body, path="/v1/chat/completions"))
    assert status == 200
    assert reply["choices"][0]["message"] == {"role": "assistant", "content": "Hello"}
    assert reply["usage"] == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    prompt, parameters = engine.asked
    assert prompt == HELLO
    assert (parameters["do_sample"], parameters["max_new_tokens"], parameters["stop"]) == (False, 5, ["x"])


@CHAT
def test_a_streamed_completion_comes_as_events(service: Service) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}}
    body = {"model": "dummy", "messages": HELLO, **options}
    reply = service(url_event(body, path="/v1/chat/completions"), FakeContext())
    assert reply["headers"]["content-type"] == "text/event-stream"
    *events, done = reply["body"].strip().split("\n\n")
    assert done == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    said = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]]
    assert "".join(said) == "Hello"
    assert chunks[-1]["usage"]["total_tokens"] == 5


@CHAT
def test_options_that_change_nothing_are_taken(service: Service) -> None:
    """What official clients send by themselves, and what decides nothing about an answer."""
    body = {
        "messages": HELLO,
        "n": 1,
        "logprobs": False,
        "top_logprobs": 0,
        "frequency_penalty": 0.0,
        "response_format": {"type": "text"},
        "service_tier": "flex",
        "metadata": {"run": "7"},
        "prompt_cache_key": "k",
        "safety_identifier": "s",
        "store": True,
        "stop": None,
        "stream_options": {"include_obfuscation": False},
        "tools": None,
        "unheard_of": None,
        "user": "someone",
    }
    assert reply_of(service, url_event(body, path="/v1/chat/completions"))[0] == 200


def test_a_functions_own_url_is_no_model(service: Service, task: Task) -> None:
    """JavaScript's client of the Hub names it where it was given one."""
    body = {**task.examples[0].body, "model": f"http://127.0.0.1:8080/{task.function_name}"}
    reply = service(url_event(body, headers={"accept": "application/json"}), FakeContext())
    assert (reply["statusCode"], reply["headers"]["x-model"]) == (200, task.model.id)


@CHAT
@pytest.mark.parametrize("name", ["gpt-9", "http://127.0.0.1:8080/chat", "chat", "", None])
def test_the_only_model_answers_to_any_name(service: Service, task: Task, name: str | None) -> None:
    """Clients fill in an endpoint's URL, or a default of their own; the answer says who answered."""
    status, reply = reply_of(
        service, url_event({"messages": HELLO, "model": name}, path="/v1/chat/completions")
    )
    assert (status, reply["model"]) == (200, task.model.id)


@CHAT
@pytest.mark.parametrize(("asked", "given"), [(4096, 2048), (-1, 2048), (7, 7), (None, None)])
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_ceiling_that_is_too_high_is_lowered(
    service: Service, engine: FakeEngine, name: str, asked: int | None, given: int | None
) -> None:
    assert (
        reply_of(service, url_event({"messages": HELLO, name: asked}, path="/v1/chat/completions"))[0] == 200
    )
    assert engine.asked[1]["max_new_tokens"] == given


@CHAT
def test_sampling_options_reach_the_engine(service: Service, engine: FakeEngine) -> None:
    body = {"messages": HELLO, "top_k": 5, "repetition_penalty": 1.3, "temperature": 0.5, "seed": -1}
    assert reply_of(service, url_event(body, path="/v1/chat/completions"))[0] == 200
    _, asked = engine.asked
    assert (asked["top_k"], asked["repetition_penalty"], asked["temperature"]) == (5, 1.3, 0.5)
    assert (asked["do_sample"], asked["seed"]) == (True, 2**32 - 1)


@CHAT
def test_a_history_is_read_as_clients_send_it(service: Service, engine: FakeEngine) -> None:
    """Answers come back with everything that they had; what says nothing is dropped."""
    said: dict[str, Any] = {
        "refusal": None,
        "annotations": [],
        "tool_calls": [],
        "audio": None,
        "function_call": None,
    }
    messages = [
        {
            "role": "developer",
            "content": [{"type": "text", "text": t} for t in ("Be ", "brief.")],
        },
        {"role": "user", "content": "Hi", "name": "Ada"},
        {"role": "assistant", "content": "Hello", "reasoning_content": "A greeting.", **said},
        {"role": "assistant", "content": None, "refusal": "I cannot."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "3", "tool_call_id": "call_1"},
    ]
    assert reply_of(service, url_event({"messages": messages}, path="/v1/chat/completions"))[0] == 200
    assert engine.asked[0] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "reasoning_content": "A greeting."},
        {"role": "assistant", "content": "I cannot."},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "3", "tool_call_id": "call_1"},
    ]


@CHAT
def test_several_prompts_get_a_choice_each(service: Service, log: io.StringIO) -> None:
    body = {"prompt": ["a", "b"], "max_tokens": 4}
    _, reply = reply_of(service, url_event(body, path="/v1/completions"))
    choices = [(choice["index"], choice["text"]) for choice in reply["choices"]]
    assert choices == [(0, "Hello"), (1, "Hello")]
    assert reply["usage"] == {"prompt_tokens": 6, "completion_tokens": 4, "total_tokens": 10}
    assert json.loads(log.getvalue().splitlines()[-1])["Tokens"] == 10
    streamed = service(url_event({**body, "stream": True}, path="/v1/completions"), FakeContext())
    chunks = [json.loads(event[6:]) for event in streamed["body"].strip().split("\n\n")[:-1]]
    said = [(chunk["choices"][0]["index"], chunk["choices"][0]["text"]) for chunk in chunks]
    assert said == [(0, "Hel"), (0, "lo"), (0, ""), (1, "Hel"), (1, "lo"), (1, "")]


@CHAT
def test_several_answers_to_one_prompt(service: Service, engine: FakeEngine) -> None:
    """The prompt is counted once, as OpenAI does, and a seed draws no answer twice."""
    body = {"messages": HELLO, "n": 3, "seed": 7}
    _, reply = reply_of(service, url_event(body, path="/v1/chat/completions"))
    assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
    assert reply["usage"] == {"prompt_tokens": 3, "completion_tokens": 6, "total_tokens": 9}
    assert engine.asked[1]["seed"] == 9


@CHAT
@pytest.mark.parametrize("top", [None, 0, 2])
def test_scores_are_shown_where_they_are_asked_for(
    service: Service, engine: FakeEngine, top: int | None
) -> None:
    engine.scores = (TokenScore("Hel", -0.5, (("Hel", -0.5), ("\ufffd", -1.0))), TokenScore("lo", -0.1))
    body = {"messages": HELLO, "logprobs": True, "top_logprobs": top}
    _, reply = reply_of(service, url_event(body, path="/v1/chat/completions"))
    assert engine.asked[1]["logprobs"] == (top or 0)
    first, second = reply["choices"][0]["logprobs"]["content"]
    assert second == {"token": "lo", "logprob": -0.1, "bytes": [108, 111], "top_logprobs": []}
    assert [each["bytes"] for each in first["top_logprobs"]] == [[72, 101, 108], None]
    streamed = service(url_event({**body, "stream": True}, path="/v1/chat/completions"), FakeContext())
    chunks = [json.loads(event[6:]) for event in streamed["body"].strip().split("\n\n")[:-1]]
    told = [chunk["choices"][0]["logprobs"] for chunk in chunks]
    assert [each and [one["token"] for one in each["content"]] for each in told] == [
        *(None, ["Hel"], ["lo"], None)
    ]


@CHAT
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "messages: is required"),
        ({"messages": []}, "messages: has 0 messages; it must have 1 to 200"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role: must be one of"),
        ({"messages": [{"role": "user", "content": "x", "name": 7}]}, "messages[0].name: must be"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages[0].content[0]: must",
        ),
        ({"messages": HELLO, "n": 9}, "n: must be between 1 and 8"),
        ({"messages": HELLO, "logit_bias": {"x": 1}}, "logit_bias.x: must be the number of a token"),
        ({"messages": HELLO, "logit_bias": {"1": 101}}, "logit_bias.1: must be between"),
        ({"messages": HELLO, "logit_bias": []}, "logit_bias: must be an object"),
        ({"messages": HELLO, "top_logprobs": 2}, "top_logprobs: needs logprobs to be true"),
        ({"messages": HELLO, "max_tokens": 0}, "max_tokens: must be at least 1"),
        ({"messages": HELLO, "max_tokens": -2}, "max_tokens: must be between -1 and"),
        ({"messages": HELLO, "model": 9}, "model: must be one of"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content: must be a string"),
        (
            {"messages": [{"role": "assistant", "content": "x", "audio": {"id": "1"}}]},
            "messages[0].audio: is not",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": "x",
                        "tool_calls": [CALL],
                    }
                ]
            },
            "messages[0].tool_calls: are the assistant's alone",
        ),
        ({"messages": HELLO, "reasoning_effort": "high"}, "reasoning_effort: is not supported with this"),
        ({"messages": HELLO, "surprise": 1}, "surprise: is not supported"),
    ],
)
def test_a_bad_chat_request_names_the_field(service: Service, body: dict[str, Any], problem: str) -> None:
    status, reply = reply_of(service, url_event(body, path="/v1/chat/completions"))
    assert status == 422
    assert reply["error"]["message"].startswith(problem)


@CHAT
def test_the_list_of_models_and_one_of_them(service: Service, task: Task) -> None:
    _, listed = reply_of(service, url_event(method="GET", path="/v1/models"))
    assert [entry["id"] for entry in listed["data"]] == [task.model.id]
    assert reply_of(service, url_event(method="GET", path=f"/v1/models/{task.model.id}"))[0] == 200
    assert reply_of(service, url_event(method="GET", path="/v1/models/no/such"))[0] == 404


@pytest.mark.parametrize("task", ["embeddings"], indirect=True)
def test_embeddings_as_numbers_and_as_base64(service: Service, engine: FakeEngine, task: Task) -> None:
    engine.answers = lambda call: [[1.0, -2.5]] * len(call.inputs)  # type: ignore[method-assign]
    body = {"model": task.model.id, "input": ["a", "b"]}
    _, reply = reply_of(service, url_event(body, path="/v1/embeddings"))
    assert [entry["embedding"] for entry in reply["data"]] == [[1.0, -2.5]] * 2
    _, packed = reply_of(service, url_event({**body, "encoding_format": "base64"}, path="/v1/embeddings"))
    assert base64.b64decode(packed["data"][1]["embedding"]) == struct.pack("<2f", 1.0, -2.5)


@pytest.mark.parametrize("task", ["embeddings"], indirect=True)
@pytest.mark.parametrize(("path", "name"), [("/v1/embeddings", "input"), ("/", "inputs")])
def test_a_reply_that_would_be_too_large_is_refused_before_the_work(
    service: Service, engine: FakeEngine, path: str, name: str
) -> None:
    engine.result_size = lambda call: ResultSize(1024)  # type: ignore[method-assign]
    reply_of(service, url_event({name: "a"}, path=path))
    engine.error = AssertionError("the work was begun")
    status, told = reply_of(service, url_event({name: ["a"] * 2048}, path=path))
    assert status == 413
    assert re.search("2,048 items .* send 25[0-9] at most", json.dumps(told))
    status, told = reply_of(service, url_event({name: ["a"] * 2049}, path=path))
    assert status == 422
    assert "the limit is 2,048" in json.dumps(told)


@pytest.mark.parametrize("task", ["image"], indirect=True)
@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "image/png"),
        ("*/*", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("text/html, image/*;q=0.8", "image/png"),
        ("image/png;q=0.2, image/jpeg", "image/jpeg"),
        ("image/png;q=0, image/jpeg;q=0.1", "image/jpeg"),
        ("IMAGE/JPEG; q=oops", "image/jpeg"),
    ],
)
def test_a_picture_by_accept(service: Service, accept: str, kind: str) -> None:
    reply = service(url_event({"inputs": "a red square"}, headers={"accept": accept}), FakeContext())
    assert (reply["statusCode"], reply["headers"]["content-type"]) == (200, kind)
    picture = Image.open(io.BytesIO(base64.b64decode(reply["body"])))
    assert (picture.size, Image.MIME[picture.format or ""]) == ((8, 8), kind)


@pytest.mark.parametrize("task", ["image"], indirect=True)
def test_a_type_that_cannot_be_made_is_refused_before_the_work(service: Service, engine: FakeEngine) -> None:
    engine.error = RuntimeError("must not run")
    for accept in ("image/tiff", "image/png;q=0"):
        event = url_event({"inputs": "a"}, headers={"accept": accept})
        assert reply_of(service, event)[0] == 406


@pytest.mark.parametrize("task", ["image_classification"], indirect=True)
@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", ""])
def test_a_body_that_is_the_image_itself(service: Service, kind: str) -> None:
    event = url_event(headers={"content-type": kind})
    event |= {"body": base64.b64encode(b"\x89PNG").decode(), "isBase64Encoded": True}
    assert reply_of(service, event) == (200, {"echo": str(b"\x89PNG")})


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_truncation_is_told_in_a_header_and_in_the_log(
    service: Service, engine: FakeEngine, log: io.StringIO
) -> None:
    engine.truncated = 2
    reply = service(url_event({"inputs": "a"}), FakeContext())
    assert reply["headers"]["x-truncated-inputs"] == "2"
    assert json.loads(log.getvalue().splitlines()[-1])["truncated"] == 2


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_web_pages_may_see_every_header_of_ours(service: Service) -> None:
    assert service(url_event({"inputs": "a"}), FakeContext())["headers"].keys() - {"content-type"} == {*FACTS}


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_what_a_call_waited_for_is_told_in_a_standard_header(service: Service) -> None:
    """The first call loads the model, the second does not."""
    times = r"inference;dur=\d+\.\d"
    for expected in (rf"load;dur=\d+, {times}", times):
        reply = service(url_event({"inputs": "a"}), FakeContext())
        assert re.fullmatch(expected, reply["headers"]["server-timing"])


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_memory_is_told_of_what_was_inferred(service: Service) -> None:
    reply = service(url_event({"inputs": "a"}), FakeContext())
    assert int(reply["headers"]["x-peak-memory-mb"]) > 10
    described = service(url_event(method="GET"), FakeContext())
    assert "x-peak-memory-mb" not in described["headers"]


@pytest.mark.parametrize("task", ["image"], indirect=True)
def test_what_cannot_be_done_in_time_is_refused_at_once(service: Service, engine: FakeEngine) -> None:
    engine.estimate_s = lambda call: 100.0  # type: ignore[method-assign]
    status, reply = reply_of(service, url_event({"inputs": "a"}), timeout_s=30.0)
    assert status == 503
    assert "about 100 s" in reply["error"]
