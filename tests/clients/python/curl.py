"""curl and plain HTTP: no client at all, or one of another language."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tests.clients.python import asked

ORIGIN = "http://localhost:5173"
"""The page that ``make clients`` lists in ``cors_origins``."""


def post(url: str, body: Any) -> str:
    """The text of an answer to JSON."""
    request = Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urlopen(request, timeout=asked.TIMEOUT_S) as reply:
        return str(reply.read().decode())


def row_5(url: str) -> None:
    """A body with an offer to upgrade, as the JDK's client and curl --http2 send it, is read."""
    place, body = urlsplit(url), json.dumps({"inputs": "What a lovely day!"}).encode()
    head = (
        f"POST /sentiment/ HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port), asked.TIMEOUT_S) as connection:
        connection.sendall(head.encode() + body)
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        text = reply.read().decode()
    assert reply.status == 200, text
    assert "POSITIVE" in text


def row_13(url: str) -> None:
    """A page's preflight and call; pages that are not of this machine are kept out of the local cloud."""
    asked_for = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    request = Request(f"{url}sentiment/", headers={"origin": ORIGIN, **asked_for}, method="OPTIONS")
    with urlopen(request) as reply:
        assert reply.headers["access-control-allow-origin"] == ORIGIN
        assert "POST" in reply.headers["access-control-allow-methods"]
        assert "content-type" in reply.headers["access-control-allow-headers"]
    request = Request(f"{url}sentiment/", b'{"inputs": "Fine!"}', {"origin": ORIGIN})
    with urlopen(request, timeout=asked.TIMEOUT_S) as reply:
        assert reply.headers["access-control-allow-origin"] == ORIGIN
        assert "x-model" in reply.headers["access-control-expose-headers"]
    request = Request(
        f"{url}sentiment/", headers={"origin": "http://localhost:1", **asked_for}, method="OPTIONS"
    )
    with urlopen(request) as reply:
        assert reply.headers["access-control-allow-origin"] is None


def row_14(url: str) -> None:
    """What an assistant's turn brings along and says nothing."""
    said: dict[str, Any] = {
        "role": "assistant",
        "content": "Yes?",
        "tool_calls": [],
        "annotations": [],
        "refusal": None,
    }
    turns = [{"role": "user", "content": "Hi"}, {**said, "reasoning_content": "x"}, *asked.MESSAGES]
    body = {"messages": turns, "max_tokens": 12, "temperature": 0}
    asked.check_capital(_content(post(f"{url}chat/v1/chat/completions", body)))


def row_15(url: str) -> None:
    """Sampling parameters of ``POST /`` at OpenAI's route."""
    body = {"messages": asked.MESSAGES, "max_tokens": 12, "top_k": 1, "repetition_penalty": 1.01}
    asked.check_capital(_content(post(f"{url}chat/v1/chat/completions", body)))


def row_22(url: str) -> None:
    """The routes of text-embeddings-inference."""
    asked.check_vectors(json.loads(post(f"{url}embeddings/embed", {"inputs": [*asked.NEAR, asked.FAR]})))
    ranked = json.loads(post(f"{url}rerank/rerank", {"query": asked.QUERY, "texts": asked.RANKED}))
    assert ranked[0]["index"] == asked.BEST
    labels = json.loads(post(f"{url}sentiment/predict", {"inputs": "What a lovely day!"}))
    assert labels[0]["label"] == "POSITIVE"
    with urlopen(f"{url}embeddings/info", timeout=asked.TIMEOUT_S) as reply:
        assert json.loads(reply.read())["model_id"]


def tasks(url: str) -> None:
    """curl, with nothing but a body: a text, a recording and a picture as they are, and a form."""
    assert "POSITIVE" in _curl(f"{url}sentiment/", "-d", '{"inputs": "Fine!"}')
    recording = f"@{asked.RECORDING}"
    heard = _curl(f"{url}speech/", "-H", "content-type: audio/ogg", "--data-binary", recording)
    assert "library opens" in heard.lower()
    assert _curl(f"{url}speech/", "-F", f"file={recording}") == heard
    picture = f"@{asked.PICTURE}"
    named = _curl(f"{url}image-classification/", "-H", "content-type: image/png", "--data-binary", picture)
    assert json.loads(named)[0]["label"] == "3"


def stream(url: str) -> None:
    """curl -N sees each event."""
    body = {"messages": asked.MESSAGES, "max_tokens": 12, "temperature": 0, "stream": True}
    said = _curl(f"{url}chat/v1/chat/completions", "-N", "-d", json.dumps(body))
    events = [line.removeprefix("data: ") for line in said.splitlines() if line.startswith("data: {")]
    assert len(events) > 3
    assert said.rstrip().endswith("data: [DONE]")


def _content(reply: str) -> str:
    return str(json.loads(reply)["choices"][0]["message"]["content"])


def _curl(url: str, *arguments: str) -> str:
    command = ["curl", "-s", "--fail-with-body", "--max-time", str(asked.TIMEOUT_S), url, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
