"""Generation parameters of the Hub -> CTranslate2's search options.

A caller's value comes first, then the model's own (task parameters, then generation_config.json), then
transformers' default. Lengths follow transformers' ``generate``: ``max_length`` counts the decoder's start
token and forced first token, and for GPT-2 the prompt; ``max_new_tokens`` counts what is generated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NEW_TOKENS = 256
"""Where neither the caller nor the model says: what transformers' own text-to-text pipelines had."""


@dataclass(frozen=True)
class Lengths:
    """Limits in generated tokens, the end token included."""

    maximum: int
    minimum: int


class GenerationSettings:
    """One call's parameters over the model's."""

    def __init__(self, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        self._given = {name: value for name, value in given.items() if value is not None}
        self._defaults = defaults

    def get(self, name: str, fallback: Any = None) -> Any:
        value = self._given.get(name, self._defaults.get(name))
        return fallback if value is None else value

    @property
    def samples(self) -> bool:
        return bool(self.get("do_sample", False))

    def lengths(self, prompt: int, window: int) -> Lengths:
        """Limits for an output that follows ``prompt`` tokens in a decoder that holds ``window``."""
        room = max(1, window - prompt)
        maximum = self._pick("max_new_tokens", "max_length", prompt)
        maximum = min(room, max(1, MAX_NEW_TOKENS if maximum is None else maximum))
        if self.get("forced_eos_token_id") is not None and maximum > 1:
            maximum -= 1  # transformers spends the last position on the end token, which is not shown
        minimum = self._pick("min_new_tokens", "min_length", prompt) or 0
        return Lengths(maximum, min(maximum, max(0, minimum)))

    def _pick(self, new: str, total: str, prompt: int) -> int | None:
        """The caller's figure before the model's; within each, new tokens before total length."""
        for source in (self._given, self._defaults):
            if source.get(new) is not None:
                return int(source[new])
            if source.get(total) is not None:
                return int(source[total]) - prompt
        return None

    def search(self, vocabulary_size: int) -> dict[str, Any]:
        """Options that CTranslate2's translators and generators share."""
        options = {
            "beam_size": 1 if self.samples else int(self.get("num_beams", 1)),
            "patience": patience(self.get("early_stopping", False)),
            "length_penalty": float(self.get("length_penalty", 1.0)),
            "repetition_penalty": float(self.get("repetition_penalty", 1.0)),
            "no_repeat_ngram_size": int(self.get("no_repeat_ngram_size", 0)),
            "suppress_sequences": self._suppressed(),
        }
        return options | (self._sampling(vocabulary_size) if self.samples else {})

    def _sampling(self, vocabulary_size: int) -> dict[str, Any]:
        return {
            "sampling_topk": min(int(self.get("top_k", 50)), vocabulary_size),
            "sampling_topp": float(self.get("top_p", 1.0)),
            "sampling_temperature": float(self.get("temperature", 1.0)),
        }

    def _suppressed(self) -> list[list[str]] | None:
        ids = [*self.get("bad_words_ids", []), *([index] for index in self.get("suppress_tokens", []))]
        return [[str(index) for index in sequence] for sequence in ids] or None


def patience(early_stopping: bool | str) -> float:
    """How many finished hypotheses end a beam search, in beams.

    With ``early_stopping`` the two libraries stop alike, at one beam's worth. Without it transformers goes on
    while the best open hypothesis could still enter the finished ones; waiting for twice as many comes close.
    """
    if early_stopping == "never":
        return 3.0
    return 1.0 if early_stopping else 2.0
