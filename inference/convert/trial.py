"""An artifact is loaded and answers once before anybody else sees it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from inference.engines.load import load
from inference.errors import InvalidField, ModelUnavailable
from inference.task import Call
from inference.task_kinds import SPEECH, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.cache.artifact import Artifact

FEW_TOKENS = 4


def answer_once(
    artifact: Artifact, pipeline_tag: str, threads: int, item: Any, parameters: Mapping[str, Any]
) -> None:
    """Load it as serving does, and run one input.

    Raises :class:`ModelUnavailable` for an answer that is no number, and whatever the engine raises.
    """
    engine = load(artifact, pipeline_tag, threads)
    kind = kind_of(pipeline_tag)
    is_written = kind.continues_text or (kind.rewrites and pipeline_tag != SPEECH)
    short = {"max_new_tokens": FEW_TOKENS} if is_written else {}
    try:
        results = engine.run(Call([item], {**parameters, **short}, is_list=False)).results
    except InvalidField:
        return  # an example may ask for what only the task's own model has; this one was loaded
    if not is_finite(results):
        raise ModelUnavailable("its answers are not numbers: the weights are damaged, or not this model's")


def is_finite(value: Any) -> bool:
    """Whether every number in an answer is one; what holds no numbers is."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_finite, value))
    if hasattr(value, "dtype"):
        import numpy as np

        return bool(np.isfinite(value).all())
    return True
