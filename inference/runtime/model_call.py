"""One request's use of a model: how far it came, what it took, and what its log line and headers say."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inference.http import response
from inference.runtime.peak_memory import peak_memory_mb

if TYPE_CHECKING:
    from inference.deadline import Deadline
    from inference.task import Model

FINISHED = {"downloaded": "DownloadSeconds", "converted": "ConvertSeconds"}
"""A stage that ends one of the two steps of a preparation -> the metric of what that step took."""
TIMED = {"DownloadSeconds": "download", "ConvertSeconds": "convert", "LoadSeconds": "load"}
"""Metric -> its name in a ``Server-Timing`` header."""


@dataclass
class ModelCall:
    """One request's use of a model, and what its log line and reply headers will say."""

    model: Model
    deadline: Deadline
    inference_ms: float | None = None
    truncated: int = 0
    tokens: int = 0
    """Read and written, where the engine counts them."""
    first_token_ms: float | None = None
    """From the moment the engine was asked; only of an answer that was streamed."""
    stage: str = "reading"
    """How far the request came."""
    is_preparing: bool = False
    """Whether it is still about getting the model, which no input has part in."""
    cache_hit: bool | None = None
    """Whether the model that was loaded for this request was ready on the cache; ``None``: nothing was."""
    remaining_s: float | None = None
    """What its preparation still takes, where that is known."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By metric name, the stages that this request waited for, the init phase before it included."""

    def headers(self) -> dict[str, str]:
        """Facts about an answer that was inferred."""
        if self.inference_ms is None:
            return {}
        return {
            response.MODEL: self.model.id,
            response.INFERENCE_MS: f"{self.inference_ms:.1f}",
            response.SERVER_TIMING: self._server_timing(),
            response.TRUNCATED_INPUTS: str(self.truncated),
            response.PEAK_MEMORY_MB: f"{peak_memory_mb():.0f}",
        }

    def sign_of_life(self) -> str:
        """For a caller who waits for the first piece: how far it is, in the words of ``/health``."""
        told: dict[str, Any] = {"stage": self.stage}
        if self.remaining_s is not None:
            told["estimated_time"] = round(self.remaining_s, 1)
        return json.dumps(told)

    def _server_timing(self) -> str:
        """What this request waited for, as browsers and proxies read it (W3C Server Timing): milliseconds."""
        waits = [f"{TIMED[name]};dur={seconds * 1000:.0f}" for name, seconds in self.seconds.items()]
        return ", ".join([*waits, f"inference;dur={self.inference_ms:.1f}"])

    def figures(self) -> dict[str, float]:
        """What was measured, by metric name."""
        found = dict(self.seconds)
        if self.cache_hit is not None:
            found["CacheHit"] = int(self.cache_hit)
        if self.inference_ms is not None:
            found["InferenceMs"] = self.inference_ms
        if self.first_token_ms is not None:
            found["first_token_ms"] = self.first_token_ms
        if self.tokens:
            found["Tokens"] = self.tokens
        return found
