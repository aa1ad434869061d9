"""A graph that is right on short prompts and wrong on long ones does not pass: one kind of fault each.

One plain graph stands for what a builder makes that leaves something out; torch has it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.convert import long_inputs
from inference.convert.genai import recipe
from inference.convert.genai.proof import AGREEMENT, GenerationProof
from inference.convert.proofs import texts as proof_texts
from inference.convert.recipe import Source
from tests.support.models.decoders import HEAD, SHARED, make_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = 1024
SIZES = SHARED | HEAD | {"max_position_embeddings": CONTEXT}
PHI3_SIZES = SHARED | {"max_position_embeddings": CONTEXT, "original_max_position_embeddings": CONTEXT}
SLOW = 28
"""The first of a head's values that turns by a thousandth of a radian a token, or less."""
LOUDER = 4.0
"""So that four values of a head decide as 32 do elsewhere."""
BASE = {"rope_type": "default", "rope_theta": 10_000.0}
FAULTS: dict[str, dict[str, Any]] = {
    "linear": {"rope_parameters": BASE | {"rope_type": "linear", "factor": 1.0006}},
    "llama3": {
        "rope_parameters": BASE
        | {"rope_type": "llama3", "factor": 3.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
        | {"original_max_position_embeddings": 6000}
    },
    "rotary base": {"rope_parameters": BASE | {"rope_theta": 10_100.0}},
    "sliding window": {"sliding_window": 200},
}


def model_of(**changes: Any) -> Any:
    """The same weights, whatever the config says about positions."""
    import torch
    import transformers

    name = "MistralConfig" if "sliding_window" in changes else "LlamaConfig"
    config = getattr(transformers, name)(**SIZES | changes)
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.15)
    return model


def partly_rotating(factor: float) -> Any:
    """A model whose heads look only at slow values: which of them turn with the position shows far away.

    Phi-3 turns the first ``factor`` of a head's values. With all of them, these turn by at most 0.13 within a
    short text, and by a whole radian near the window.
    """
    import torch
    import transformers

    rope = BASE | {"partial_rotary_factor": factor}
    config = transformers.Phi3Config(**PHI3_SIZES, rope_parameters=rope)
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.15)
        looking = torch.zeros(HEAD["head_dim"])
        looking[SLOW:] = LOUDER
        heads = PHI3_SIZES["num_attention_heads"] + PHI3_SIZES["num_key_value_heads"]
        for layer in model.model.layers:
            layer.self_attn.qkv_proj.weight[: heads * len(looking)] *= looking.repeat(heads)[:, None]
    return model


def built(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    snapshot = tmp_path_factory.mktemp("snapshot")
    model.save_pretrained(snapshot)
    make_tokenizer().save_pretrained(snapshot)
    config = json.loads((snapshot / "config.json").read_text())
    folder = tmp_path_factory.mktemp("graph")
    recipe._build(Source(snapshot, config, "text-generation", (), "fp32", 1), recipe.FP32, folder)
    return folder


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(model_of(), tmp_path_factory)


@pytest.fixture(scope="module")
def wholly_rotating(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(partly_rotating(1.0), tmp_path_factory)


def measured(model: Any, graph: Path) -> Any:
    return GenerationProof(model, make_tokenizer(), proof_texts.read()[::16], CONTEXT).measure(graph, 1)


def test_the_same_model_passes_near_its_window(graph: Path) -> None:
    drift = measured(model_of(), graph)
    assert drift.within_budget
    assert drift.figures["long_input_tokens"] == CONTEXT
    assert drift.figures["long_input_agreement"] == 1.0


@pytest.mark.parametrize("fault", FAULTS)
def test_what_only_long_inputs_show_is_seen(graph: Path, fault: str) -> None:
    drift = measured(model_of(**FAULTS[fault]), graph)
    assert drift.figures["next_token_agreement"] >= AGREEMENT, "short texts show it too"
    assert drift.figures["long_input_agreement"] < long_inputs.AGREEMENT
    assert not drift.within_budget


def test_values_that_should_not_turn_are_seen(wholly_rotating: Path) -> None:
    assert measured(partly_rotating(1.0), wholly_rotating).within_budget
    drift = measured(partly_rotating(0.5), wholly_rotating)
    assert drift.figures["next_token_agreement"] >= AGREEMENT, "short texts show it too"
    assert drift.figures["long_input_agreement"] < long_inputs.AGREEMENT
    assert not drift.within_budget
