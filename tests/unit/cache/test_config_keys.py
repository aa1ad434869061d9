"""A config file that an engine's library reads is what a conversion writes, or is refused by its key."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache import config_keys
from inference.cache.artifact import Artifact, DamagedArtifact
from tests.support.models.manifests import manifest

if TYPE_CHECKING:
    from pathlib import Path

DECODER: dict[str, Any] = {
    "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
    "filename": "model.onnx",
    "head_size": 32,
    "hidden_size": 64,
    "inputs": {"input_ids": "input_ids", "attention_mask": "attention_mask"},
    "outputs": {"logits": "logits"},
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "num_key_value_heads": 1,
}
MODEL: dict[str, Any] = {
    "bos_token_id": 0,
    "context_length": 128,
    "eos_token_id": [1, 2],
    "type": "llama",
    "vocab_size": 608,
}
GENAI: dict[str, Any] = {"model": {**MODEL, "decoder": DECODER}, "search": {"do_sample": False, "top_p": 1.0}}


def check(folder: Path, engine: str, name: str, text: str) -> None:
    (folder / name).write_text(text)
    config_keys.check(Artifact(folder, manifest(engine, "any-head")))


def check_genai(folder: Path, config: Any) -> None:
    check(folder, "genai", "genai_config.json", json.dumps(config))


def test_what_the_builder_writes_is_taken(tmp_path: Path) -> None:
    check_genai(tmp_path, GENAI)


HOSTILE: dict[str, tuple[tuple[str, ...], Any]] = {
    "a library to load": (("session_options", "custom_ops_library"), "/tmp/evil.so"),
    "a file to write": (("session_options", "enable_profiling"), "/tmp/profile"),
    "any option of a session": (("session_options", "config_entries"), {"a": "b"}),
    "a provider": (("session_options", "provider_options"), [{"cuda": {}}]),
    "a graph elsewhere": (("filename",), "../other/model.onnx"),
    "a graph by its whole path": (("filename",), "/tmp/model.onnx"),
    "a folder in a value": (("num_hidden_layers",), {"filename": "x"}),
    "a second graph": (("pipeline",), [{"filename": "x"}]),
    "a list of objects": (("head_size",), [{"a": 1}]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_key_that_no_conversion_writes_is_refused(tmp_path: Path, kind: str) -> None:
    (*way, last), value = HOSTILE[kind]
    config = copy.deepcopy(GENAI)
    place: Any = config["model"]["decoder"]
    for key in way:
        place = place[key]
    place[last] = value
    with pytest.raises(DamagedArtifact, match=r"^genai_config\.json"):
        check_genai(tmp_path, config)


@pytest.mark.parametrize("text", ["", "[1]", "null", "{" * 9, '{"a":' * 9000 + "1" + "}" * 9000, '"x"'])
def test_a_config_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DamagedArtifact, match=r"^genai_config\.json"):
        check(tmp_path, "genai", "genai_config.json", text)


def test_a_missing_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedArtifact, match="cannot be read"):
        config_keys.check(Artifact(tmp_path, manifest("ctranslate", "any-head")))


def test_ctranslate2s_own_configs_are_taken(tmp_path: Path) -> None:
    from ctranslate2.specs import transformer_spec as specs
    from ctranslate2.specs.model_spec import LanguageModelConfig
    from ctranslate2.specs.whisper_spec import WhisperConfig

    heads = WhisperConfig(suppress_ids=[1], lang_ids=[2], alignment_heads=[(0, 1), (2, 3)])
    for config in (specs.TransformerConfig(layer_norm_epsilon=1e-5), LanguageModelConfig(), heads):
        check(tmp_path, "ctranslate", "config.json", json.dumps(config.to_dict()))
    with pytest.raises(DamagedArtifact, match=r"^config\.json has a key"):
        check(tmp_path, "ctranslate", "config.json", '{"vocabulary_file": "../x"}')


def test_other_engines_have_no_such_file(tmp_path: Path) -> None:
    config_keys.check(Artifact(tmp_path, manifest("onnx", "any-head")))
