"""Waveform -> log-mel spectrogram as Whisper was trained on, with numpy alone.

The same figures as transformers' ``WhisperFeatureExtractor``: Hann windows of 25 ms every 10 ms, power, the
artifact's mel filters, log10, at most 8 below the loudest, then ``(x + 4) / 4``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.media.audio import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW = 400
HOP = 160
FRAMES = 3_000
"""Frames in 30 s, the model's window."""
FRAMES_A_SECOND = RATE // HOP
MIN_POWER = 1e-10


def log_mel(waveform: NDArray[np.float32], filters: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(samples,)`` at 16 kHz and ``(201, mels)`` filters -> ``(mels, samples // 160)``.

    Runs by blocks of 30 s, so that an hour of sound needs no gigabytes at once.
    """
    import numpy as np

    hann = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    padded = np.pad(waveform.astype(np.float32), WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: len(waveform) // HOP]
    mel = np.empty((filters.shape[1], len(windows)), np.float32)
    for begin in range(0, len(windows), FRAMES):
        spectrum = np.fft.rfft(windows[begin : begin + FRAMES] * hann, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        mel[:, begin : begin + FRAMES] = (power.astype(np.float32) @ filters).T
    log = np.log10(np.maximum(mel, MIN_POWER))
    log = np.maximum(log, log.max() - 8.0)
    scaled: NDArray[np.float32] = ((log + 4.0) / 4.0).astype(np.float32)
    return scaled
