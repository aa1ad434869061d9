"""The repositories that are measured: real architectures with seeded random weights, made here.

Random weights have no margins, so a proof on them says nothing; for these rows the form is forced to int8.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.demo_models import DEMO_REPOSITORIES

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = DEMO_REPOSITORIES / "hublet" / "demo-sentiment"
SEED = 0


@dataclass(frozen=True)
class BenchModel:
    """A row of the benchmark."""

    name: str
    model_type: str
    config: dict[str, Any]
    memory_mb: int = 3538
    """Of the function: two vCPUs, as this machine has."""

    @property
    def repository(self) -> str:
        return f"bench/{self.name}"


MODELS = (
    BenchModel("distilbert", "distilbert", {}),
    BenchModel("bert-base", "bert", {}),
)


def make(model: BenchModel, root: Path) -> Path:
    """The repository's folder, made once; the demo model's tokenizer fits every vocabulary here."""
    folder = root / model.repository
    if (folder / "model.safetensors").exists():
        return folder
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    config = AutoConfig.for_model(model.model_type, num_labels=2, **model.config)
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    shutil.copy(TOKENIZER / "tokenizer.json", folder)
    settings = json.loads((TOKENIZER / "tokenizer_config.json").read_text())
    settings["model_max_length"] = 512
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def text_of(tokens: int) -> str:
    """A text of so many tokens, [CLS] and [SEP] included."""
    return " ".join(["good"] * (tokens - 2))
