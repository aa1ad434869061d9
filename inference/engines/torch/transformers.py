"""Models that no faster engine knows, on torch in fp32: our heads, or else transformers' pipelines."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Engine, Outcome, Stream, Unsupported
from inference.engines.onnx.heads import head_class
from inference.engines.text.tokenizer import VOCABULARIES, read_json
from inference.engines.torch import streamer, weights
from inference.engines.torch.conversation import TorchGenerator
from inference.engines.torch.encoder import load_model, runner
from inference.engines.torch.text_to_text import load_text_to_text
from inference.errors import InvalidField, ModelUnavailable
from inference.media import audio
from inference.media.images import decode
from inference.task_kinds import HEAD_TAGS, SPEECH, kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from inference.cache.artifact import Artifact
    from inference.task import Call

DEFAULTS: dict[str, dict[str, Any]] = {
    "text-classification": {"top_k": None, "truncation": True},
    "text-generation": {"return_full_text": False},
    "token-classification": {"aggregation_strategy": "simple"},
}
"""What a pipeline is told where the caller says nothing, so that it answers as our heads do."""

UNKNOWN = {
    "text-generation": ("frequency_penalty", "grammar", "stop", "truncate"),
    "token-classification": ("stride",),
}
"""Pipeline tag -> parameters of the task that its pipeline, or a tokenizer in Python, does not take."""

TEXT_READERS = {"tokenizer": "AutoTokenizer"}
WHISPERS_OWN = ("language", "prompt", "return_timestamps", "segments", "task")
PICTURE_READERS = {"image_processor": "AutoImageProcessor"}
SPEECH_READERS = {"tokenizer": "AutoTokenizer", "feature_extractor": "AutoFeatureExtractor"}
"""What a pipeline needs beside the model, and the class that reads it."""


class PipelineEngine(Engine):
    """A transformers pipeline over a local folder, one input at a time."""

    def __init__(self, pipeline: Any, pipeline_tag: str) -> None:
        self._pipeline = pipeline
        self._tag = pipeline_tag
        self._reads_pictures = reads_pictures(pipeline_tag)
        self._nests_answers = kind_of(pipeline_tag).continues_text
        self._defaults = DEFAULTS.get(pipeline_tag, {})

    def run(self, call: Call) -> Outcome:
        """For each input what the pipeline of that tag gives, as plain JSON values."""
        given = {name: value for name, value in call.parameters.items() if value is not None}
        options = self._defaults | self._options(given)
        answers = [plain(self._pipeline(self._read(item), **options)) for item in call.inputs]
        return Outcome([answer[0] for answer in answers] if self._nests_answers else answers)

    def run_streamed(self, call: Call) -> Stream:
        """A text's continuation as it comes; other answers come at the end."""
        if not self._nests_answers:
            return super().run_streamed(call)
        given = {name: value for name, value in call.parameters.items() if value is not None}
        options = self._defaults | self._options(given) | {"return_full_text": False}
        pipeline, text = self._pipeline, self._read(call.inputs[0])
        tokenizer, ends = pipeline.tokenizer, pipeline.model.generation_config.eos_token_id
        pieces = streamer.pieces_of(
            lambda taker: pipeline(text, streamer=taker, **options),
            lambda ids: str(tokenizer.decode(ids, skip_special_tokens=True)),
            ends if isinstance(ends, list) else [ends],
        )
        return Stream(pieces, len(tokenizer(text)["input_ids"]), was_cut=False)

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        """A caller's parameters as the pipeline takes them; what it has no word for is refused by name."""
        seed = given.pop("seed", None)
        if self._tag == SPEECH and given.get("task") == "transcribe":
            del given["task"]  # it does nothing else
        for name, value in given.items():
            if value and self._lacks(name):
                raise InvalidField(f"parameters.{name}", "is not known to the engine that this model needs")
        if seed is not None:
            _seed(seed)
        given = {name: value for name, value in given.items() if not self._lacks(name)}
        return {"generate_kwargs": given} if self._tag == SPEECH and given else given

    def _lacks(self, name: str) -> bool:
        if self._tag == SPEECH:  # languages and times are Whisper's; CTC models take no options
            return name in WHISPERS_OWN or not self._pipeline.model.can_generate()
        return name in UNKNOWN.get(self._tag, ())

    def _read(self, item: Any) -> Any:
        """Pictures and sound decoded within our limits: text in their place would be taken for an address."""
        if self._tag == SPEECH:
            return {"raw": audio.waveform_of(item), "sampling_rate": audio.RATE}
        return decode(item) if self._reads_pictures else item


class WriterEngine(PipelineEngine, TorchGenerator):
    """A text-generation pipeline, which also answers conversations."""


def _seed(seed: int) -> None:
    import torch

    torch.manual_seed(seed)


def plain(value: Any) -> Any:
    """numpy's numbers as Python's; labels beside their scores, as the Hub shows them."""
    if isinstance(value, dict):
        if {"labels", "scores"} <= value.keys():
            pairs = zip(value["labels"], value["scores"], strict=True)
            return [{"label": label, "score": float(score)} for label, score in pairs]
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
    """Read config, tokenizer and safetensors weights from real files; never code, never the network."""
    head = head_class(pipeline_tag) if pipeline_tag in HEAD_TAGS else None
    if head and not head.serves(read_json(artifact.folder / "config.json")):
        head = None
    if head and not (head.READS_TEXT and has_python_tokenizer(artifact.folder)):
        with contextlib.suppress(Unsupported):
            model = load_model(artifact.folder, pipeline_tag, threads)
            return head(artifact.folder, runner(model, head.OUTPUTS))
    if head and not head.HAS_PIPELINE:
        raise ModelUnavailable(f"its tokenizer is written in Python, which {pipeline_tag} cannot use here")
    kind = kind_of(pipeline_tag)
    if kind.rewrites and pipeline_tag != SPEECH:
        return _text_to_text(artifact.folder, pipeline_tag, threads)
    engine = WriterEngine if kind.continues_text else PipelineEngine
    return engine(_pipeline(artifact.folder, pipeline_tag, threads), pipeline_tag)


def _text_to_text(folder: Path, pipeline_tag: str, threads: int) -> Engine:
    import torch
    import transformers

    torch.set_num_threads(threads)
    if not any((folder / name).exists() for name in VOCABULARIES):
        raise ModelUnavailable(f"the repository has no tokenizer: none of {', '.join(VOCABULARIES)}")
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **safe)
    except ImportError as error:
        told = " ".join(str(error).split())[:300]
        raise ModelUnavailable(f"its tokenizer needs a package that is not here: {told}") from error
    return load_text_to_text(folder, pipeline_tag, tokenizer)


def has_python_tokenizer(folder: Path) -> bool:
    """Whether only transformers can read the tokenizer: conversion found no ``tokenizer.json`` in it."""
    return not (folder / "tokenizer.json").exists() and any((folder / name).exists() for name in VOCABULARIES)


def _pipeline(folder: Path, pipeline_tag: str, threads: int) -> Any:
    """A pipeline of parts that are read here: not every pipeline hands on what keeps it off the network."""
    import torch
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.set_num_threads(threads)
    model_class = _model_class(folder, pipeline_tag)
    if model_class is None:
        raise ModelUnavailable(f"transformers has no pipeline for {pipeline_tag} by this architecture")
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    readers = _readers(pipeline_tag)
    if "tokenizer" in readers and not any((folder / name).exists() for name in VOCABULARIES):
        raise ModelUnavailable(f"the repository has no tokenizer: none of {', '.join(VOCABULARIES)}")
    parts = {
        name: getattr(transformers, reader).from_pretrained(folder, **safe)
        for name, reader in readers.items()
    }
    unread = head_class(pipeline_tag).UNREAD if pipeline_tag in HEAD_TAGS else ()
    model = weights.read(getattr(transformers, model_class), folder, unread=unread)
    return transformers.pipeline(pipeline_tag, model=model, device="cpu", **parts)


def reads_pictures(pipeline_tag: str) -> bool:
    """Whether a tag's inputs are pictures."""
    return pipeline_tag in HEAD_TAGS and head_class(pipeline_tag).READS_PICTURES


def _readers(pipeline_tag: str) -> dict[str, str]:
    if pipeline_tag == SPEECH:
        return SPEECH_READERS
    return PICTURE_READERS if reads_pictures(pipeline_tag) else TEXT_READERS


def _model_class(folder: Path, pipeline_tag: str) -> str | None:
    if pipeline_tag == SPEECH:
        named = str(read_json(folder / "config.json").get("architectures"))
        return "AutoModelForCTC" if "ForCTC" in named else "AutoModelForSpeechSeq2Seq"
    if kind_of(pipeline_tag).continues_text:
        return "AutoModelForCausalLM"
    return head_class(pipeline_tag).AUTO_CLASS if pipeline_tag in HEAD_TAGS else None
