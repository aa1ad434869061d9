"""A weight that the repository lacks is never made up: the model is refused, and the weight named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.onnx.heads import head_class
from inference.engines.torch.encoder import load_model
from inference.errors import ModelUnavailable
from tests.support.models.heads import FAMILIES, converted, make_model

if TYPE_CHECKING:
    from pathlib import Path

TAGS = ("text-classification", "token-classification", "question-answering", "fill-mask")
LACKING = {
    "bart": {"text-classification", "token-classification"},  # three labels in any case, no head for tokens
    "eurobert": {"question-answering"},
    "nomic_bert": {"question-answering"},
}
"""Heads that transformers has not."""


def headless(folder: Path, pipeline_tag: str, model_type: str) -> Path:
    """The repository of the body alone, as embedding models and pretrained ones are published."""
    import transformers

    make_model(folder, pipeline_tag, model_type)
    cls = getattr(transformers, head_class(pipeline_tag).AUTO_CLASS)
    cls.from_pretrained(folder).base_model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("pipeline_tag", TAGS)
def test_a_head_that_is_not_there_is_named(pipeline_tag: str, tmp_path: Path) -> None:
    folder = headless(tmp_path / "model", pipeline_tag, "distilbert")
    with pytest.raises(
        ModelUnavailable, match=r"its repository has no weights for [\w.]+ and \d+ more, which"
    ):
        load_model(folder, pipeline_tag, 1)


def test_a_conversion_refuses_it_too(tmp_path: Path) -> None:
    folder = headless(tmp_path / "model", "text-classification", "bert")
    with pytest.raises(ModelUnavailable, match=r"no weights for classifier\.(bias|weight)"):
        converted(folder, "text-classification", tmp_path, "fp32")


@pytest.mark.parametrize("model_type", sorted(FAMILIES))
def test_what_is_whole_is_taken(model_type: str, tmp_path: Path) -> None:
    for pipeline_tag in sorted(set(TAGS) - LACKING.get(model_type, set())):
        load_model(make_model(tmp_path / pipeline_tag, pipeline_tag, model_type), pipeline_tag, 1)


def test_a_pooler_that_nothing_reads_may_be_missing(tmp_path: Path) -> None:
    """Of BERT trained on gaps there is none; embeddings are made from its last hidden states."""
    import torch
    import transformers

    folder = make_model(tmp_path / "model", "fill-mask", "bert")
    model: Any = load_model(folder, "feature-extraction", 1)
    whole: Any = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval().base_model
    ids = torch.tensor([[1, 7, 8, 2]])
    with torch.inference_mode():
        found, expected = (each(ids).last_hidden_state for each in (model, whole))
    assert torch.equal(found, expected)
