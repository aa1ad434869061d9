"""ONNX Runtime on token ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WINDOW = 512


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """Runs texts one at a time, as our engine does, and returns the best label of each."""
    session = open_session(folder, threads)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(WINDOW)  # some tokenizer files set a shorter limit
    names = [item.name for item in session.get_inputs()]
    labels = read_labels(folder)

    def one(text: str) -> str:
        encoding = tokenizer.encode(text)
        given = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask}
        given["token_type_ids"] = encoding.type_ids
        feeds = {name: np.array([given[name]], dtype=np.int64) for name in names}
        return labels[int(session.run(None, feeds)[0][0].argmax())]

    return lambda inputs: [one(text) for text in ([inputs] if isinstance(inputs, str) else inputs)]


def read_labels(folder: Path) -> list[str]:
    """Label names by index; a config without names means two labels."""
    config = json.loads((folder / "config.json").read_text())
    names = config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    return [names[key] for key in sorted(names, key=int)]


def open_session(folder: Path, threads: int) -> Any:
    """A session with the library's defaults, except for the threads. These spin between calls."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
