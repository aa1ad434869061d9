"""What was said under the sound itself, piece by piece where the function tells times."""

from __future__ import annotations

import base64
import binascii
from html import escape
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField
from inference.media import audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TAGS = ("automatic-speech-recognition",)
BARS_PER_S = 24
"""Of a waveform, as many as can be told apart on a phone."""
MOST_BARS = 600
MOST_DRAWN_S = 120.0
"""A longer recording is not drawn: its words are what one looks for."""
HEIGHT_PX = 44


def draw(inputs: Any, result: Any) -> str:
    """The text under its waveform; with ``chunks`` each phrase or word under its own piece of it."""
    wave = _waveform(inputs)
    chunks = result.get("chunks")
    if chunks and wave is not None:
        pieces = "".join(_piece(wave, each) for each in chunks)
        return f'<div class="pieces">{pieces}</div>'
    if chunks:
        return _table(chunks)
    sound = _svg(wave) if wave is not None else ""
    return f'{sound}<blockquote class="transcript">{escape(result["text"].strip())}</blockquote>'


def _piece(wave: NDArray[np.float32], chunk: dict[str, Any]) -> str:
    start_s, end_s = chunk["timestamp"]
    end_s = len(wave) / audio.RATE if end_s is None else end_s
    part = wave[int((start_s or 0.0) * audio.RATE) : int(end_s * audio.RATE)]
    return (
        f'<figure class="piece">{_svg(part)}<figcaption>{escape(chunk["text"].strip())}'
        f"<small>{_clock(start_s)} – {_clock(end_s)}</small></figcaption></figure>"
    )


def _svg(wave: NDArray[np.float32]) -> str:
    """The loudest sample of each slice as a line, the loudest of all as the whole height."""
    heights = _heights(wave)
    middle = HEIGHT_PX / 2
    lines = "".join(
        f'<path d="M{index * 4 + 2} {middle - height * middle:.1f}V{middle + height * middle:.1f}"/>'
        for index, height in enumerate(heights)
    )
    width = len(heights) * 4
    return (
        f'<svg class="wave" viewBox="0 0 {width} {HEIGHT_PX}" preserveAspectRatio="none" '
        f'style="--width:{width}px" role="img" aria-label="Waveform">{lines}</svg>'
    )


def _heights(wave: NDArray[np.float32]) -> list[float]:
    import numpy as np

    count = max(2, min(MOST_BARS, round(len(wave) / audio.RATE * BARS_PER_S)))
    loudest = [float(np.abs(part).max()) if len(part) else 0.0 for part in np.array_split(wave, count)]
    most = max(loudest) or 1.0
    return [max(0.04, each / most) for each in loudest]


def _waveform(inputs: Any) -> NDArray[np.float32] | None:
    """Samples of what was asked; ``None`` where they cannot be had, or are too many to draw."""
    if not isinstance(inputs, str):
        return None
    try:
        return audio.decode(base64.b64decode(inputs), MOST_DRAWN_S)
    except (InvalidField, binascii.Error):
        return None


def _table(chunks: list[dict[str, Any]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_clock(each["timestamp"][0])} – {_clock(each["timestamp"][1])}</th>'
        f"<td>{escape(each['text'].strip())}</td></tr>"
        for each in chunks
    )
    return f'<table class="transcript"><caption>Transcript with seconds</caption>{rows}</table>'


def _clock(seconds: float | None) -> str:
    return "…" if seconds is None else f"{seconds:.1f}"
