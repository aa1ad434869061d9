"""Which models are refused for memory: none that would have been converted, and those that hung or died."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub.hf_api import ModelInfo, RepoSibling

from inference.convert.limits import is_out_of_memory
from inference.engines.choose import converted_types
from inference.errors import InternalError
from inference.hub import memory_check
from inference.tasks import get_task, task_names

if TYPE_CHECKING:
    from pathlib import Path

MB = 1024 * 1024
# Weights in MB, the most memory with which a conversion failed, and what one took that could have more.
MEASURED = [(3, 520, 568), (54, 600, 764), (352, 1200, 1399), (72, 600, 845), (388, 850, 1358)]
DEFAULT_MODELS_MB = {
    "chat": 1976,
    "classification": 1630,
    "emotion": 500,
    "sentiment": 268,
    "speech": 151,
    "summarization": 1625,
    "translation": 301,
}
"""fp32 weights of the tasks' own models, whose memory in the stack is known to do."""


def info(parameters: dict[str, int] | None = None) -> ModelInfo:
    counted = {"parameters": parameters, "total": sum(parameters.values())} if parameters else None
    untyped: Any = ModelInfo
    made: ModelInfo = untyped(id="a/b", **({"safetensors": counted} if counted else {}))
    return made


def files(**sizes: int) -> list[RepoSibling]:
    return [RepoSibling(rfilename=name.replace("__", "."), size=size) for name, size in sizes.items()]


@pytest.mark.parametrize(("weights_mb", "failed_mb", "took_mb"), MEASURED)
def test_what_was_measured_is_not_refused(weights_mb: int, failed_mb: int, took_mb: int) -> None:
    assert not memory_check.is_too_little(took_mb, weights_mb * MB)
    assert memory_check.is_too_little(failed_mb // 2, weights_mb * MB)
    least_mb = memory_check.LEAST_MB + memory_check.LEAST_TIMES * weights_mb
    assert least_mb < failed_mb * 1.05, "the bound must stay near what is known to fail"


@pytest.mark.parametrize("name", sorted(DEFAULT_MODELS_MB))
def test_the_stacks_own_functions_have_enough(name: str) -> None:
    assert not memory_check.is_too_little(get_task(name).memory_mb, DEFAULT_MODELS_MB[name] * MB)


def test_the_number_to_raise_to_is_enough_for_what_was_measured() -> None:
    for weights_mb, _, took_mb in MEASURED:
        usual_mb = memory_check.USUAL_MB + memory_check.USUAL_TIMES * weights_mb
        assert usual_mb > took_mb


def test_the_error_names_the_setting_and_the_number() -> None:
    told = memory_check.refusal("a/b", 400 * MB, 512, "sentiment.memory")
    assert (type(told.error), told.error.message) == (
        InternalError,
        "preparing a/b takes about 1,700 MB of memory, and the function has 512 MB; "
        "raise sentiment.memory to 1700",
    )
    assert told.backoff_s


def test_what_no_function_can_have_is_told() -> None:
    told = memory_check.refusal("a/b", 16_000 * MB, 10_240, "chat.memory")
    assert told.error.message.endswith("no function can have so much: choose a smaller model")


def test_weights_are_what_a_conversion_reads() -> None:
    listed = files(model__safetensors=7, consolidated__safetensors=70, config__json=3, tokenizer__model=5)
    assert memory_check.weight_bytes(info(), listed) == 7
    shards = [RepoSibling(rfilename=f"model-0000{i}-of-00002.safetensors", size=10) for i in (1, 2)]
    assert memory_check.weight_bytes(info(), shards) == 20
    assert memory_check.weight_bytes(info({"BF16": 100, "I64": 9}), shards) == 400  # twice the bytes in fp32
    assert memory_check.weight_bytes(info({"I32": 100}), shards) == 20


@pytest.mark.parametrize(
    ("config", "is_converted"),
    [({"model_type": "bert"}, True), ({"model_type": "fnet"}, False), ({}, False), ([], False)],
)
def test_only_what_is_converted_takes_the_memory(tmp_path: Path, config: object, is_converted: bool) -> None:
    path = tmp_path / "config.json"
    assert not memory_check.is_converted(path, ["bert"])
    path.write_text(json.dumps(config))
    assert memory_check.is_converted(path, converted_types("text-classification")) is is_converted


def test_every_task_has_architectures_that_are_converted_but_pictures_from_words() -> None:
    lacking = {name for name in task_names() if not converted_types(get_task(name).pipeline_tag)}
    assert lacking == {"image"}
    assert converted_types("any-tag") == []


@pytest.mark.parametrize(
    "message",
    [
        "mkl_malloc: failed to allocate memory",
        "can't start new thread",
        "/x/_ellip.so: failed to map segment from shared object",
        "unable to mmap 368765592 bytes from file </x>: Cannot allocate memory (12)",
    ],
)
def test_a_library_that_finds_no_memory_is_understood(message: str) -> None:
    """Each of these was said by a conversion; taken for something else, torch would have served the model."""
    assert is_out_of_memory(RuntimeError(message))
