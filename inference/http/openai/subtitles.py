"""Phrases with their times -> subtitles: SubRip (SRT) and WebVTT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ARROW = " --> "


def srt(chunks: Sequence[Mapping[str, Any]]) -> str:
    """Numbered cues; ``chunks`` have ``text`` and ``timestamp``, its start and end in seconds."""
    return "".join(f"{number}\n{cue}\n\n" for number, cue in enumerate(_cues(chunks, ","), 1))


def vtt(chunks: Sequence[Mapping[str, Any]]) -> str:
    """The same in WebVTT."""
    return "WEBVTT\n\n" + "".join(f"{cue}\n\n" for cue in _cues(chunks, "."))


def _cues(chunks: Sequence[Mapping[str, Any]], comma: str) -> Iterator[str]:
    for chunk in chunks:
        start, end = chunk["timestamp"]
        text = " ".join(chunk["text"].split()).replace("-->", "->")  # an arrow would be read as times
        yield f"{clock(start, comma)}{ARROW}{clock(end, comma)}\n{text}"


def clock(seconds: float, comma: str) -> str:
    """``hh:mm:ss`` and thousandths behind the format's own comma."""
    ms = round(seconds * 1000)
    minutes, ms = divmod(ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}{comma}{ms % 1000:03}"
