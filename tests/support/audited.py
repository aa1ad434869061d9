"""A process that sends hostile strings to one entry point and tells what it opened and where it connected.

``python -m tests.support.audited task|real|maintenance NAME``, with the function's own variables. Prints
one JSON object: what was touched, by event; the number of calls; and those that ended as faults of ours.
``real`` runs the engine of the model that is on the cache, for every so many of the calls.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import socket
import sys
import types
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from inference.engines.engine import Completion, Outcome, TextGenerator
from inference.errors import HubletError, InternalError
from inference.tasks import get_task
from tests.support.context import FakeContext
from tests.support.events import url_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CORPUS = (
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://127.0.0.1:9/",
    "https://huggingface.co/api/models",
    "//169.254.169.254/x",
    "\\\\169.254.169.254\\share",
    "gopher://127.0.0.1:9/_x",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "/proc/self/environ",
    "~/.aws/credentials",
    "data:image/png;base64,",
    "data:text/plain,http://169.254.169.254/",
    "data:image/svg+xml;base64,PHN2ZyB4bWxuczp4bGluaz0iaHR0cDovLzEyNy4wLjAuMTo5LyI+PC9zdmc+",
    "data:image/png;base64,ZmlsZTovLy9ldGMvcGFzc3dk",
    "etc/passwd\0.png",
    "hf://org/model",
    "s3://bucket/key",
)
EVENTS = {"open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.listdir", "os.scandir"}
FAULTS = (500, 502, 504)
EVERY = 23
"""Of the calls to a real engine: another part of them for each hostile string."""


class FineEngine(TextGenerator):
    """Answers in the shape of its task; what it would do with a checked value is for tests of engines."""

    def __init__(self, pipeline_tag: str) -> None:
        self._tag = pipeline_tag

    def run(self, call: Any) -> Outcome:
        if self._tag == "text-to-image":
            return Outcome([Image.new("RGB", (8, 8)) for _ in call.inputs])
        return Outcome([[{"label": "FINE", "score": 1.0}] for _ in call.inputs])

    def complete(self, prompt: Any, parameters: Any) -> Completion:
        return Completion(("fine",), "stop", prompt_tokens=1, completion_tokens=1)


def replaced(value: Any, by: str) -> Iterator[Any]:
    """The same value with one string of it, and then another, replaced."""
    if isinstance(value, str):
        yield by
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from ({**value, name: other} for other in replaced(part, by))
    elif isinstance(value, list | tuple):
        for place, part in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in replaced(part, by))


def bodies(name: str, hostile: str) -> Iterator[dict[str, Any]]:
    """Each string of each example, and each declared parameter whatever its type, replaced."""
    task = get_task(name)
    for example in task.examples:
        body = dict(example.body)
        yield from replaced(body, hostile)
        for extra in ("model", "revision", "token", "inputs"):
            yield {**body, extra: hostile}
    first = dict(task.examples[0].body)
    for field in task.parameters:
        yield {**first, "parameters": {**first.get("parameters", {}), field.name: hostile}}


def requests(name: str, hostile: str) -> Iterator[Any]:
    """All ways in: bodies by HTTP and directly, raw bodies, paths, query, headers, and the OpenAI routes."""
    task = get_task(name)
    for body in bodies(name, hostile):
        yield url_event(body)
        yield body
    for kind in ("image/png", "audio/wav", "text/plain", hostile):
        yield url_event(hostile, headers={"Content-Type": kind})
    first = dict(task.examples[0].body)
    for header in ("Accept", "Authorization", "Host", "X-Forwarded-For", "Referer", "Content-Encoding"):
        yield url_event(first, headers={"Content-Type": "application/json", header: hostile})
    for path in (hostile, f"/{hostile}", f"/v1/models/{hostile}"):
        yield url_event(method="GET", path=path)
        yield url_event(first, path=path)
    yield {**url_event(first), "rawQueryString": f"url={hostile}", "queryStringParameters": {"url": hostile}}
    for path, asked in (
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": hostile}]}),
        ("/v1/chat/completions", {"model": hostile, "messages": [{"role": hostile, "content": "x"}]}),
        ("/v1/completions", {"prompt": hostile}),
        ("/v1/embeddings", {"input": hostile, "model": hostile}),
    ):
        yield url_event(asked, path=path)


def thinned(name: str, hostile: str) -> Iterator[Any]:
    """Every so many of these requests."""
    yield from itertools.islice(requests(name, hostile), CORPUS.index(hostile) % EVERY, None, EVERY)


def maintenance_events(name: str, hostile: str) -> Iterator[Any]:
    """Every name of every action."""
    for action in ("list", "verify", "remove", "prune", "prefetch", hostile):
        yield {"action": action, hostile: "x"}
        for field in ("model", "commit", "artifact", "next", "task", "unused_days"):
            yield {"action": action, "model": get_task(name).model.id, field: hostile}


def main(kind: str, name: str) -> None:
    touched: Counter[tuple[str, str]] = Counter()
    is_on = False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if is_on and event in EVENTS:
            target = arguments[1] if event == "socket.connect" else arguments[0]
            touched[event, os.fsdecode(target) if isinstance(target, str | bytes) else repr(target)] += 1

    if kind != "real":
        module: Any = types.ModuleType("inference.engines.torch.transformers")
        module.load = lambda artifact, pipeline_tag, threads: FineEngine(pipeline_tag)
        sys.modules[module.__name__] = module
    if kind != "maintenance":
        handler = importlib.import_module("inference.handler").handler
        send = requests if kind == "task" else thinned
    else:
        handler = importlib.import_module("inference.maintenance.handler").handler
        send = maintenance_events
    good = dict(get_task(name).examples[0].body) if kind != "maintenance" else {"action": "list"}
    handler(good, FakeContext())
    sys.addaudithook(hook)
    is_on = True
    outcomes = run(handler, send, name)
    handler(good, FakeContext())
    is_on = False
    found = {event: sorted({target for kind_, target in touched if kind_ == event}) for event in EVENTS}
    is_on = True  # the hook is shown to see both
    touched.clear()
    with socket.socket() as probe:
        probe.connect_ex(("127.0.0.1", 9))
    Path("/proc/self/environ").read_bytes()
    is_on = False
    print(json.dumps({"touched": found, "seen": sorted(event for event, _ in touched), **outcomes}))


def run(handler: Callable[..., Any], send: Callable[..., Iterator[Any]], name: str) -> dict[str, Any]:
    """Number of calls, how many of them were answered, and those that ended as a fault."""
    calls = answered = 0
    faults = []
    for hostile in CORPUS:
        for event in send(name, hostile):
            calls += 1
            try:
                reply = handler(event, FakeContext(aws_request_id=f"request-{calls}"))
            except InternalError as error:
                faults.append([hostile, error.message])
            except HubletError:
                continue
            else:
                status = reply.get("statusCode") if isinstance(reply, dict) else None
                answered += status in (None, 200)
                if status in FAULTS:
                    faults.append([hostile, reply["body"]])
    return {"calls": calls, "answered": answered, "faults": faults[:5]}


if __name__ == "__main__":
    main(*sys.argv[1:])
