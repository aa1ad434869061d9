"""How far a proof of generation reads: positions and windows go wrong on long inputs only.

Seen with onnxruntime-genai 0.18 and CTranslate2 4.8.5 under transformers 5.23: graphs without the scaling of
`llama3` or linear RoPE, and graphs without a sliding window. All of them are right on short prompts.
"""

from __future__ import annotations

from typing import Any

USUAL_TOKENS = 2048
MOST_TOKENS = 4096
"""An edge further out is not read beyond: the context ends there."""
TAIL = 256
"""Positions at the end of a long input that are compared."""
SWITCHING = ("dynamic", "longrope")
"""Kinds of RoPE whose angles change once an input is longer than those of the first training."""
AGREEMENT = 0.93
"""Of the tail. A variant that keeps 0.97 on short texts falls below by chance once in 10,000 tails."""


def edges(config: Any) -> list[int]:
    """Lengths, in tokens, from which a decoder attends or counts in another way."""
    rope = getattr(config, "rope_parameters", None) or {}
    kinds = [rope, *(part for part in rope.values() if isinstance(part, dict))]
    found = [getattr(config, "sliding_window", None), getattr(config, "window_size", None)]
    if any(kind.get("rope_type") in SWITCHING for kind in kinds):
        found += [kind.get("original_max_position_embeddings") for kind in kinds]
        found.append(getattr(config, "original_max_position_embeddings", None))
    return sorted({edge for edge in found if isinstance(edge, int) and edge > 0})


def bounded(config: Any, context: int) -> int:
    """The context in tokens, up to the first edge that no proof reads beyond."""
    return min([context, *(edge for edge in edges(config) if edge > MOST_TOKENS)])


def length_to_read(config: Any, context: int) -> int:
    """Tokens of the long input: enough for positions to tell, and to look back over every edge."""
    wanted = [edge + TAIL for edge in edges(config) if edge <= MOST_TOKENS]
    return min(context, max([USUAL_TOKENS, *wanted]))


def long_text(texts: list[list[int]], length: int) -> list[int]:
    """Token ids of texts one after the other, from the first again where they are too few."""
    ids = [token for text in texts for token in text]
    return (ids * -(-length // len(ids)))[:length] if ids else []
