"""The chat function with an engine that says what a test tells it to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from inference.serve import Service
from inference.settings import Settings
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from pathlib import Path


class Chat:
    """OpenAI's routes of one service."""

    def __init__(self, service: Service, engine: FakeEngine) -> None:
        self._service = service
        self.engine = engine

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and document."""
        reply = self._service(url_event(body, path=path), FakeContext())
        return reply["statusCode"], json.loads(reply["body"])

    def events(self, path: str, body: Any) -> list[Any]:
        """The documents of a stream, without the word that ends it."""
        reply = self._service(url_event({**body, "stream": True}, path=path), FakeContext())
        assert reply["headers"]["content-type"] == "text/event-stream", reply["body"]
        lines = [line for line in reply["body"].splitlines() if line.startswith("data: ")]
        return [json.loads(line.removeprefix("data: ")) for line in lines if line != "data: [DONE]"]

    def problem(self, path: str, body: Any) -> str:
        """The message of a refusal."""
        status, reply = self.post(path, body)
        assert status == 422, reply
        return str(reply["error"]["message"])


def make_chat(folder: Path) -> Chat:
    """On an empty cache in ``folder``."""
    task = get_task("chat")
    put_artifact(folder, task.model, "text-generation")
    variables = {"TASK": "chat", "MODEL_CACHE": str(folder), "HF_ENDPOINT": "http://127.0.0.1:9"}
    engine = FakeEngine()
    return Chat(Service(task, Settings.from_env(variables), load=engine.load), engine)
