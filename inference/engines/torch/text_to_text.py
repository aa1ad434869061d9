"""Encoder-decoders that no faster engine serves, on torch: LED, LongT5, ByT5 and others, by ``generate``.

transformers 5 has no pipeline for summaries and translations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.engine import Engine, Outcome
from inference.engines.text.generation_options import MAX_NEW_TOKENS
from inference.engines.torch import weights
from inference.errors import InvalidField, ModelUnavailable
from inference.task_kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from inference.task import Call

OPTIONS = (
    *("do_sample", "temperature", "top_k", "top_p", "repetition_penalty", "num_beams", "length_penalty"),
    *(
        "no_repeat_ngram_size",
        "early_stopping",
        "max_new_tokens",
        "max_length",
        "min_new_tokens",
        "min_length",
    ),
)
"""Parameters that ``generate`` takes under the same name."""
READ = ("seed", "clean_up_tokenization_spaces", "truncation", "generate_parameters")
"""Others of the tasks: used here, or without an effect on a single text."""
LONGEST_SOURCE = 16_384
USUAL_SOURCE = 512
"""Tokens, where neither tokenizer nor model names a window: what T5 was trained with."""


class TextToTextEngine(Engine):
    """A text in, a text out, one at a time."""

    def __init__(self, model: Any, tokenizer: Any, pipeline_tag: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._name = kind_of(pipeline_tag).text_name
        self._window = _window(model.config, tokenizer)

    def run(self, call: Call) -> Outcome:
        """For each input what the model writes; a text beyond the window is cut."""
        import torch

        options = _options(call.parameters, self._model.generation_config.to_diff_dict())
        if call.parameters.get("seed") is not None:
            torch.manual_seed(call.parameters["seed"])
        results, cut, tokens = [], 0, 0
        for index, text in enumerate(call.inputs):
            whole = self._tokenizer(text)["input_ids"]
            if len(whole) > self._window and call.parameters.get("truncation") == "do_not_truncate":
                told = f"has {len(whole):,} tokens; the model's limit is {self._window:,}"
                raise InvalidField(call.at(index), told)
            written = self._write(text, options)
            results.append({self._name: self._tokenizer.decode(written, skip_special_tokens=True)})
            cut += len(whole) > self._window
            tokens += min(len(whole), self._window) + len(written)
        return Outcome(results, truncated=cut, tokens=tokens)

    def _write(self, text: str, options: Mapping[str, Any]) -> list[int]:
        import torch

        read = self._tokenizer(text, return_tensors="pt", truncation=True, max_length=self._window)
        given = {name: read[name] for name in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            written: list[int] = self._model.generate(**given, **options)[0].tolist()
        return written


def load_text_to_text(folder: Path, pipeline_tag: str, tokenizer: Any) -> TextToTextEngine:
    """Raises :class:`ModelUnavailable` for a model that is no encoder-decoder."""
    import transformers

    try:
        model = weights.read(transformers.AutoModelForSeq2SeqLM, folder)
    except ValueError as error:
        raise ModelUnavailable(f"the model is no encoder-decoder, which {pipeline_tag} needs") from error
    return TextToTextEngine(model, tokenizer, pipeline_tag)


def _options(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """As ``generate`` takes them; what it has no word for is refused by name."""
    for name, value in given.items():
        if value and name not in (*OPTIONS, *READ):
            raise InvalidField(f"parameters.{name}", "is not known to the engine that this model needs")
    options = {name: given[name] for name in OPTIONS if given.get(name) is not None}
    if not {"max_length", "max_new_tokens"} & (options.keys() | defaults.keys()):
        options["max_new_tokens"] = MAX_NEW_TOKENS
    return options


def _window(config: Any, tokenizer: Any) -> int:
    """Tokens of a source: the least that tokenizer and positions allow."""
    names = ("max_encoder_position_embeddings", "max_position_embeddings")
    limits = [tokenizer.model_max_length, *(getattr(config, name, None) for name in names)]
    known = [int(limit) for limit in limits if limit and limit <= LONGEST_SOURCE]
    return min(known, default=int(getattr(config, "n_positions", None) or USUAL_SOURCE))
