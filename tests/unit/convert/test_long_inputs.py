"""How far a proof of generation reads, for each way in which decoders change on long inputs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from inference.convert import long_inputs
from inference.convert.long_inputs import MOST_TOKENS, TAIL, USUAL_TOKENS

LONGROPE = {"rope_type": "longrope", "original_max_position_embeddings": 4096}
LLAMA3 = {"rope_type": "llama3", "original_max_position_embeddings": 8192}
LAYERS = {"full_attention": {"rope_type": "default"}, "sliding_attention": {"rope_type": "default"}}


@pytest.mark.parametrize(
    ("config", "context", "length"),
    [
        ({}, 131_072, USUAL_TOKENS),
        ({}, 512, 512),
        ({"sliding_window": 512, "rope_parameters": LAYERS}, 32_768, USUAL_TOKENS),
        ({"sliding_window": 4096}, 8192, 4096 + TAIL),
        ({"sliding_window": 4096}, 4200, 4200),
        ({"rope_parameters": LONGROPE}, 131_072, 4096 + TAIL),
        ({"rope_parameters": LLAMA3}, 131_072, USUAL_TOKENS),
        ({"sliding_window": None, "rope_parameters": None}, 4096, USUAL_TOKENS),
    ],
)
def test_a_long_input_looks_back_over_every_edge(config: dict[str, Any], context: int, length: int) -> None:
    assert long_inputs.length_to_read(SimpleNamespace(**config), context) == length


def test_the_context_ends_where_no_proof_reads() -> None:
    assert long_inputs.bounded(SimpleNamespace(sliding_window=MOST_TOKENS + 1), 131_072) == MOST_TOKENS + 1
    assert long_inputs.bounded(SimpleNamespace(sliding_window=MOST_TOKENS), 131_072) == 131_072


def test_texts_are_joined_and_begin_again() -> None:
    assert long_inputs.long_text([[1, 2], [3]], 7) == [1, 2, 3, 1, 2, 3, 1]
    assert long_inputs.long_text([], 7) == []
