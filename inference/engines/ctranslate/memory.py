"""How much memory a call takes besides the model, so that texts run together as far as there is room."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FLOAT_BYTES = 4
BASE_BYTES = 64_000_000
"""What the first text of a call takes, whatever its length."""
KEPT = 1.5
"""Keys and values of open beams, and their copies while beams change places (measured: 1.2 to 1.5)."""
SCORED = 1.2
"""Attention of the encoder, and what stands beside it (measured: 1.0 to 1.2)."""
CHOSEN = 2.2
"""Scores of the next token, and their copies while the best are chosen (measured: 2.0 to 2.1)."""
FEW_BYTES = 8
"""A variable of so many is a setting, not a weight."""
LAYER = re.compile(r"decoder/layer_\d+/self_attention/linear_0/weight")
VOCABULARY = re.compile(r"(en|de)coder/(embeddings(_0)?|projection)/weight")
HEADS = "encoder/num_heads"


@dataclass(frozen=True)
class ModelShape:
    """What decides the memory of a text; counted in floats."""

    layers: int
    """Of the decoder."""
    width: int
    """Of a token's keys in one layer; its values are as wide."""
    heads: int
    """Of the encoder."""
    vocabulary: int
    """Tokens that each beam scores before it writes one."""

    def text_bytes(self, source: int, written: int, beams: int) -> float:
        """Of one text: ``source`` tokens are read, and each beam writes up to ``written``."""
        per_token = self.layers * 2 * self.width * FLOAT_BYTES
        kept = beams * written * per_token * KEPT
        chosen = beams * self.vocabulary * FLOAT_BYTES * CHOSEN
        return kept + chosen + source * per_token + self.heads * source**2 * FLOAT_BYTES * SCORED


def read_shape(path: Path) -> ModelShape:
    """From the names and shapes of a ``model.bin``; its weights are skipped.

    The format is that of ``ModelSpec._serialize`` in CTranslate2 4.8.
    """
    with path.open("rb") as file:
        _number(file, "I")
        _name(file)
        _number(file, "I")
        layers = width = vocabulary = 0
        heads = 1
        for _ in range(_number(file, "I")):
            name = _name(file)
            shape = [_number(file, "I") for _ in range(_number(file, "B"))]
            _number(file, "B")
            size = _number(file, "I")
            if name == HEADS and size <= FEW_BYTES:
                heads = int.from_bytes(file.read(size), "little")
                continue
            if LAYER.fullmatch(name):
                layers, width = layers + 1, shape[0] // 3  # queries, keys and values in one
            if VOCABULARY.fullmatch(name):
                vocabulary = max(vocabulary, shape[0])
            file.seek(size, 1)
    return ModelShape(layers, width, heads, vocabulary)


def _number(file: IO[bytes], kind: str) -> Any:
    return struct.unpack(kind, file.read(struct.calcsize(kind)))[0]


def _name(file: IO[bytes]) -> str:
    return file.read(_number(file, "H")).rstrip(b"\0").decode()
