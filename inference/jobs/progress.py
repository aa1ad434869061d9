"""How far the preparation of a model is, and how long it may still take."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_WAIT_S = 5.0
USUAL_BYTES_PER_S = 20e6
"""With these two a 503 guesses until the download itself tells its speed."""
CONVERSION_S = 12.0
CONVERSION_BYTES_PER_S = 15e6
"""A conversion starts torch and runs the proof, then takes time by size (measured: 268 MB in 28 s)."""
SHORTEST_WAIT_S = 3.0
DOWNLOADING = ("starting", "looking", "downloading", "checking")
ENOUGH_TO_TELL_BYTES = 1_000_000


@dataclass(frozen=True)
class Progress:
    """How far a preparation is, as other environments may read it."""

    stage: str = "starting"
    done_bytes: int = 0
    total_bytes: int = 0
    seconds: float = 0.0
    bytes_per_s: float = 0.0
    """Of this download so far; 0: not known yet."""
    largest_bytes: int = 0
    """The largest file that is not there yet: a download that is cut off keeps whole files."""

    @property
    def remaining_s(self) -> float:
        """Seconds still needed: a download by its speed so far, a conversion by what one usually takes."""
        conversion_s = CONVERSION_S + self.total_bytes / CONVERSION_BYTES_PER_S
        if self.stage in DOWNLOADING:
            return self._download_s + conversion_s
        return max(SHORTEST_WAIT_S, conversion_s - self.seconds)

    @property
    def _download_s(self) -> float:
        if self.bytes_per_s:
            return (self.total_bytes - self.done_bytes) / self.bytes_per_s
        if self.done_bytes < ENOUGH_TO_TELL_BYTES or not self.seconds:
            return DEFAULT_WAIT_S + self.total_bytes / USUAL_BYTES_PER_S
        return (self.total_bytes - self.done_bytes) * self.seconds / self.done_bytes
