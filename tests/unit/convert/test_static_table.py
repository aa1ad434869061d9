"""Tables of vectors, in both libraries' forms, become a model with a config and a tokenizer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from inference.convert import static_table
from inference.engines.onnx.sentence_modules import read_sentences
from inference.errors import ModelUnavailable

if TYPE_CHECKING:
    from pathlib import Path

ROWS = np.arange(6, dtype=np.float32).reshape(3, 2)


def write(folder: Path, name: str, value: Any) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(value))


def table_of(snapshot: Path) -> Any:
    return load_file(snapshot / "model.safetensors")["embedding.weight"]


def test_a_static_embedding_stands_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "0_StaticEmbedding"
    write(folder, "tokenizer.json", {"model": {}, "post_processor": {"type": "X"}})
    save_file({"embedding.weight": ROWS}, folder / "model.safetensors")
    kind = "sentence_transformers.models.StaticEmbedding"
    write(tmp_path, "modules.json", [{"path": folder.name, "type": kind}])
    static_table.rewrite(tmp_path)
    assert json.loads((tmp_path / "tokenizer.json").read_text())["post_processor"] is None
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["model_type"], config["hidden_size"]) == ("static_table", 2)
    assert (table_of(tmp_path) == ROWS).all()
    sentences = read_sentences(tmp_path)
    assert sentences.pool(ROWS).tolist() == [2, 3]
    assert sentences.pool(np.zeros((0, 2), np.float32)).tolist() == [0, 0]


def test_model2vec_shares_rows_and_weighs_them(tmp_path: Path) -> None:
    write(tmp_path, "config.json", {"model_type": "model2vec", "normalize": True})
    write(tmp_path, "tokenizer.json", {"model": {}})
    weights = np.array([1, 2, 3, 4], np.float32)
    values = {"embeddings": ROWS, "mapping": np.array([2, 0, 0, 1]), "weights": weights}
    save_file(values, tmp_path / "model.safetensors")
    static_table.rewrite(tmp_path)
    assert table_of(tmp_path).tolist() == [[4, 5], [0, 2], [0, 3], [8, 12]]
    assert read_sentences(tmp_path).is_normalized


def test_another_repository_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "config.json", {"model_type": "bert"})
    write(tmp_path, "modules.json", [{"path": "", "type": "sentence_transformers.models.Transformer"}])
    static_table.rewrite(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "modules.json"}


def test_a_table_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, "config.json", {"model_type": "model2vec"})
    with pytest.raises(ModelUnavailable, match="table of vectors cannot be read"):
        static_table.rewrite(tmp_path)
