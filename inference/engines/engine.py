"""What every engine offers, and what it says of a model that it cannot serve."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, Protocol

from inference.errors import ModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inference.cache.artifact import Artifact
    from inference.engines.text.token_scores import TokenScore
    from inference.engines.text.tools import ToolFormat
    from inference.task import Call


@dataclass(frozen=True)
class Outcome:
    """What a call came to."""

    results: list[Any]
    """One an input, in order: plain JSON values, or pictures."""
    truncated: int = 0
    """How many inputs lost tokens to the model's window."""
    tokens: int = 0
    """Read and written; 0 where the engine does not count them."""


@dataclass(frozen=True)
class ResultSize:
    """What one result holds at most, known before the work."""

    numbers: int
    """Floats."""
    chars: int = 0
    """What stands around the numbers in JSON, such as names of labels."""


@dataclass(frozen=True)
class Completion:
    """A finished continuation of one prompt or conversation."""

    pieces: tuple[str, ...]
    """The text, token by token."""
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int
    truncated: int = 0
    """1 where the prompt lost tokens to the model's window."""
    tool_format: ToolFormat | None = None
    """How tool calls stand in the text, where there were tools to call."""
    scores: tuple[TokenScore, ...] = ()
    """One a token of the text, where they were asked for."""

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Piece:
    """One token's share of an answer; the text may be empty while a character or a stop string is open."""

    text: str
    token_id: int | None
    """``None`` where an engine does not show its tokens one by one."""
    finish_reason: Literal["stop", "length"] | None = None
    """Set on the last piece only: an end token or a stop string came, or the room was used up."""
    tokens: int = 1
    """That were computed for it; an end token counts."""
    is_end: bool = False
    """Whether the model itself ended the answer, by an end token."""
    is_out_of_time: bool = False
    """Whether the answer ends here for the function's time."""
    score: TokenScore | None = None
    """How likely the token was, where that was asked for; an end token has none."""


Pieces = Generator[Piece, None, None]
"""Each is computed when it is asked for; after ``close`` nothing more is, but the token at work."""


@dataclass(frozen=True)
class Stream:
    """An answer that is computed piece by piece, as they are asked for."""

    pieces: Pieces
    prompt_tokens: int
    """Read; after the cut."""
    was_cut: bool
    """Whether the prompt lost tokens to the model's window."""
    tool_format: ToolFormat | None = None
    """How tool calls stand in the text, where there were tools to call."""

    def complete(self) -> Completion:
        """All of it, at its end."""
        pieces = list(self.pieces)
        return Completion(
            tuple(piece.text for piece in pieces),
            pieces[-1].finish_reason or "stop",
            prompt_tokens=self.prompt_tokens,
            completion_tokens=sum(piece.tokens for piece in pieces),
            truncated=int(self.was_cut),
            scores=tuple(piece.score for piece in pieces if piece.score),
            tool_format=self.tool_format,
        )


@dataclass(frozen=True)
class RunStep:
    """How far a slow run is, for the log."""

    step: int
    total: int
    remaining_s: float
    """What the rest is going to take, by the steps so far."""


TEXTS = ("generated_text", "summary_text", "translation_text", "text")
"""Under which of these a written answer stands depends on the task."""


class Engine(ABC):
    """A loaded model. One call at a time; the caller sees to that."""

    room_bytes: float = 1e9
    """What a call may take besides the model; set by whoever knows the function's memory."""
    on_step: Callable[[RunStep], None] | None = None
    """A slow engine calls it after each step of a run; what it raises ends the run."""

    @abstractmethod
    def run(self, call: Call) -> Outcome:
        """Answer all inputs of a call."""

    def run_streamed(self, call: Call) -> Stream:
        """The answer to a call's one input, as text that comes; this default has all of it at the end."""
        outcome = self.run(call)
        (answer,) = outcome.results
        text = next(each for name in TEXTS if isinstance(each := answer.get(name), str))
        return Stream(_at_once(Piece(text, None, "stop", outcome.tokens)), 0, bool(outcome.truncated))

    def list_step(self, call: Call) -> int | None:
        """How many inputs of a call are run together, so that a list may end after them.

        1: each by itself, and parts may have any size. ``None``: the list is run as a whole.
        """
        return None

    def estimate_s(self, call: Call) -> float | None:
        """At least how long a call takes; ``None`` where the engine cannot tell."""
        return None

    def result_size(self, call: Call) -> ResultSize | None:
        """At most how large each result of a call is; ``None`` where the engine cannot tell."""
        return None


class TextGenerator(Engine):
    """An engine that also continues a single prompt or conversation, as OpenAI's routes ask for."""

    caches_prompts = True
    """Whether what was read for one call may save the next one from reading it again, where it can."""

    @abstractmethod
    def complete(self, prompt: str | list[dict[str, Any]], parameters: Mapping[str, Any]) -> Completion:
        """One prompt, or a list of messages, to its end."""

    def stream(self, prompt: str | list[dict[str, Any]], parameters: Mapping[str, Any]) -> Stream:
        """The same as it comes; the prompt is read at once. This default has all of it at the end."""
        done = self.complete(prompt, parameters)
        scored = list(zip_longest(done.pieces or ("",), done.scores[: len(done.pieces)]))
        pieces = [Piece(text, None, tokens=0, score=score) for text, score in scored[:-1]]
        last, score = scored[-1]
        pieces.append(Piece(last, None, done.finish_reason, done.completion_tokens, score=score))
        return Stream(_at_once(*pieces), done.prompt_tokens, bool(done.truncated), done.tool_format)

    def run_streamed(self, call: Call) -> Stream:
        """What follows a call's one input, as it comes."""
        return self.stream(call.inputs[0], call.parameters)


class Loader(Protocol):
    """Artifact -> engine; may take seconds."""

    def __call__(self, artifact: Artifact, pipeline_tag: str, threads: int) -> Engine: ...


class Unsupported(Exception):
    """A model's files ask for what this engine does not do; the message says what, for ``GET /``."""


def text_generator(engine: Engine) -> TextGenerator:
    """The engine, if it continues texts; else :class:`ModelUnavailable`."""
    if not isinstance(engine, TextGenerator):
        raise ModelUnavailable("no fast engine serves this model, and without one it answers POST / only")
    return engine


def _at_once(*pieces: Piece) -> Pieces:
    yield from pieces
