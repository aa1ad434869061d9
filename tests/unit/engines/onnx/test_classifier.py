"""What is made of logits where the caller says nothing: the order of transformers' own questions."""

from __future__ import annotations

from typing import Any

import pytest

from inference.engines.onnx.classifier import default_function


@pytest.mark.parametrize(
    ("config", "labels", "function"),
    [
        ({}, 3, "softmax"),
        ({}, 1, "sigmoid"),
        ({"problem_type": "multi_label_classification"}, 3, "sigmoid"),
        ({"problem_type": "single_label_classification"}, 3, "softmax"),
        ({"problem_type": "regression"}, 1, "none"),
        ({"problem_type": "regression"}, 3, "none"),
    ],
)
def test_the_function_follows_the_problem(config: dict[str, Any], labels: int, function: str) -> None:
    assert default_function(config, labels) == function
