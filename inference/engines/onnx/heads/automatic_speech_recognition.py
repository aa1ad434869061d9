"""Speech recognition by CTC: a recording in, the letters of each 20 ms, and text out.

wav2vec 2 and its kin. Models that write text token by token, such as Whisper, are CTranslate2's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Outcome, Unsupported
from inference.engines.onnx import ctc
from inference.engines.onnx.ctc import CtcVocabulary
from inference.engines.onnx.head import Head
from inference.engines.onnx.model_types import SPEECH_MODEL_TYPES
from inference.engines.text.tokenizer import read_json
from inference.errors import InvalidField
from inference.media import audio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.head import Forward
    from inference.task import Call

WAVEFORM = "input_values"
PREPROCESSOR = "preprocessor_config.json"
WINDOW_S = 30.0
"""Longer sound is read in windows: attention takes memory with the square of the length."""
MARGIN_PARTS = 6
"""A sixth of a window at each side is heard, and not written: what transformers' pipeline does."""
LEAST_VARIANCE = 1e-7
WORD = "word"
IGNORED = ("chunk_length_s", "seed")


class AutomaticSpeechRecognition(Head):
    """Text of recordings of any length, with the times of words if they are asked for."""

    AUTO_CLASS = "AutoModelForCTC"
    OUTPUTS = ("logits",)
    UNREAD = ("masked_spec_embed",)
    MODEL_TYPES = SPEECH_MODEL_TYPES
    FILES = (*ctc.FILES, PREPROCESSOR)
    HAS_OWN_GRAPHS = False
    TAKES_LISTS = False
    READS_TEXT = False

    @classmethod
    def serves(cls, config: Mapping[str, Any]) -> bool:
        """Whether the model has a layer of letters, and so is none that writes token by token."""
        return any("ForCTC" in str(name) for name in config.get("architectures") or ())

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        self._vocabulary = CtcVocabulary(folder)
        config, processor = read_json(folder / "config.json"), read_json(folder / PREPROCESSOR)
        strides, kernels = config.get("conv_stride"), config.get("conv_kernel")
        if not strides or not kernels or len(strides) != len(kernels):
            raise Unsupported("its config does not say how many samples a frame has")
        if processor.get("sampling_rate", audio.RATE) != audio.RATE or processor.get("feature_size", 1) != 1:
            raise Unsupported(f"it does not hear one channel of {audio.RATE} Hz")
        self._is_scaled = bool(processor.get("do_normalize", True))
        self._step: int = math.prod(strides)
        self._shortest = _receptive_field(kernels, strides)

    @property
    def blank_id(self) -> int:
        """Of the token that says that no letter is heard."""
        return self._vocabulary.blank_id

    def frames(self, waveform: NDArray[np.float32]) -> NDArray[np.int64]:
        """Mono at 16 kHz ``(samples,)`` -> the best token's id of each frame: ``(samples // 320,)`` or so."""
        import numpy as np

        found = [
            self._forward({WAVEFORM: self._scaled(part)})[0][0].argmax(-1)[cut]
            for part, cut in self._windows(waveform)
        ]
        return np.concatenate(found) if found else np.empty(0, np.int64)

    def run(self, call: Call) -> Outcome:
        """For each sound file's bytes, or waveform, ``{"text": str}``.

        With ``return_timestamps`` of ``"word"`` also ``chunks`` in seconds: ``[{"text": str, "timestamp":
        [start, end]}]``. Raises :class:`InvalidField` for what only models can do that write token by token.
        """
        given = _checked(call.parameters)
        return Outcome([self._one(audio.waveform_of(item), given) for item in call.inputs])

    def _one(self, waveform: NDArray[np.float32], given: Mapping[str, Any]) -> dict[str, Any]:
        letters = self._vocabulary.letters(self.frames(waveform).tolist())
        result: dict[str, Any] = {"text": self._vocabulary.text(letters)}
        if given.get("return_timestamps"):
            step = self._step
            result["chunks"] = [
                {
                    "text": word.text,
                    "timestamp": [word.start * step / audio.RATE, word.end * step / audio.RATE],
                }
                for word in self._vocabulary.words(letters)
            ]
        return result

    def _windows(self, waveform: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.float32], slice]]:
        """Parts of the sound, and which of their frames count: all but those near a cut."""
        samples = self._whole_frames(WINDOW_S)
        margin = self._whole_frames(WINDOW_S / MARGIN_PARTS)
        if len(waveform) <= samples:
            if len(waveform) >= self._shortest:
                yield waveform, slice(None)
            return
        for begin in range(0, len(waveform), samples - 2 * margin):
            part = waveform[begin : begin + samples]
            is_last = begin + samples >= len(waveform)
            left, right = margin if begin else 0, 0 if is_last else margin
            if len(part) > max(left, self._shortest):
                # By the length that a part would have if each frame were one step, as the pipeline counts.
                yield part, slice(left // self._step, round(len(part) / self._step) - right // self._step)
            if is_last:
                return

    def _whole_frames(self, seconds: float) -> int:
        return round(seconds * audio.RATE / self._step) * self._step

    def _scaled(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """A batch of one, with the mean 0 and the variance 1 where the model was trained so."""
        import numpy as np

        if self._is_scaled:
            waveform = (waveform - waveform.mean()) / np.sqrt(waveform.var() + LEAST_VARIANCE)
        batch: NDArray[np.float32] = waveform.astype(np.float32)[None]
        return batch


def _receptive_field(kernels: list[int], strides: list[int]) -> int:
    """The fewest samples that give a frame."""
    samples = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        samples = (samples - 1) * stride + kernel
    return samples


def _checked(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A caller's parameters; letters are heard, so nothing is searched for and no language chosen."""
    for name, value in given.items():
        if name == "return_timestamps" and value not in (None, False, WORD):
            raise InvalidField(
                f"parameters.{name}", f'must be "{WORD}" for this model, which hears no phrases'
            )
        if value and name not in (*IGNORED, "return_timestamps") and (name, value) != ("task", "transcribe"):
            raise InvalidField(f"parameters.{name}", "is not for a model that hears letters (CTC)")
    return given


HEAD = AutomaticSpeechRecognition
