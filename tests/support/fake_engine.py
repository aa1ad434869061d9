"""An engine without a model."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from PIL import Image

from inference.engines.engine import Completion, Outcome, TextGenerator
from inference.engines.text.tools import HERMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.cache.artifact import Artifact
    from inference.engines.text.token_scores import TokenScore
    from inference.task import Call


class FakeEngine(TextGenerator):
    """Answers every input with its own text; fails or waits when told to."""

    def __init__(self) -> None:
        self.loads = 0
        self.load_gate = threading.Event()
        self.run_gate = threading.Event()
        self.load_gate.set()
        self.run_gate.set()
        self.error: Exception | None = None
        self.on_load: Callable[[], None] = lambda: None
        self.paints = False
        self.asked: Any = None
        self.scores: tuple[TokenScore, ...] = ()
        self.pieces: tuple[str, ...] = ("Hel", "lo")
        self.truncated = 0
        self.tokens = 0

    def load(self, artifact: Artifact, pipeline_tag: str, threads: int) -> FakeEngine:
        self.loads += 1
        self.load_gate.wait()
        self.on_load()
        if self.error:
            raise self.error
        return self

    def run(self, call: Call) -> Outcome:
        self.run_gate.wait()
        if self.error:
            raise self.error
        return Outcome(self.answers(call), self.truncated, self.tokens)

    def answers(self, call: Call) -> list[Any]:
        if self.paints:
            return [Image.new("RGB", (8, 8), "red") for _ in call.inputs]
        echoes = [{"echo": str(item)} for item in call.inputs]
        is_asked = isinstance(call.inputs[0], dict) and "question" in call.inputs[0]
        return [[echo] for echo in echoes] if is_asked else echoes

    def complete(self, prompt: Any, parameters: Any) -> Completion:
        self.asked = (prompt, parameters)
        family = HERMES if parameters.get("tools") else None
        scores = () if parameters.get("logprobs") is None else self.scores
        return Completion(
            self.pieces, "stop", prompt_tokens=3, completion_tokens=2, tool_format=family, scores=scores
        )
