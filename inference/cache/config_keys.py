"""Config files that engine libraries read themselves: what a conversion writes there, and nothing else.

onnxruntime-genai loads a library that its file names (``custom_ops_library``), and writes a profile to any
path (``enable_profiling``). So its file is read here first, key by key, before the library sees it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from inference.cache.artifact import DamagedArtifact

if TYPE_CHECKING:
    from inference.cache.artifact import Artifact

GENAI, CTRANSLATE = "genai_config.json", "config.json"
GRAPH = "model.onnx"
TOKEN_IDS = ("bor_token_id", "bos_token_id", "bot_token_id", "eor_token_id", "eos_token_id", "eot_token_id")
SIZES = ("head_size", "hidden_size", "num_attention_heads", "num_hidden_layers", "num_key_value_heads")
CONVOLUTIONS = ("conv_cache_size", "layer_types")
"""Of LFM2, whose layers are of two kinds."""
INPUTS = (
    *("attention_mask", "input_ids", "position_ids"),
    *("past_key_names", "past_value_names", "past_conv_names"),
)
OUTPUTS = ("logits", "present_key_names", "present_value_names", "present_conv_names")
LENGTHS = ("length_penalty", "max_length", "min_length", "no_repeat_ngram_size")
SAMPLING = ("diversity_penalty", "do_sample", "repetition_penalty", "temperature", "top_k", "top_p")
BEAMS = ("early_stopping", "num_beams", "num_return_sequences", "past_present_share_buffer")


def _plain(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names)


# Key -> keys below it; ``None``: numbers, words or lists of them; a list: exactly these values.
GENAI_KEYS: dict[str, Any] = {
    "model": {
        **_plain(*TOKEN_IDS, "context_length", "pad_token_id", "type", "vocab_size"),
        "decoder": {
            **_plain(*SIZES, *CONVOLUTIONS),
            "filename": [GRAPH],
            "inputs": _plain(*INPUTS),
            "outputs": _plain(*OUTPUTS),
            "session_options": {"log_id": ["onnxruntime-genai"], "provider_options": [[]]},
        },
    },
    "search": _plain(*LENGTHS, *SAMPLING, *BEAMS),
}
"""As the library's model builder 0.18 writes it for a decoder on a CPU (``make_genai_config``)."""
CTRANSLATE_KEYS: dict[str, Any] = _plain(
    *("add_source_bos", "add_source_eos", "bos_token", "decoder_start_token", "eos_token", "unk_token"),
    *("layer_norm_epsilon", "multi_query_attention"),
    *("alignment_heads", "lang_ids", "suppress_ids", "suppress_ids_begin"),
)
"""As CTranslate2 4.8's converters write it for translators, generators and Whisper."""
FILES = {"genai": (GENAI, GENAI_KEYS), "ctranslate": (CTRANSLATE, CTRANSLATE_KEYS)}


def check(artifact: Artifact) -> None:
    """Raise :class:`DamagedArtifact` for a config that no conversion of ours has written."""
    if artifact.manifest.engine in FILES:
        name, known = FILES[artifact.manifest.engine]
        _check(name, _read(artifact, name), known)


def _read(artifact: Artifact, name: str) -> Any:
    try:
        return json.loads((artifact.folder / name).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        raise DamagedArtifact(f"{name} cannot be read") from None


def _check(at: str, value: Any, known: Any) -> None:
    if isinstance(known, dict):
        if not isinstance(value, dict) or not value.keys() <= known.keys():
            raise DamagedArtifact(f"{at} has a key that no conversion writes")
        for key, below in value.items():
            _check(f"{at}: {key}", below, known[key])
    elif isinstance(known, list):
        if value not in known:
            raise DamagedArtifact(f"{at} is not what a conversion writes")
    elif not _is_plain(value):
        raise DamagedArtifact(f"{at} holds more than a conversion writes")


def _is_plain(value: Any) -> bool:
    """A value, or words and numbers in lists, as kinds of layers or pairs of layer and head."""
    if isinstance(value, list):
        return all(
            isinstance(each, int | str) or (isinstance(each, list) and _is_plain(each)) for each in value
        )
    return value is None or isinstance(value, bool | int | float | str)
