"""The loops of docs/calling.md with the real clients: they wait as long as a function says."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from inference.errors import InvalidField, ModelNotReady
from inference.http import response
from tests.support.documents import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.errors import HubletError

PAGE = "docs/calling.md"
LOOPS = {
    "InferenceClient": "huggingface_hub",
    "OpenAI(": "openai",
    'boto3.client("lambda"': "boto3",
}
SAYS = [ModelNotReady("being prepared", retry_after_s=100.2), ModelNotReady("loading", retry_after_s=5)]
WAITED_S = {"boto3": [10.0, 10.0]}
"""What a loop waits; the others read the header: 101 and 5."""
LABELS = [{"label": "POSITIVE", "score": 0.9}]
CHAT = {
    "id": "1",
    "object": "chat.completion",
    "created": 0,
    "model": "default",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi."}}],
}


class Function(BaseHTTPRequestHandler):
    """A function's URL, and Lambda's own for direct invokes; it refuses as long as there are errors."""

    errors: list[HubletError]
    calls: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.calls.append(self.path)
        error = self.errors.pop(0) if self.errors else None
        if "/invocations" in self.path:
            self._answer_invoke(error)
        elif error:
            is_openai = "/v1/" in self.path
            reply = response.http_error(error, "id", is_openai=is_openai)
            self._reply(reply["statusCode"], reply["headers"], reply["body"])
        else:
            self._reply(200, {}, json.dumps(CHAT if "/v1/" in self.path else LABELS))

    def _answer_invoke(self, error: HubletError | None) -> None:
        if error is None:
            self._reply(200, {}, json.dumps(LABELS))
            return
        told = {"errorType": type(error).__name__, "errorMessage": error.message}
        self._reply(200, {"X-Amz-Function-Error": "Unhandled"}, json.dumps(told))

    def _reply(self, status: int, headers: dict[str, str], body: str) -> None:
        self.send_response(status)
        given = {"content-type": "application/json", **headers, "Content-Length": str(len(body.encode()))}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    Function.errors, Function.calls = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Function)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = f"http://127.0.0.1:{server.server_address[1]}/"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", found)
    yield found
    server.shutdown()
    server.server_close()


def loop_of(client: str) -> str:
    """The page's code for a client that waits."""
    (code,) = [code for code in blocks("python", PAGE) if "time.sleep(" in code and client in code]
    return str(code)


@pytest.mark.parametrize("client", LOOPS, ids=LOOPS.values())
def test_a_loop_waits_as_long_as_it_is_told(
    client: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    Function.errors = list(SAYS)
    exec(loop_of(client).replace("http://127.0.0.1:8080/", url), {})
    assert waited == WAITED_S.get(LOOPS[client], [101.0, 5.0])
    assert len(Function.calls) == 3
    assert ("Hi." if LOOPS[client] == "openai" else "POSITIVE") in capsys.readouterr().out


@pytest.mark.parametrize("client", LOOPS, ids=LOOPS.values())
def test_a_mistake_ends_a_loop(client: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("there is nothing to wait for"))
    Function.errors = [InvalidField("inputs", "must be a text")]
    with pytest.raises(Exception, match="must be a text"):
        exec(loop_of(client).replace("http://127.0.0.1:8080/", url), {})
    assert len(Function.calls) == 1


def test_openai_itself_waits_beyond_its_timeout(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the page sets ``max_retries=0``: with the default, two waits of 101 s within a timeout of one."""
    import openai

    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    Function.errors = [SAYS[0], SAYS[0]]
    client = openai.OpenAI(base_url=f"{url}chat/v1", api_key="none", timeout=1)
    client.chat.completions.create(model="default", messages=[{"role": "user", "content": "Hello!"}])
    assert [round(each) for each in waited] == [101, 101]


def test_the_hubs_client_tries_nothing_again(url: str) -> None:
    from huggingface_hub import InferenceClient
    from huggingface_hub.errors import HfHubHTTPError

    Function.errors = [SAYS[0]]
    with pytest.raises(HfHubHTTPError, match="503"):
        InferenceClient(model=f"{url}sentiment").text_classification("a")
    assert len(Function.calls) == 1
