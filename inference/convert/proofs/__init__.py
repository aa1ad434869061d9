"""An artifact against fp32 torch on the same inputs: one file for each kind of head."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from inference.engines.choose import head_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.convert.recipe import Drift


class Proof(Protocol):
    """Holds the reference's answers, so that torch can be let go before forms are tried.

    Made from a reference head (over torch) and what it runs: the task's examples and the built-in texts.
    """

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate: the same head over a session."""


def prove(pipeline_tag: str, reference: Any, inputs: Sequence[Any]) -> Proof:
    """The proof of the tag's head: ``inference/convert/proofs/<head>.py``."""
    module = import_module(f"inference.convert.proofs.{head_of(pipeline_tag).replace('-', '_')}")
    proof: Proof = module.Proof(reference, inputs)
    return proof
