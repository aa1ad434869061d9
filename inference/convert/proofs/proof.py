"""What every proof of a head offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from inference.convert.proofs import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.convert.recipe import Drift


class Proof(ABC):
    """Holds the reference's answers, so that torch can be let go before variants are tried."""

    @abstractmethod
    def __init__(self, reference: Any, inputs: Sequence[Any]) -> None:
        """``reference`` is a head over torch; ``inputs`` are the task's examples and the built-in ones."""

    @abstractmethod
    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate: the same head over a session."""

    @staticmethod
    def built_in_inputs() -> Sequence[Any]:
        """What is run besides the task's examples."""
        return texts.read()
