"""Extractive question answering: a question and a context in, the spans that answer it out.

The rules are those of the pipeline that transformers had before version 5, with one difference for contexts
longer than a window: all windows share one softmax, so that scores of different windows can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Outcome
from inference.engines.onnx.answer_text import edges, trimmed
from inference.engines.onnx.head import Head
from inference.engines.onnx.model_types import ANSWERING_MODEL_TYPES
from inference.engines.onnx.windows import check_windows, clearest, split
from inference.engines.softmax import softmax
from inference.engines.text.tokenizer import TextTokenizer
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.head import Forward
    from inference.engines.onnx.windows import Window
    from inference.task import Call

MAX_SEQ_LEN = 384
DOC_STRIDE = 128
MAX_QUESTION_LEN = 64
MAX_ANSWER_LEN = 15
TOKENS_AT_ONCE = 32 * 512
"""Of the windows that are run together; the last question's own windows may add more."""
SPANS_PER_ANSWER = 64
"""How many spans are looked at for each answer: several spans may come to the same text."""


@dataclass(frozen=True)
class Limits:
    """All counted in tokens."""

    window: int
    """Question, context and special tokens together."""
    question: int
    answer: int
    stride: int | None
    """How far windows overlap; ``None`` lets the room beside the question decide."""


@dataclass(frozen=True)
class ContextReading:
    """What the model said about a context: probabilities, one softmax over all of it."""

    start: NDArray[np.float64]
    """That the answer starts with a token of the context; shape (tokens,)."""
    end: NDArray[np.float64]
    nothing: float
    """That the context does not answer the question."""
    places: list[tuple[Any, int]]
    """Token by token, a window's encoding and where in it the token stands."""
    tokens_read: int
    """The question counts in each window."""
    was_cut: bool
    """Whether the question was cut; contexts are read whole."""


@dataclass(frozen=True)
class Asked:
    """A question and its context, as the model reads them."""

    windows: list[Window]
    places: NDArray[np.int64]
    """For every token of the context its window and its place there; shape (tokens, 2)."""
    was_cut: bool
    """Whether the question was cut."""

    @property
    def tokens(self) -> int:
        """Of all windows together."""
        return sum(len(window.encoding) for window in self.windows)


class QuestionAnswering(Head):
    """Answers as spans of a context, which is read window by window."""

    AUTO_CLASS = "AutoModelForQuestionAnswering"
    OUTPUTS = ("start_logits", "end_logits")
    MODEL_TYPES = ANSWERING_MODEL_TYPES
    HAS_PIPELINE = False

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        self._tokenizer = TextTokenizer(folder)

    def run(self, call: Call) -> Outcome:
        """For each ``{"question": str, "context": str}`` the answers, best first.

        ``[{"answer": str, "score": float, "start": int, "end": int}, ...]``: different texts, at most
        ``top_k``; ``answer`` is ``context[start:end]``, in characters: whole words, or the tokens alone where
        ``align_to_words`` is false. No answer is ``""`` from 0 to 0.
        """
        top_k = call.parameters.get("top_k") or 1
        allows_none = bool(call.parameters.get("handle_impossible_answer"))
        aligns = call.parameters.get("align_to_words") is not False
        limits = self.limits(call.parameters)
        results = []
        tokens = truncated = 0
        for item, reading in zip(call.inputs, self._readings(call, limits), strict=True):
            tokens += reading.tokens_read
            truncated += reading.was_cut
            found = answers(reading, item["context"], limits.answer, top_k, aligns)
            if allows_none:
                found.append({"answer": "", "score": reading.nothing, "start": 0, "end": 0})
            results.append(sorted(found, key=lambda entry: -float(entry["score"]))[:top_k])
        return Outcome(results, truncated, tokens)

    def limits(self, parameters: dict[str, Any]) -> Limits:
        """A caller's limits, or those that fit the model."""
        most = self._tokenizer.max_tokens
        window = parameters.get("max_seq_len") or min(MAX_SEQ_LEN, most or MAX_SEQ_LEN)
        if most and window > most:
            raise InvalidField("parameters.max_seq_len", f"must be at most {most}, this model's window")
        return Limits(
            window=window,
            question=parameters.get("max_question_len") or min(MAX_QUESTION_LEN, window // 2),
            answer=parameters.get("max_answer_len") or MAX_ANSWER_LEN,
            stride=parameters.get("doc_stride"),
        )

    def _readings(self, call: Call, limits: Limits) -> Iterator[ContextReading]:
        """One an input, in order; the windows of neighbours are run together, so many that memory allows."""
        asked: list[Asked] = []
        for index, item in enumerate(call.inputs):
            asked.append(self._asked(item["question"], item["context"], limits, call.at(index)))
            if sum(each.tokens for each in asked) >= TOKENS_AT_ONCE:
                yield from self._read(asked)
                asked = []
        yield from self._read(asked)

    def _asked(self, question: str, context: str, limits: Limits, at: str) -> Asked:
        shortened, was_cut = self._shortened(question, limits.question)
        windows = self._windows(shortened, context, limits)
        places = clearest(windows)
        if not len(places):
            raise InvalidField(f"{at}.context", "holds no text to answer from")
        return Asked(windows, places, was_cut)

    def _read(self, asked: Sequence[Asked]) -> Iterator[ContextReading]:
        inputs = [window.inputs for each in asked for window in each.windows]
        outputs = iter(self._forward_all(inputs, lambda _, found: found))
        for each in asked:
            yield self._reading(each, list(islice(outputs, len(each.windows))))

    def _reading(self, asked: Asked, outputs: list[list[NDArray[np.float32]]]) -> ContextReading:
        """Every token of the context scored as the start and as the end of the answer."""
        import numpy as np

        start = np.array([outputs[number][0][0, at] for number, at in asked.places])
        end = np.array([outputs[number][1][0, at] for number, at in asked.places])
        # The first token stands for "no answer"; the window that is least sure of that speaks for all.
        start_of_none, end_of_none = min(((out[0][0, 0], out[1][0, 0]) for out in outputs), key=sum)
        start = softmax(np.append(start, start_of_none))
        end = softmax(np.append(end, end_of_none))
        return ContextReading(
            start[:-1],
            end[:-1],
            float(start[-1] * end[-1]),
            [(asked.windows[number].encoding, int(at)) for number, at in asked.places],
            tokens_read=asked.tokens,
            was_cut=asked.was_cut,
        )

    def _shortened(self, question: str, most: int) -> tuple[str, bool]:
        """At most the first ``most`` tokens of a question, and whether there were more."""
        tokens = self._tokenizer.tokens(question)
        was_cut = len(tokens) > most
        return (question[: tokens[most - 1][1]] if was_cut else question), was_cut

    def _windows(self, question: str, context: str, limits: Limits) -> list[Window]:
        room = self._tokenizer.room(question, limits.window)
        if room == 0:
            problem = "leaves no room for the context beside the question; the limit includes both"
            raise InvalidField("parameters.max_seq_len", problem)
        if limits.stride is not None and limits.stride >= room:
            problem = f"must be less than {room}, the number of tokens that fit beside the question"
            raise InvalidField("parameters.doc_stride", problem)
        stride = min(DOC_STRIDE, room // 2) if limits.stride is None else limits.stride
        check_windows(self._tokenizer, context, limits.window, room, stride, "parameters.doc_stride")
        return split(self._tokenizer, context, stride, before=question, max_tokens=limits.window)


def answers(
    reading: ContextReading, context: str, max_tokens: int, top_k: int, aligns: bool = True
) -> list[dict[str, Any]]:
    """The best spans of at most ``max_tokens`` tokens, each text once, grown to whole words if ``aligns``."""
    found: dict[str, dict[str, Any]] = {}
    for first, last, score in best_spans(reading.start, reading.end, max_tokens, SPANS_PER_ANSWER * top_k):
        start, _ = edges(*reading.places[first], context, aligns)
        _, end = edges(*reading.places[last], context, aligns)
        start, end = trimmed(context, start, end)
        text = context[start:end]
        if text and text.casefold() not in found:
            found[text.casefold()] = {"answer": text, "score": score, "start": start, "end": end}
        if len(found) == top_k:
            break
    return list(found.values())


def best_spans(
    start: NDArray[np.float64], end: NDArray[np.float64], max_tokens: int, count: int
) -> list[tuple[int, int, float]]:
    """First token, last token and score of the ``count`` likeliest spans, best first."""
    import numpy as np

    tokens = len(start)
    scores = np.full((min(max_tokens, tokens), tokens), -1.0)
    for longer in range(len(scores)):
        scores[longer, : tokens - longer] = start[: tokens - longer] * end[longer:]
    flat = scores.ravel()
    best = np.argpartition(-flat, min(count, flat.size) - 1)[:count]
    best = best[np.argsort(-flat[best], kind="stable")]
    spans = []
    for at in best.tolist():
        more, first = divmod(at, tokens)
        if flat[at] >= 0:
            spans.append((first, first + more, float(flat[at])))
    return spans


HEAD = QuestionAnswering
