"""Conversations and prompts of OpenAI's routes on torch, for decoders that no faster engine serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.engine import Completion, Stream, TextGenerator
from inference.engines.text.chat_encoding import encode_chat
from inference.engines.text.chat_template import ChatTemplate
from inference.engines.text.generation_options import GenerationSettings
from inference.engines.torch import streamer
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping

TAKEN = ("do_sample", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty")
"""Parameters that ``generate`` takes under the same name."""
OURS = (*TAKEN, "max_new_tokens", "seed", "stop")
Prompt = str | list[dict[str, Any]]


class TorchGenerator(TextGenerator):
    """Answers one prompt or conversation at a time by transformers' ``generate``."""

    _pipeline: Any
    """A text-generation pipeline: a model and its tokenizer."""

    def complete(self, prompt: Prompt, parameters: Mapping[str, Any]) -> Completion:
        """One prompt or conversation to its end."""
        return self.stream(prompt, parameters).complete()

    def stream(self, prompt: Prompt, parameters: Mapping[str, Any]) -> Stream:
        """The same as it comes.

        ``parameters``: ``max_new_tokens`` (256), ``do_sample``, ``temperature``, ``top_k``, ``top_p``,
        ``repetition_penalty``, ``seed``, ``stop``. Raises :class:`InvalidField` for any other that is set.
        """
        import torch

        _refuse_unknown(parameters)
        model, tokenizer = self._pipeline.model, self._pipeline.tokenizer
        encoded, context = self._encode(prompt), self._context()
        settings = GenerationSettings(parameters, model.generation_config.to_diff_dict())
        asked = settings.lengths(0, context).maximum
        ids = encoded[-max(1, context - min(asked, context // 2)) :]
        options = {name: parameters[name] for name in TAKEN if parameters.get(name) is not None}
        options["max_new_tokens"] = settings.lengths(len(ids), context).maximum
        if parameters.get("seed") is not None:
            torch.manual_seed(parameters["seed"])
        tensor = torch.tensor([ids])
        ends = model.generation_config.eos_token_id
        pieces = streamer.pieces_of(
            lambda taker: model.generate(
                tensor, attention_mask=torch.ones_like(tensor), streamer=taker, **options
            ),
            lambda made: str(tokenizer.decode(made, skip_special_tokens=True)),
            ends if isinstance(ends, list) else [ends],
            parameters.get("stop") or (),
        )
        return Stream(pieces, len(ids), was_cut=len(ids) < len(encoded))

    def _encode(self, prompt: Prompt) -> list[int]:
        """A prompt gets the special tokens that its tokenizer adds; a chat has them in its template."""
        tokenizer = self._pipeline.tokenizer
        if isinstance(prompt, str):
            return list(tokenizer((self._pipeline.prefix or "") + prompt)["input_ids"]) or [self._start()]
        if not tokenizer.chat_template or not tokenizer.is_fast:
            raise InvalidField("messages", "must be sent as a prompt: this model has no chat template")
        template = ChatTemplate(tokenizer.get_chat_template(), tokenizer.special_tokens_map)
        return encode_chat(tokenizer.backend_tokenizer, template, prompt)

    def _start(self) -> int:
        """What an empty prompt is read as."""
        tokenizer = self._pipeline.tokenizer
        start = tokenizer.bos_token_id
        return int(tokenizer.eos_token_id or 0) if start is None else int(start)

    def _context(self) -> int:
        """Tokens that prompt and answer may take together."""
        config = self._pipeline.model.config.get_text_config()
        return int(getattr(config, "max_position_embeddings", None) or 2048)


def _refuse_unknown(parameters: Mapping[str, Any]) -> None:
    for name, value in parameters.items():
        if name not in OURS and (value or name == "logprobs") and value is not None:
            field = value.field if name == "grammar" else name
            raise InvalidField(field, "is not known to the engine that this model needs")
