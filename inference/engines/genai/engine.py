"""Decoder-only generation by onnxruntime-genai: prompts and chats -> text, token by token.

Neither torch nor transformers is imported. Tokens come from ``tokenizers`` with the repository's tokenizer as
transformers loads it; the chat template is rendered as transformers does; onnxruntime-genai runs the model
and picks the tokens.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Completion, Outcome, Pieces, Stream, TextGenerator
from inference.engines.genai import generators, memory
from inference.engines.genai.prompt_cache import PromptCache, is_keepable
from inference.engines.genai.scores import in_effect
from inference.engines.genai.search_options import search_options
from inference.engines.text.chat_encoding import encode_chat
from inference.engines.text.chat_template import ChatTemplate
from inference.engines.text.detokenizer import TextStream
from inference.engines.text.generation_options import GenerationSettings
from inference.engines.text.token_pieces import pieces_of
from inference.engines.text.tool_history import rendered
from inference.engines.text.tools import format_of
from inference.errors import InvalidField
from inference.task_kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from inference.cache.artifact import Artifact
    from inference.engines.text.tools import ToolFormat, Tools
    from inference.task import Call

GENAI_CONFIG = "genai_config.json"
SERVING = "serving.json"
"""What the conversion read with transformers and serving would otherwise need it for."""
Prompt = str | list[dict[str, Any]]
"""A prompt, or a chat: ``[{"role": "user", "content": "..."}, ...]``."""


@dataclass(frozen=True)
class Facts:
    """What the artifact says about its model."""

    context: int
    """Tokens that prompt and answer may take together."""
    vocabulary: int
    """Scores for each position, a few more than there are tokens in some models."""
    end_ids: frozenset[int]
    start_id: int | None
    defaults: Mapping[str, Any]
    """The repository's generation_config.json."""
    template: str | None
    special_tokens: Mapping[str, str]
    token_bytes: int
    """Keys and values of one token, in fp32, as the CPU has them."""
    width: int
    """Numbers of a token's hidden state."""


class GenaiEngine(TextGenerator):
    """A loaded model, its tokenizer and its chat template."""

    room_bytes = math.inf
    """Outside of a function, as in a proof, nothing is refused for its length."""

    def __init__(self, model: Any, tokenizer: Any, facts: Facts) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._facts = facts
        self._template: ChatTemplate | None = None
        self._cache = PromptCache(facts.context, facts.token_bytes)

    def run(self, call: Call) -> Outcome:
        """``{"generated_text": str}`` an input; ``return_full_text`` puts the prompt or chat in front."""
        full = bool(call.parameters.get("return_full_text"))
        done = [self.complete(prompt, call.parameters) for prompt in call.inputs]
        texts = ["".join(each.pieces) for each in done]
        if full:
            answers = [_full(prompt, text) for prompt, text in zip(call.inputs, texts, strict=True)]
        else:
            answers = texts
        return Outcome(
            [{"generated_text": answer} for answer in answers],
            truncated=sum(each.truncated for each in done),
            tokens=sum(each.tokens for each in done),
        )

    def list_step(self, call: Call) -> int:
        """1: one prompt after the other."""
        return 1

    def complete(self, prompt: Prompt, parameters: Mapping[str, Any]) -> Completion:
        """One prompt or conversation to its end."""
        return self.stream(prompt, parameters).complete()

    def stream(self, prompt: Prompt, parameters: Mapping[str, Any]) -> Stream:
        """The prompt is checked and read at once, the answer when it is asked for.

        ``parameters``: ``max_new_tokens`` (256), ``min_length`` (prompt included, as in transformers),
        ``min_new_tokens``, ``do_sample``, ``temperature``, ``top_k``, ``top_p``, ``repetition_penalty``,
        ``seed``, ``stop`` (strings), ``grammar`` (a form to keep to), ``tools``, ``logprobs`` (so many of the
        likeliest tokens to tell of), ``logit_bias`` (by token), ``frequency_penalty``, ``presence_penalty``,
        ``typical_p``.
        What is not given comes from the model's generation_config.json.
        """
        settings = GenerationSettings(parameters, self._facts.defaults)
        tools = parameters.get("tools")
        encoded = self._encode(prompt, tools)[-(settings.get("truncate") or 0) :]
        ids = self._fit(encoded, settings)
        lengths = settings.lengths(len(ids), self._facts.context)
        found = search_options(parameters, settings, len(ids), lengths, self._facts.vocabulary)
        memory.check(
            len(ids), found["max_length"], self._facts.width, self._facts.token_bytes, self.room_bytes
        )
        parameters = in_effect(parameters, found)
        is_kept = self.caches_prompts and is_keepable(found) and self._is_plain(parameters)
        generator, opened = self._open(ids, found, parameters, is_kept)
        text = TextStream(self._decode_all if tools else self._decode, parameters.get("stop") or ())
        tokens = generators.tokens_of(generator)
        pieces = pieces_of(tokens, text, self._facts.end_ids, lengths.maximum)
        if is_kept:
            pieces = self._keeping(pieces, generator, ids, opened)
        return Stream(pieces, len(ids), len(ids) < len(encoded), self.tool_format if tools else None)

    def _open(
        self, ids: list[int], found: dict[str, Any], parameters: Mapping[str, Any], is_kept: bool
    ) -> tuple[Any, Mapping[str, Any]]:
        """A generator that has read the prompt, and the search options that it has."""
        import onnxruntime_genai as og

        if is_kept and (taken := self._cache.take(ids, found)):
            return taken
        self._cache.drop()
        if is_kept:
            found = {**found, "max_length": self._cache.room(found["max_length"])}
        options = og.GeneratorParams(self._model)
        options.set_search_options(**found)
        generator = generators.generator(
            self._model, options, self._tokenizer, self.tool_format, self._facts.end_ids, parameters
        )
        generator.append_tokens(ids)
        return generator, found

    def _is_plain(self, parameters: Mapping[str, Any]) -> bool:
        return generators.is_plain(parameters, self._tokenizer.get_vocab_size())

    def _keeping(self, pieces: Pieces, generator: Any, ids: list[int], options: Mapping[str, Any]) -> Pieces:
        """The same pieces; the generator is kept when they end, or when nobody asks for more."""
        try:
            yield from pieces
        finally:
            self._cache.keep(generator, ids, options)

    def _encode(self, prompt: Prompt, tools: Tools | None = None) -> list[int]:
        """A prompt gets the special tokens that its tokenizer adds; a chat has them in its template."""
        if isinstance(prompt, str):
            ids = self._tokenizer.encode(prompt).ids
        else:
            ids = encode_chat(
                self._tokenizer, self._chat_template(), *rendered(prompt, tools, self.tool_format)
            )
        if ids:
            return list(ids)
        return [self._facts.start_id if self._facts.start_id is not None else min(self._facts.end_ids)]

    def _chat_template(self) -> ChatTemplate:
        if self._facts.template is None:
            raise InvalidField("inputs", "must be a prompt: this model has no chat template")
        if self._template is None:
            self._template = ChatTemplate(self._facts.template, self._facts.special_tokens)
        return self._template

    def _fit(self, ids: list[int], settings: GenerationSettings) -> list[int]:
        """The end of a prompt that fills the context, with room for the answer but at most half of it."""
        context = self._facts.context
        if len(ids) < context:
            return ids
        keep = context - min(settings.lengths(0, context).maximum, context // 2)
        start = ids[:1] if ids[0] == self._facts.start_id else []
        return start + ids[len(ids) - keep + len(start) :]

    @cached_property
    def tool_format(self) -> ToolFormat:
        """How this model's family writes tool calls."""
        return format_of(self._facts.template or "")

    def _decode_all(self, ids: list[int]) -> str:
        """With special tokens: some families mark a tool call with one."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=False))

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> GenaiEngine:
    """Read graph, weights and tokenizer; ``threads`` work on each operator."""
    if not kind_of(pipeline_tag).continues_text:
        raise ValueError(f"onnxruntime-genai serves text-generation, not {pipeline_tag}")
    return open_folder(artifact.folder, threads)


def open_folder(folder: Path, threads: int) -> GenaiEngine:
    """The same for a folder without a manifest, as a conversion has it."""
    import onnxruntime_genai as og
    from tokenizers import Tokenizer

    config = og.Config(str(folder))
    options = {"intra_op_num_threads": threads, "inter_op_num_threads": 1, "log_severity_level": 3}
    config.overlay(json.dumps({"model": {"decoder": {"session_options": options}}}))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return GenaiEngine(og.Model(config), tokenizer, facts(folder))


def facts(folder: Path) -> Facts:
    """From ``genai_config.json`` (the context) and what the conversion noted."""
    model = json.loads((folder / GENAI_CONFIG).read_text())["model"]
    decoder = model["decoder"]
    noted = json.loads((folder / SERVING).read_text())
    return Facts(
        context=int(model["context_length"]),
        vocabulary=int(model["vocab_size"]),
        end_ids=frozenset(noted["end_ids"]),
        start_id=noted["start_id"],
        defaults=json.loads((folder / "generation_config.json").read_text()),
        template=noted["chat_template"],
        special_tokens=noted["special_tokens"],
        width=int(decoder["hidden_size"]),
        token_bytes=8 * decoder["num_hidden_layers"] * decoder["num_key_value_heads"] * decoder["head_size"],
    )


def _full(prompt: Prompt, text: str) -> Any:
    if isinstance(prompt, str):
        return prompt + text
    return [*prompt, {"role": "assistant", "content": text}]
