"""What classifiers share: the names of their labels, and logits -> scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.softmax import softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


def label_names(config: dict[str, Any]) -> list[str]:
    """In the order of the model's outputs; ``LABEL_0``, ``LABEL_1``, ... where the repository names none."""
    names = config.get("id2label") or {str(i): f"LABEL_{i}" for i in range(config.get("num_labels", 2))}
    return [names[key] for key in sorted(names, key=int)]


def default_function(config: dict[str, Any], labels: int) -> str:
    """What transformers' pipeline applies when a caller names nothing (5.23, text_classification.py)."""
    if config.get("problem_type") == "regression":  # first: most of these have one label
        return "none"
    if config.get("problem_type") == "multi_label_classification" or labels == 1:
        return "sigmoid"
    return "softmax"


def apply(logits: NDArray[np.float32], function: str) -> NDArray[np.float64]:
    """Scores from logits: ``softmax``, ``sigmoid``, or the logits themselves."""
    import numpy as np

    if function == "softmax":
        return softmax(logits)
    values = logits.astype(np.float64)
    return 1 / (1 + np.exp(-values)) if function == "sigmoid" else values


def ranked(labels: Sequence[str], scores: NDArray[np.float64]) -> list[dict[str, Any]]:
    """``[{"label": str, "score": float}, ...]``, best first."""
    order = (-scores).argsort(kind="stable")
    return [{"label": labels[index], "score": float(scores[index])} for index in order]
