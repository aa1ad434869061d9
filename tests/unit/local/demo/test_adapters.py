"""Weights of one byte, and adapters that are merged: what comes back is what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from transformers import BertConfig, BertForQuestionAnswering

from local.demo.packaged import adapters, eight_bits
from local.demo.training import adapters as training

if TYPE_CHECKING:
    from pathlib import Path


def tiny() -> BertForQuestionAnswering:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24
    )
    return BertForQuestionAnswering(config).eval()


def test_bytes_keep_a_matrix_to_a_hundredth_and_short_tensors_to_half_precision(tmp_path: Path) -> None:
    torch.manual_seed(1)
    tensors = {"matrix": torch.randn(7, 5), "kernel": torch.randn(4, 3, 2, 2), "bias": torch.randn(9)}
    eight_bits.write(tensors, tmp_path / "weights")
    found = eight_bits.read(tmp_path / "weights")
    assert found.keys() == tensors.keys()
    assert torch.equal(found["bias"], tensors["bias"].half().float())
    for name in ("matrix", "kernel"):
        most = tensors[name].flatten(1).abs().amax(1)
        error = (found[name] - tensors[name]).flatten(1).abs().amax(1)
        assert (error <= most / eight_bits.MOST).all()


def test_a_merged_model_answers_as_the_adapted_one(tmp_path: Path) -> None:
    model, before = tiny(), tiny().state_dict()
    training.adapt(model, lowest=1, rank=2)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.requires_grad:
                weights.normal_(0, 0.3)
    tensors = training.trained_tensors(model)
    merged = tiny()
    merged.load_state_dict(adapters.merge(before, tensors))
    ids = torch.arange(1, 9)[None]
    torch.testing.assert_close(merged(ids).start_logits, model(ids).start_logits, atol=1e-4, rtol=1e-4)
    assert not any(".layer.0." in name or "embeddings" in name for name in tensors)


def test_half_of_an_adapter_is_refused() -> None:
    half = {"bert.x.weight" + adapters.DOWN: torch.ones(2, 4)}
    with pytest.raises(KeyError, match="adapter_down"):
        adapters.merge({"bert.x.weight": torch.ones(3, 4)}, half)


def test_weights_that_no_layer_takes_are_refused() -> None:
    with pytest.raises(KeyError, match="bert.unknown"):
        adapters.fill(tiny(), {**tiny().state_dict(), "bert.unknown": torch.ones(1)})
