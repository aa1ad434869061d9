"""Normal noise from a seed: the numbers that torch's generator for processors draws, without torch.

Both use the Mersenne Twister and the transform of Box and Muller, over blocks of sixteen (``normal_fill`` in
ATen's DistributionTemplates.h). Logarithms and cosines may differ in their last bit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK, HALF = 16, 8
BITS = 24
"""Of each draw, as many as a float holds."""


class Noise:
    """A stream of normal numbers; one seed gives the same stream."""

    def __init__(self, seed: int) -> None:
        """``seed``: 0 to 2**32 - 1."""
        import numpy as np

        self._random = np.random.RandomState(seed)

    def normal(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """At least sixteen numbers, in fp32."""
        count = math.prod(shape)
        values = self._uniform(count)
        whole = count - count % BLOCK
        values[:whole] = _normal(values[:whole])
        if count > whole:  # the last sixteen are drawn anew
            values[-BLOCK:] = _normal(self._uniform(BLOCK))
        return values.reshape(shape)

    def _uniform(self, count: int) -> NDArray[np.float32]:
        import numpy as np

        drawn = np.frombuffer(self._random.bytes(4 * count), "<u4") & np.uint32((1 << BITS) - 1)
        return drawn.astype(np.float32) * np.float32(2.0**-BITS)


def _normal(uniform: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    blocks = uniform.reshape(-1, 2, HALF)
    radius = np.sqrt(np.float32(-2) * np.log(np.float32(1) - blocks[:, 0]))
    angle = np.float32(2 * math.pi) * blocks[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
