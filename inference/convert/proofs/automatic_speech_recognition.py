"""The proof for CTC: the letters that both models hear in the same recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.proofs import recordings
from inference.convert.proofs.budgets import LETTER_AGREEMENT
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift
from inference.media import audio

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.heads.automatic_speech_recognition import AutomaticSpeechRecognition


RECORDINGS = 12
"""A minute of a large model takes torch a quarter of one."""


class SpeechRecognitionProof(Proof):
    """Compares the best token of each frame, where either model hears a letter."""

    def __init__(self, reference: AutomaticSpeechRecognition, inputs: Sequence[Any]) -> None:
        self._waveforms = [audio.waveform_of(item) for item in inputs]
        self._blank = reference.blank_id
        self._expected = self._heard(reference)

    def measure(self, candidate: AutomaticSpeechRecognition) -> Drift:
        """How many frames with a letter keep it; frames without one are most, and would hide the others."""
        found = self._heard(candidate)
        has_letter = (found != self._blank) | (self._expected != self._blank)
        same = (found == self._expected)[has_letter]
        agreement = float(same.mean()) if len(same) else 1.0
        figures = {
            "recordings": float(len(self._waveforms)),
            "frames": float(len(found)),
            "frames_with_letters": float(len(same)),
            "letter_agreement": round(agreement, 5),
        }
        return Drift(figures, agreement >= LETTER_AGREEMENT)

    @staticmethod
    def built_in_inputs() -> Sequence[Any]:
        """Speech-like sound, 100 s in all; real speech is the task's own example."""
        return [recordings.recording(seed) for seed in range(RECORDINGS)]

    def _heard(self, model: AutomaticSpeechRecognition) -> NDArray[np.int64]:
        import numpy as np

        return np.concatenate([model.frames(waveform) for waveform in self._waveforms])


PROOF = SpeechRecognitionProof
