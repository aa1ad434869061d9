"""Whisper's timestamps -> segments of what was said."""

from __future__ import annotations

from dataclasses import dataclass

from inference.engines.ctranslate.log_mel import FRAMES_A_SECOND

TIMESTAMP_S = 0.02
FRAMES_A_TIMESTAMP = 2


@dataclass(frozen=True)
class Segment:
    """Ids between two moments, in seconds from the beginning of the sound."""

    start: float
    end: float
    ids: tuple[int, ...]


def segments_of(ids: list[int], first: int, offset: float, frames: int) -> tuple[list[Segment], int]:
    """Split a window's ids at its pairs of timestamps.

    ``first`` is the id of 0.00 s, ``offset`` the window's start in seconds, ``frames`` its length. Also gives
    the frames to advance: to the last complete segment, or the whole window when nothing was cut off.
    The rules are those of the reference implementation's ``transcribe``.
    """
    times = [index >= first for index in ids]
    cuts = [place + 1 for place in range(len(ids) - 1) if times[place] and times[place + 1]]
    ends_whole = times[-2:] == [False, True]
    if not cuts:
        return [_open_segment(ids, times, first, offset, frames)], frames
    if ends_whole:
        cuts.append(len(ids))
    else:
        cuts[-1] += 1
    found, begin = [], 0
    for number, cut in enumerate(cuts):
        part = ids[begin:cut]
        last = part[-2] if number == len(cuts) - 1 and not ends_whole else part[-1]
        found.append(Segment(_time(part[0], first, offset), _time(last, first, offset), tuple(part)))
        begin = cut
    return found, frames if ends_whole else (ids[begin - 2] - first) * FRAMES_A_TIMESTAMP


def _open_segment(ids: list[int], times: list[bool], first: int, offset: float, frames: int) -> Segment:
    """A window without a pair: one segment to its last timestamp, or to the window's end."""
    stamps = [index for index, is_time in zip(ids, times, strict=True) if is_time]
    end = offset + frames / FRAMES_A_SECOND
    if stamps and stamps[-1] != first:
        end = _time(stamps[-1], first, offset)
    return Segment(offset, end, tuple(ids))


def _time(index: int, first: int, offset: float) -> float:
    return offset + (index - first) * TIMESTAMP_S
