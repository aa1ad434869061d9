"""Answers as they come, with an engine that writes when it is asked; no sockets, no model."""

from __future__ import annotations

import io
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub.inference import _common as hub_client

from inference.engines.engine import Piece, Pieces, Stream
from inference.errors import HubletError, InvalidField
from inference.http.stream import StreamedReply
from inference.runtime import streamed_run
from inference.serve import Service
from inference.settings import Settings
from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 30.0
HELLO = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"


class Writer(FakeEngine):
    """Writes ``texts``, each when it is asked for; fails, waits or goes on for ever when told to."""

    def __init__(self, *texts: str) -> None:
        super().__init__()
        self.texts = texts
        self.made = 0
        self.is_closed = False
        self.fails_at = -1
        self.is_endless = False
        self.opening_error: Exception | None = None

    def stream(self, prompt: Any, parameters: Any) -> Stream:
        self.asked = (prompt, parameters)
        if self.opening_error:
            raise self.opening_error
        return Stream(self._write(), prompt_tokens=3, was_cut=False)

    def _write(self) -> Pieces:
        try:
            while True:
                for number, text in enumerate(self.texts):
                    self.run_gate.wait(WAIT_S)
                    if number == self.fails_at:
                        raise RuntimeError("secret")
                    self.made += 1
                    yield Piece(text, number)
                if not self.is_endless:
                    self.made += 1
                    yield Piece("", 99, "stop", is_end=True)
                    return
        finally:
            self.is_closed = True


@pytest.fixture
def engine() -> Iterator[Writer]:
    engine = Writer("Hel", "lo", " é\u2028日")
    yield engine
    engine.load_gate.set()
    engine.run_gate.set()


@pytest.fixture(params=["chat"])
def service(request: pytest.FixtureRequest, engine: Writer, tmp_path: Path) -> Service:
    task = get_task(request.param)
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    variables = {
        "TASK": task.name,
        "MODEL_CACHE": str(tmp_path),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "INVOKE_MODE": "RESPONSE_STREAM",
    }
    return Service(task, Settings.from_env(variables), load=engine.load)


@pytest.fixture
def log(service: Service) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logger = logging.getLogger("chat")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.handlers[0].formatter)
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def last_line(log: io.StringIO) -> Any:
    return json.loads(log.getvalue().splitlines()[-1])


def ask(service: Service, body: Any, path: str = "/", timeout_s: float = 60.0) -> StreamedReply:
    reply = service(url_event(body, path=path), FakeContext(timeout_s))
    assert isinstance(reply, StreamedReply)
    return reply


def document_of(reply: StreamedReply) -> Any:
    return json.loads(b"".join(reply.chunks))


def events_of(text: str) -> list[Any]:
    """The documents of a stream, without its comments and its end."""
    lines = [line for line in text.split("\n\n") if line.startswith("data: ") and line != "data: [DONE]"]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def until_broken(reply: StreamedReply) -> list[str]:
    """What came before the reply broke off."""
    came: list[str] = []
    with pytest.raises(HubletError):
        for chunk in reply.chunks:
            came.append(chunk.decode())
    return came


def said_in(text: str) -> str:
    choices = [choice for document in events_of(text) for choice in document["choices"]]
    return "".join(choice["delta"].get("content", "") for choice in choices)


def test_each_token_leaves_before_the_next_is_made(service: Service, engine: Writer) -> None:
    reply = ask(service, HELLO, CHAT)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream")
    came, made = [], []
    for chunk in reply.chunks:
        came.append(chunk.decode())
        made.append(engine.made)
    assert made == [1, 1, 2, 3, 4, 4]  # the role and the first token; the end and [DONE]
    assert came[-1] == "data: [DONE]\n\n"
    assert said_in("".join(came)) == "Hello é\u2028日"
    assert events_of(came[-2])[0]["choices"][0]["finish_reason"] == "stop"


def test_events_are_ascii_on_one_line(service: Service) -> None:
    """Some clients split lines at U+2028 too."""
    for chunk in ask(service, HELLO, CHAT).chunks:
        assert chunk.isascii()
        assert chunk.count(b"\n") == 2


def test_usage_counts_every_prompt(service: Service) -> None:
    body = {"prompt": ["a", "b"], "stream": True, "stream_options": {"include_usage": True}}
    events = events_of(b"".join(ask(service, body, COMPLETIONS).chunks).decode())
    said = [(choice["index"], choice["text"]) for event in events for choice in event["choices"]]
    assert [index for index, _ in said] == [0] * 4 + [1] * 4
    assert events[-1]["usage"] == {"prompt_tokens": 6, "completion_tokens": 8, "total_tokens": 14}


@pytest.mark.parametrize("whole", [False, True])
def test_the_hubs_form(service: Service, whole: bool) -> None:
    body = {"inputs": "Say:", "stream": True, "parameters": {"return_full_text": whole, "seed": 7}}
    text = b"".join(ask(service, body).chunks).decode()
    tokens: list[Any] = list(hub_client._stream_text_generation_response(text.split("\n"), details=True))
    assert "".join(token.token.text for token in tokens) == "Hello é\u2028日"
    assert [token.index for token in tokens] == [1, 2, 3, 4]
    assert tokens[-1].token.special
    assert tokens[-1].generated_text == ("Say:" if whole else "") + "Hello é\u2028日"
    details = tokens[-1].details
    assert details
    assert (details.finish_reason, details.generated_tokens, details.input_length) == ("eos_token", 4, 3)
    assert details.seed == 7


@pytest.mark.parametrize(
    ("body", "path", "status"),
    [
        ({"nonsense": 1}, "/", 422),
        ({**HELLO, "surprise": 1}, CHAT, 422),
        ({"inputs": "a", "stream": "yes"}, "/", 422),
        ({"inputs": "a"}, "/nowhere", 404),
        ({"inputs": "a"}, "/", 200),
    ],
)
def test_every_reply_behind_such_a_url_is_streamed(
    service: Service, body: Any, path: str, status: int
) -> None:
    reply = ask(service, body, path)
    assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
    assert document_of(reply)


def test_several_inputs_come_one_after_the_other(service: Service) -> None:
    text = b"".join(ask(service, {"inputs": ["a", "b"], "stream": True}).chunks).decode()
    texts = [document["generated_text"] for document in events_of(text)]
    assert texts == [None, None, None, "Hello é\u2028日"] * 2


def test_details_of_an_answer_that_comes_whole(service: Service) -> None:
    reply = ask(service, {"inputs": "a", "parameters": {"details": True}})
    (answer,) = document_of(reply)
    assert answer["generated_text"] == "Hello é\u2028日"
    assert answer["details"]["finish_reason"] == "eos_token"
    assert [token["id"] for token in answer["details"]["tokens"]] == [0, 1, 2, 99]
    assert service({"inputs": "a", "parameters": {"details": True}}, FakeContext()) == [answer]


def test_direct_events_are_answered_as_ever(service: Service) -> None:
    assert service({"inputs": "a"}, FakeContext()) == [{"echo": "a"}]
    with pytest.raises(InvalidField, match="stream: is for calls of the URL"):
        service({"inputs": "a", "stream": True}, FakeContext())


def test_an_error_before_the_first_token_has_its_own_status(service: Service, engine: Writer) -> None:
    engine.opening_error = InvalidField("messages", "must be sent as a prompt")
    reply = ask(service, HELLO, CHAT)
    assert (reply.status, document_of(reply)["error"]["type"]) == (422, "InvalidField")
    engine.opening_error = None
    assert ask(service, HELLO, CHAT).status == 200


@pytest.mark.parametrize(("path", "body"), [(CHAT, HELLO), ("/", {"inputs": "a", "stream": True})])
def test_an_error_in_the_middle_is_an_event_and_breaks_off(
    service: Service, engine: Writer, log: io.StringIO, path: str, body: Any
) -> None:
    engine.fails_at = 1
    reply = ask(service, body, path)
    came = until_broken(reply)
    told = events_of(came[-1])[0]
    assert "[DONE]" not in "".join(came)
    assert "secret" not in "".join(came)
    assert told["request_id"] == "request-1"
    assert (told["error"]["type"] if path == CHAT else told["type"]) == "InternalError"
    assert (path == CHAT) or told["error_type"] == "generation"
    assert last_line(log)["message"] == "failed"
    engine.fails_at = -1
    assert said_in(b"".join(ask(service, HELLO, CHAT).chunks).decode()).startswith("Hello")


def test_a_caller_that_leaves_ends_the_generation(service: Service, engine: Writer, log: io.StringIO) -> None:
    engine.is_endless = True
    reply = ask(service, HELLO, CHAT)
    for _ in range(4):
        next(reply.chunks)
    assert not engine.is_closed
    reply.chunks.close()  # type: ignore[attr-defined]
    assert engine.is_closed
    assert engine.made == 3
    line = last_line(log)
    assert (line["message"], line["Tokens"]) == ("the caller left", 6)
    assert not service.is_stuck


def test_a_hundred_that_leave_leave_nothing(service: Service, engine: Writer) -> None:
    engine.is_endless = True
    ask(service, HELLO, CHAT).chunks.close()  # type: ignore[attr-defined]
    before = threading.active_count()
    for _ in range(100):
        reply = ask(service, HELLO, CHAT)
        next(reply.chunks)
        reply.chunks.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
    engine.is_endless = False
    assert said_in(b"".join(ask(service, HELLO, CHAT).chunks).decode()).startswith("Hello")


@pytest.mark.parametrize(("path", "body"), [(CHAT, HELLO), ("/", {"inputs": "a", "stream": True})])
def test_the_deadline_ends_an_answer_with_length_and_a_note(
    service: Service, engine: Writer, path: str, body: Any
) -> None:
    engine.is_endless = True
    text = b"".join(ask(service, body, path, timeout_s=0.5).chunks).decode()
    last = events_of(text)[-1]
    reason = last["choices"][0] if path == CHAT else last["details"]
    assert reason["finish_reason"] == "length"
    assert "\n\n: the function's time is over" in text
    assert not service.is_stuck


def test_an_engine_that_hangs_in_the_middle_does_not_hold_the_answer_back(
    service: Service, engine: Writer
) -> None:
    reply = ask(service, HELLO, CHAT, timeout_s=0.5)
    next(reply.chunks)
    engine.run_gate.clear()
    text = b"".join(reply.chunks).decode()
    assert events_of(text)[-1]["choices"][0]["finish_reason"] == "length"
    assert text.endswith("data: [DONE]\n\n")
    assert service.is_stuck


def test_nothing_by_the_deadline_is_an_error_as_ever(service: Service, engine: Writer) -> None:
    engine.run_gate.clear()
    reply = ask(service, HELLO, CHAT, timeout_s=0.3)
    assert (reply.status, document_of(reply)["error"]["type"]) == (503, "DeadlineExceeded")


def test_signs_of_life_while_the_model_is_prepared(
    service: Service, engine: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed_run, "SIGN_OF_LIFE_S", 0.01)
    engine.load_gate.clear()
    reply = ask(service, HELLO, CHAT)
    first = next(reply.chunks).decode()
    assert first.startswith(": ")
    assert json.loads(first.removeprefix(": "))["stage"] == "loading"
    engine.load_gate.set()
    assert said_in(b"".join(reply.chunks).decode()) == "Hello é\u2028日"


def test_a_model_that_cannot_be_had_after_a_sign_of_life_is_an_event(
    service: Service, engine: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed_run, "SIGN_OF_LIFE_S", 0.01)
    engine.load_gate.clear()
    reply = ask(service, HELLO, CHAT)
    next(reply.chunks)
    engine.error = InvalidField("model", "is none")
    engine.load_gate.set()
    came = until_broken(reply)
    assert events_of(came[-1])[0]["error"]["type"] == "InvalidField"
