"""How long pictures take on this machine: a floor from those that were painted."""

from __future__ import annotations


class Pace:
    """Seconds by picture size. A network's pass takes longer for more pixels, but not in a fixed proportion:
    reading its weights costs the same for all. So a size that was painted tells about itself; for others it
    only gives a floor, because refusing a call for nothing is worse than ending it at its deadline.
    """

    def __init__(self) -> None:
        self._pass_s: dict[int, float] = {}
        """Pixels -> seconds of one pass."""
        self._after_s: dict[int, float] = {}
        """Pixels -> seconds from the last step to the picture."""

    def note(self, pixels: int, passes: int, stepping_s: float, after_s: float) -> None:
        """Keep the latest figures of a size."""
        self._pass_s[pixels] = stepping_s / passes
        self._after_s[pixels] = after_s

    def seconds(self, pixels: int, passes: int) -> float | None:
        """At least what a picture takes; ``None`` before the first."""
        if not self._pass_s:
            return None
        return passes * _floor(self._pass_s, pixels) + _floor(self._after_s, pixels)


def _floor(known: dict[int, float], pixels: int) -> float:
    """The size's own figure, or the largest that another size allows."""
    if pixels in known:
        return known[pixels]
    return max(seconds * min(1.0, pixels / size) for size, seconds in known.items())
