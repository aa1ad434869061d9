"""ONNX Runtime against transformers' own pipeline, fp32, on a tiny random model of every family."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.artifact import Artifact, Manifest
from inference.convert import onnx as recipe
from inference.convert.recipe import Source
from inference.engines import onnx
from inference.engines.choose import ONNX_MODEL_TYPES, choose
from inference.publish import publish, unpublished
from inference.task import Call

if TYPE_CHECKING:
    from pathlib import Path

TAG = "text-classification"
TEXTS = [
    "Good.",
    "It was not what I had hoped for, and I would not go there again.",
    "ünïcödé 🎉 日本語",
    "word " * 400,
    " ",
]
SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 66,
}
ENCODER_DECODER = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 64,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "albert": {**SMALL, "embedding_size": 16},
    "bart": ENCODER_DECODER,
    "bert": SMALL,
    "camembert": SMALL,
    "deberta-v2": {**SMALL, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, "max_position_embeddings": 64},
    "electra": {**SMALL, "embedding_size": 16},
    "modernbert": {**SMALL, "max_position_embeddings": 64, "global_attn_every_n_layers": 2},
    "mpnet": SMALL,
    "roberta": SMALL,
    "xlm-roberta": SMALL,
}


def make_model(folder: Path, model_type: str) -> Path:
    """A random model with three labels, and a small tokenizer of its own."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

    specials = ["<pad>", "<s>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=specials, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    torch.manual_seed(7)
    config = AutoConfig.for_model(
        model_type,
        vocab_size=len(tokenizer.get_vocab()),
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        cls_token_id=1,
        sep_token_id=2,
        num_labels=3,
        **CONFIGS[model_type],
    )
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    return folder


def artifact_of(snapshot: Path, parent: Path, precision: str) -> Artifact:
    """Convert and publish, as the child process does."""
    config = json.loads((snapshot / "config.json").read_text())
    source = Source(snapshot, config, TAG, tuple(TEXTS), precision, 1)
    with unpublished(parent) as folder:
        form = recipe.convert(source, folder, lambda stage: None)
        manifest = Manifest(
            model="test/model",
            commit="a" * 40,
            head="sequence-classification",
            engine="onnx",
            asked=precision,
            precision=form.precision,
            reason=form.reason,
            created="2026-01-01T00:00:00+00:00",
            seconds=0.0,
            files={},
            tools=form.tools,
            drift=form.drift.figures,
        )
        publish(folder, manifest)
    return Artifact.open(parent / manifest.folder_name)


def reference(snapshot: Path, text: str, **parameters: Any) -> list[dict[str, Any]]:
    from transformers import pipeline

    pipe = pipeline(TAG, model=str(snapshot), device="cpu")
    result: list[dict[str, Any]] = pipe(text, top_k=None, truncation=True, **parameters)
    return result


def by_label(result: list[dict[str, Any]]) -> dict[str, float]:
    return {entry["label"]: entry["score"] for entry in result}


@pytest.fixture(scope="module", params=sorted(CONFIGS))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    model_type: str = request.param
    return model_type, make_model(tmp_path_factory.mktemp(model_type), model_type)


def test_every_family_that_is_chosen_is_tested() -> None:
    assert sorted(CONFIGS) == sorted(ONNX_MODEL_TYPES)


@pytest.mark.filterwarnings("default")
def test_fp32_scores_are_those_of_transformers(family: tuple[str, Path], tmp_path: Path) -> None:
    model_type, snapshot = family
    assert choose(TAG, {"model_type": model_type}).engine == "onnx"
    artifact = artifact_of(snapshot, tmp_path, "fp32")
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    assert not any(path.is_symlink() for path in artifact.folder.iterdir())
    assert not any(path.suffix == ".safetensors" for path in artifact.folder.iterdir())
    engine = onnx.load(artifact, TAG, 1)
    together = engine.run(Call(TEXTS, {}, is_list=True))
    for text, found in zip(TEXTS, together, strict=True):
        expected = reference(snapshot, text)
        assert by_label(found) == pytest.approx(by_label(expected), abs=1e-4)
        assert found == sorted(found, key=lambda entry: -entry["score"])
        assert (
            found == engine.run(Call([text], {}, is_list=False))[0]
        )  # a batch answers as its items do alone


@pytest.mark.filterwarnings("default")
def test_parameters_mean_what_they_mean_there(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", "bert")
    engine = onnx.load(artifact_of(snapshot, tmp_path / "artifacts", "int8"), TAG, 1)
    assert len(engine.run(Call(TEXTS[:1], {"top_k": 2}, is_list=False))[0]) == 2
    for function in ("softmax", "sigmoid", "none"):
        found = engine.run(Call(TEXTS[:1], {"function_to_apply": function}, is_list=False))[0]
        expected = reference(snapshot, TEXTS[0], function_to_apply=function)
        assert by_label(found) == pytest.approx(by_label(expected), abs=0.05)


@pytest.mark.filterwarnings("default")
def test_auto_keeps_the_first_form_within_the_budget_and_says_so(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", "bert")
    manifest = artifact_of(snapshot, tmp_path / "artifacts", "auto").manifest
    assert manifest.drift["label_agreement"] >= 0.99
    assert manifest.drift["mean_score_difference"] <= 0.02
    assert manifest.precision in manifest.reason
