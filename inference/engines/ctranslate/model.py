"""A CTranslate2 model as the text engines use it: seeded, and spoken to in token ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inference.engines.text.generation_options import GenerationSettings

BATCH = 16
"""Texts run together, sorted by length inside CTranslate2; more gain nothing on a few threads."""


class SeededModel:
    """A CTranslate2 model that can be seeded.

    Its random generator belongs to the worker thread and reads the seed once, at the thread's first sample;
    so a seeded call after any sampled one needs a new thread, which means opening the model again.
    """

    def __init__(self, open_model: Callable[[], Any]) -> None:
        self._open = open_model
        self._model: Any = open_model()
        self._has_sampled = False

    def get(self, settings: GenerationSettings) -> Any:
        """The model for a call with these settings."""
        seed = settings.get("seed")
        if settings.samples and seed is not None:
            import ctranslate2

            ctranslate2.set_random_seed(int(seed) & 0xFFFFFFFF)
            if self._has_sampled:
                self._model = None  # never two in memory
                self._model = self._open()
        self._has_sampled = self._has_sampled or settings.samples
        return self._model


def names(ids: Sequence[int]) -> list[str]:
    """Token ids as the artifact's vocabulary spells them."""
    return [str(index) for index in ids]
