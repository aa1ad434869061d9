"""Made-up recordings that every speech model proves itself on, besides its task's examples.

Speech-like sound, synthesised from seeds, so that nobody's voice travels with the package: a buzz of varied
pitch through the resonances of vowels, hiss for consonants, syllables in phrases, pauses, noise and gain. The
words mean nothing, and that makes the proof a hard one: Whisper writes sentences all the same, but on weak
grounds, so a variant that hears a little less tips them over. Measured with Whisper tiny.en: int8 misses the
budget here and writes 5 of 14 real recordings otherwise than fp32; fp16 keeps it and writes all 14 the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.media.audio import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COUNT = 32
FRAME = 80
"""Samples between two moments of the synthesis: 5 ms."""
FRAMES_A_SECOND = RATE // FRAME
FORMANTS = (
    (270, 2290, 3010),
    (390, 1990, 2550),
    (530, 1840, 2480),
    (660, 1720, 2410),
    (730, 1090, 2440),
    (570, 840, 2410),
    (440, 1020, 2240),
    (300, 870, 2240),
    (640, 1190, 2390),
    (490, 1350, 1690),
)
"""Resonances of ten English vowels, in Hz, as an adult man speaks them."""
WIDTHS = (80.0, 110.0, 160.0)
"""Of the three resonances, in Hz."""
HISSES = ((3500.0, 7500.0), (2000.0, 5500.0), (1200.0, 7000.0), (300.0, 1500.0))
"""Bands of consonants like s, sh, f and h, in Hz."""
TOP_HZ = 4_500.0
"""Harmonics above are left out."""


@dataclass(frozen=True)
class Voice:
    """Who speaks, and how well it was recorded."""

    pitch_hz: float
    tract: float
    """Scales the resonances: about 1 for men, 1.2 for women and 1.35 for children."""
    syllable_s: float
    breath: float
    noise: float
    gain: float


def read() -> list[NDArray[np.float32]]:
    """Mono waveforms at 16 kHz, between 2 and 16 seconds long, the same ones every time."""
    return [recording(seed) for seed in range(COUNT)]


def recording(seed: int) -> NDArray[np.float32]:
    """One voice that says a few phrases."""
    import numpy as np

    rng = np.random.default_rng(seed)
    voice = Voice(
        pitch_hz=float(rng.uniform(85, 260)),
        tract=float(rng.uniform(0.95, 1.3)),
        syllable_s=float(rng.uniform(0.12, 0.26)),
        breath=float(rng.uniform(0.005, 0.05)),
        noise=float(10 ** rng.uniform(-4, -1.7)),
        gain=float(10 ** rng.uniform(-1.0, -0.1)),
    )
    tracks = np.concatenate([_phrase(rng, voice) for _ in range(rng.integers(1, 4))])
    sound = _buzz(tracks, voice) + _hiss(rng, tracks)
    sound *= voice.gain / np.abs(sound).max()
    sound += voice.noise * rng.standard_normal(len(sound))
    return np.clip(sound, -1.0, 1.0).astype(np.float32)


def _phrase(rng: np.random.Generator, voice: Voice) -> NDArray[np.float64]:
    """Tracks ``(frames, 9)``: voicing, pitch, three resonances, and the strength of four hisses."""
    import numpy as np

    syllables = int(rng.integers(5, 16))
    pieces = [_silence(rng.uniform(0.1, 0.6))]
    for place in range(syllables):
        melody = 1.15 - 0.3 * place / syllables + rng.uniform(-0.1, 0.1)
        pieces += _syllable(rng, voice, voice.pitch_hz * melody)
        if rng.random() < 0.25:
            pieces.append(_silence(rng.uniform(0.02, 0.12)))
    tracks = np.concatenate([*pieces, _silence(rng.uniform(0.2, 0.8))])
    kernel = np.hanning(9) / np.hanning(9).sum()
    voiced = np.maximum(tracks[:, :1], 1e-3)
    for column in range(tracks.shape[1]):
        if column in (1, 2, 3, 4):  # pitch and resonances glide, and hold their value through silence
            weighted = np.convolve(tracks[:, column] * voiced[:, 0], kernel, "same")
            tracks[:, column] = weighted / np.convolve(voiced[:, 0], kernel, "same")
        else:
            tracks[:, column] = np.convolve(tracks[:, column], kernel, "same")
    return tracks


def _silence(seconds: float) -> NDArray[np.float64]:
    import numpy as np

    tracks = np.zeros((max(1, int(seconds * FRAMES_A_SECOND)), 9))
    tracks[:, 1:5] = (100.0, 500.0, 1500.0, 2500.0)
    return tracks


def _syllable(rng: np.random.Generator, voice: Voice, pitch_hz: float) -> list[NDArray[np.float64]]:
    """A consonant, a vowel that glides towards another one, and now and then a closing consonant."""
    import numpy as np

    pieces = [_consonant(rng)] if rng.random() < 0.8 else []
    frames = max(8, int(voice.syllable_s * rng.uniform(0.5, 1.4) * FRAMES_A_SECOND))
    first, second = (np.array(FORMANTS[index]) * voice.tract for index in rng.integers(0, len(FORMANTS), 2))
    way = np.linspace(0, rng.uniform(0.1, 0.8), frames)[:, None]
    vowel = np.zeros((frames, 9))
    vowel[:, 0] = rng.uniform(0.5, 1.0)
    vowel[:, 1] = pitch_hz * (1 + 0.05 * np.sin(np.linspace(0, np.pi, frames)))
    vowel[:, 2:5] = first * (1 - way) + second * way
    vowel[:, 8] = voice.breath
    pieces.append(vowel)
    if rng.random() < 0.35:
        pieces.append(_consonant(rng))
    return pieces


def _consonant(rng: np.random.Generator) -> NDArray[np.float64]:
    """A hiss; every other one begins with the silence of a closed mouth."""
    import numpy as np

    hiss = _silence(rng.uniform(0.03, 0.12))
    hiss[:, 5 + int(rng.integers(0, len(HISSES)))] = rng.uniform(0.05, 0.3)
    return np.concatenate([_silence(rng.uniform(0.03, 0.08)), hiss[:6]]) if rng.random() < 0.5 else hiss


def _buzz(tracks: NDArray[np.float64], voice: Voice) -> NDArray[np.float64]:
    """The voice: harmonics of the pitch, each as loud as the resonances around it let it be."""
    import numpy as np

    samples = len(tracks) * FRAME
    at = np.arange(samples) / FRAME
    frames = np.arange(len(tracks))
    phase = np.cumsum(np.interp(at, frames, tracks[:, 1])) * 2 * np.pi / RATE
    sound = np.zeros(samples)
    for harmonic in range(1, int(TOP_HZ / (0.8 * voice.pitch_hz)) + 1):
        loudness = tracks[:, 0] * _resonance(harmonic * tracks[:, 1], tracks[:, 2:5]) / harmonic
        sound += np.interp(at, frames, loudness) * np.sin(harmonic * phase)
    return sound


def _resonance(hz: NDArray[np.float64], formants: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of each frequency ``(frames,)`` three resonances ``(frames, 3)`` pass on."""
    import numpy as np

    passed = np.full_like(hz, 1e-3)
    for index, width in enumerate(WIDTHS):
        passed += width / (width + np.abs(hz - formants[:, index])) * 0.8**index
    return passed * (hz < TOP_HZ)


def _hiss(rng: np.random.Generator, tracks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Noise in each consonant's band, as strong as its track says."""
    import numpy as np

    samples = len(tracks) * FRAME
    at = np.arange(samples) / FRAME
    bins = np.fft.rfftfreq(samples, 1 / RATE)
    sound = np.zeros(samples)
    for index, (low, high) in enumerate(HISSES):
        spectrum = np.fft.rfft(rng.standard_normal(samples))
        band = np.fft.irfft(spectrum * ((bins > low) & (bins < high)), samples)
        sound += np.interp(at, np.arange(len(tracks)), tracks[:, 5 + index]) * band
    return sound
