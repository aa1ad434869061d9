"""A table of vectors, one a token, as a model that has a config: StaticEmbedding and model2vec repositories.

sentence-transformers and model2vec keep a table and a tokenizer, in a folder or at the top. A text's vector
is the mean of its tokens' vectors, special tokens left out.
"""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

from inference.cache.files import replace_text
from inference.engines.onnx.model_types import STATIC
from inference.engines.text.tokenizer import read_json
from inference.errors import ModelUnavailable

if TYPE_CHECKING:
    from pathlib import Path

MODULES = "modules.json"
MODULE_TYPE = "sentence_transformers.models."
NAMES = ("embedding.weight", "embeddings")
"""Of the table, in sentence-transformers and in model2vec."""


def rewrite(snapshot: Path) -> None:
    """Put table, config and tokenizer where a model has them; any other repository is left alone.

    Raises :class:`ModelUnavailable` for a table that cannot be read.
    """
    folder = _folder(snapshot)
    if folder is None:
        return
    table = _read_table(folder)
    _write_tokenizer(folder, snapshot)
    _write_table(table, snapshot)
    config = {"model_type": STATIC, "hidden_size": table.shape[1], "vocab_size": table.shape[0]}
    is_normalized = read_json(snapshot / "config.json").get("normalize")
    replace_text(snapshot / "config.json", json.dumps(config))
    if not (snapshot / MODULES).exists():
        kinds = ["StaticEmbedding", *(["Normalize"] if is_normalized else [])]
        modules = [{"path": "", "type": f"{MODULE_TYPE}{kind}"} for kind in kinds]
        replace_text(snapshot / MODULES, json.dumps(modules))


def _folder(snapshot: Path) -> Path | None:
    """Where the table is; ``None`` for a repository of another kind."""
    if (snapshot / MODULES).exists():
        modules = json.loads((snapshot / MODULES).read_text(encoding="utf-8"))
        first = modules[0] if isinstance(modules, list) and modules and isinstance(modules[0], dict) else {}
        if str(first.get("type")).rpartition(".")[2] != "StaticEmbedding":
            return None
        path = str(first.get("path", ""))
        if path in ("", "."):
            return snapshot
        if not re.fullmatch(r"[0-9]_\w+", path):
            raise ModelUnavailable(f"{MODULES} names a folder of an unusual name")
        return snapshot / path
    try:
        config: Any = read_json(snapshot / "config.json")
    except ValueError:  # the conversion says so, of every kind of repository
        return None
    is_model2vec = isinstance(config, dict) and config.get("model_type") == "model2vec"
    return snapshot if is_model2vec else None


def _read_table(folder: Path) -> Any:
    """fp32, of shape (tokens, size); model2vec may share rows (``mapping``) and weigh them (``weights``)."""
    import numpy as np
    from safetensors.numpy import load_file

    try:
        values = load_file(folder / "model.safetensors")
        table = next(values[name] for name in NAMES if name in values).astype(np.float32)
        if "mapping" in values:
            table = table[values["mapping"]]
        if "weights" in values:
            table *= values["weights"].astype(np.float32)[:, None]
    except (OSError, TypeError, KeyError, StopIteration, IndexError, ValueError) as error:
        raise ModelUnavailable("its table of vectors cannot be read from model.safetensors") from error
    if table.ndim != 2:
        raise ModelUnavailable("its model.safetensors holds no table of vectors")
    return table


def _write_table(table: Any, snapshot: Path) -> None:
    """Files are replaced, never written to: the snapshot's may be links."""
    import numpy as np
    from safetensors.numpy import save_file

    path = snapshot / "model.safetensors"
    path.unlink(missing_ok=True)
    save_file({"embedding.weight": np.ascontiguousarray(table)}, path, metadata={"format": "pt"})


def _write_tokenizer(folder: Path, snapshot: Path) -> None:
    """Without special tokens, as both libraries read texts for a table."""
    try:
        tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable("its table of vectors has no tokenizer.json that can be read") from error
    tokenizer |= {"post_processor": None, "truncation": None, "padding": None}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": ["input_ids"]}
    replace_text(snapshot / "tokenizer.json", json.dumps(tokenizer, ensure_ascii=False))
    replace_text(snapshot / "tokenizer_config.json", json.dumps(settings))
    (snapshot / "special_tokens_map.json").unlink(missing_ok=True)
    if folder != snapshot:
        shutil.rmtree(folder)
