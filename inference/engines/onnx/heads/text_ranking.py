"""Text ranking: a query and texts in, how well each text answers out, as CrossEncoder gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.engine import Outcome, ResultSize
from inference.engines.onnx.classifier import apply, label_names
from inference.engines.onnx.head import Head
from inference.engines.text.tokenizer import TextTokenizer, read_json
from inference.errors import InvalidField, ModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from inference.engines.onnx.head import Forward
    from inference.engines.text.tokenizer import Encoded
    from inference.task import Call

ENTRY_CHARS = len('{"index": 2047, "score": }, ')
FUNCTIONS = {"Identity": "none", "Sigmoid": "sigmoid"}
"""Activation of torch that a repository may name -> ours."""


class TextRanking(Head):
    """Reads the query and a text together, so each text costs a run."""

    AUTO_CLASS = "AutoModelForSequenceClassification"
    OUTPUTS = ("logits",)
    HAS_PIPELINE = False

    def __init__(self, folder: Path, forward: Forward) -> None:
        """Raises :class:`ModelUnavailable` for a model with several labels: none of them is the rank."""
        super().__init__(folder, forward)
        config = read_json(folder / "config.json")
        if (labels := len(label_names(config))) != 1:
            raise ModelUnavailable(f"a model that ranks texts has one label; this one has {labels:,}")
        self._default = default_function(config, read_json(folder / "config_sentence_transformers.json"))
        self._tokenizer = TextTokenizer(folder)

    def logits(self, query: str, texts: Sequence[str]) -> list[float]:
        """One for each text, in order."""
        return self._logits([self._encode(query, text, {}) for text in texts])

    def run(self, call: Call) -> Outcome:
        """For each input ``[{"index": int, "score": float}, ...]``, best first, with ``text`` if asked for.

        Raises :class:`InvalidField` for a text too long that must not be cut.
        """
        encoded = [self._encode_all(item, call.parameters) for item in call.inputs]
        logits = iter(self._logits([pair for pairs in encoded for pair in pairs]))
        return Outcome(
            [
                self._ranked(item["texts"], [next(logits) for _ in pairs], call.parameters)
                for item, pairs in zip(call.inputs, encoded, strict=True)
            ],
            truncated=sum(pair.was_cut for pairs in encoded for pair in pairs),
            tokens=sum(pair.tokens for pairs in encoded for pair in pairs),
        )

    def result_size(self, call: Call) -> ResultSize:
        """An entry for each of the most texts that an input has, and the texts where they come back."""
        counts = [len(item["texts"]) for item in call.inputs]
        returned = [
            sum(map(len, item["texts"])) if call.parameters.get("return_text") else 0 for item in call.inputs
        ]
        return ResultSize(max(counts), max(counts) * ENTRY_CHARS + max(returned))

    def _encode_all(self, item: Mapping[str, Any], given: Mapping[str, Any]) -> list[Encoded]:
        return [
            self._encode(item["query"], text, given, f"texts[{index}]")
            for index, text in enumerate(item["texts"])
        ]

    def _encode(self, query: str, text: str, given: Mapping[str, Any], at: str = "texts") -> Encoded:
        """The longer part is cut, as CrossEncoder does it."""
        if most := given.get("max_text_tokens"):
            text = self._first_tokens(text, most)
        pair = self._tokenizer.encode(query, text, side=given.get("truncation_direction"))
        if pair.was_cut and given.get("truncate") is False:
            limit = self._tokenizer.max_tokens
            raise InvalidField(at, f"does not fit with the query; the model's limit is {limit:,} tokens")
        return pair

    def _first_tokens(self, text: str, most: int) -> str:
        tokens = self._tokenizer.tokens(text)
        return text if len(tokens) <= most else text[: tokens[most - 1][1]]

    def _logits(self, pairs: Sequence[Encoded]) -> list[float]:
        inputs = [pair.inputs for pair in pairs]
        return self._forward_all(inputs, lambda _, outputs: float(outputs[0][0][0]))

    def _ranked(
        self, texts: Sequence[str], logits: Sequence[float], given: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        scores = _scores(logits, self._function(given.get("raw_scores")))
        order = sorted(range(len(texts)), key=lambda index: -logits[index])[: given.get("top_n")]
        if given.get("sort") is False:
            order.sort()
        found: list[dict[str, Any]] = [{"index": index, "score": scores[index]} for index in order]
        if given.get("return_text"):
            found = [{**entry, "text": texts[entry["index"]]} for entry in found]
        return found

    def _function(self, raw_scores: bool | None) -> str:
        if raw_scores is None:
            return self._default
        return "none" if raw_scores else "sigmoid"


def default_function(config: Mapping[str, Any], sentences: Mapping[str, Any]) -> str:
    """What CrossEncoder applies where a caller names nothing (sentence-transformers 6.2, model.py).

    Raises :class:`ModelUnavailable` for an activation that is neither none nor a sigmoid.
    """
    name = (
        sentences.get("activation_fn")
        or (config.get("sentence_transformers") or {}).get("activation_fn")
        or config.get("sbert_ce_default_activation_function")
        or "torch.nn.Sigmoid"
    )
    if not str(name).startswith("torch."):  # the library trusts no other, and takes its own default
        return "sigmoid"
    known = FUNCTIONS.get(str(name).rpartition(".")[2])
    if known is None:
        raise ModelUnavailable("its scores go through an activation that is neither a sigmoid nor none")
    return known


def _scores(logits: Sequence[float], function: str) -> list[float]:
    import numpy as np

    found: list[float] = apply(np.array(logits, np.float32), function).tolist()
    return found


HEAD = TextRanking
