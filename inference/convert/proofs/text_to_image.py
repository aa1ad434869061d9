"""Pictures from words: how far latents and pixels are from what diffusers paints from the same noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.proofs.budgets import LATENT_ERROR, PICTURE_PSNR_DB
from inference.convert.recipe import Drift
from inference.engines.torch.diffusers import painter_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inference.convert.recipe import Source
    from inference.engines.diffusion.engine import PictureEngine

PROMPTS = (
    "A lighthouse at dawn, watercolour",
    "A portrait photo of an old fisherman with a red cap, sharp focus, soft light",
)
STEPS, SIDE, SEED = 4, 256, 11
"""At most: a picture of the proof costs a few passes of the network, not fifty."""
EQUAL_DB = 99.0
"""Said of pictures that are equal."""


class TextToImageProof:
    """Holds the pictures of the reference, so that torch can be let go before graphs are tried."""

    def __init__(self, pipeline: Any, source: Source) -> None:
        """``pipeline``: the reference, by diffusers' own sampler and torch's own noise."""
        import torch

        painter = painter_of(pipeline, source.model)
        side = min(painter.side, SIDE)
        steps = min(painter.defaults.num_inference_steps, STEPS)
        self._plan = painter.plan({"height": side, "width": side, "num_inference_steps": steps})
        self._expected = []
        for prompt in PROMPTS:
            kept: dict[str, Any] = {}

            def keep(
                _: Any, step: int, time: Any, tensors: dict[str, Any], kept: Any = kept
            ) -> dict[str, Any]:
                kept.update(tensors)
                return tensors

            picture = pipeline(
                prompt,
                height=side,
                width=side,
                num_inference_steps=steps,
                guidance_scale=self._plan.guidance,
                generator=torch.Generator("cpu").manual_seed(SEED),
                callback_on_step_end=keep,
            ).images[0]
            self._expected.append((kept["latents"].numpy().copy(), _pixels(picture)))

    def measure(self, engine: PictureEngine) -> Drift:
        """The drift of the graphs; the worst picture counts."""
        import numpy as np

        errors, decibels = [], []
        for prompt, (latents, pixels) in zip(PROMPTS, self._expected, strict=True):
            found = engine.paint(prompt, self._plan, SEED)
            off = np.sqrt(np.mean((found.latents - latents) ** 2) / np.mean(latents**2))
            errors.append(float(off))
            decibels.append(_psnr_db(_pixels(found.picture), pixels))
        figures = {
            "pictures": float(len(errors)),
            "latent_error": round(max(errors), 6),
            "psnr_db": round(min(decibels), 2),
        }
        return Drift(figures, max(errors) <= LATENT_ERROR and min(decibels) >= PICTURE_PSNR_DB)


def _pixels(picture: Any) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(picture.convert("RGB"), np.float64)


def _psnr_db(found: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Peak signal to noise of pixels from 0 to 255; :data:`EQUAL_DB` at most."""
    import math

    error = float(((found - expected) ** 2).mean())
    return EQUAL_DB if error == 0 else min(EQUAL_DB, 10 * math.log10(255**2 / error))
