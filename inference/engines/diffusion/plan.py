"""What a call for a picture comes to: every choice that the caller left open, made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PIXELS = 768 * 768


@dataclass(frozen=True)
class Defaults:
    """What a model wants where the caller does not say."""

    num_inference_steps: int
    guidance_scale: float


USUAL = Defaults(num_inference_steps=50, guidance_scale=7.5)
"""What diffusers' pipeline takes."""
TURBO = Defaults(num_inference_steps=1, guidance_scale=0.0)
"""Models distilled to one step say so in their name only: ``sd-turbo``, and what was made from it."""
CONSISTENT = Defaults(num_inference_steps=4, guidance_scale=8.5)
"""Latent consistency models, as diffusers' pipeline for them takes it."""


def defaults_of(model: str, scheduler: str) -> Defaults:
    """By a repository's name and the class of its scheduler."""
    if re.search(r"\bturbo\b", model):
        return TURBO
    return CONSISTENT if scheduler == "LCMScheduler" else USUAL


@dataclass(frozen=True)
class PicturePlan:
    """One call's picture, every choice made."""

    height: int
    width: int
    steps: int
    guidance: float
    negative_prompt: str | None
    is_guided_twice: bool
    """Whether each step asks the network twice, with the prompt and with what must not be seen."""

    @property
    def pixels(self) -> int:
        return self.height * self.width

    @property
    def passes(self) -> int:
        """How many pictures the network works on in all."""
        return self.steps * (2 if self.is_guided_twice else 1)


@dataclass(frozen=True)
class Painter:
    """What of a model a plan depends on."""

    side: int
    """Pixels of the squares that it was trained on."""
    scale: int
    """Pixels of a latent's side."""
    defaults: Defaults
    knows_guidance: bool
    """Whether the network reads the guidance itself, and is asked once a step."""

    def plan(self, given: Mapping[str, Any]) -> PicturePlan:
        """Raises :class:`InvalidField` for a size that cannot be painted."""
        sizes = {name: given.get(name) or self.side for name in ("height", "width")}
        for name, value in sizes.items():
            if value % self.scale:
                raise InvalidField(f"parameters.{name}", f"must be a multiple of {self.scale}")
        if sizes["height"] * sizes["width"] > MAX_PIXELS:
            raise InvalidField("parameters.height", f"times width must be at most {MAX_PIXELS:,} pixels")
        asked = given.get("guidance_scale")
        guidance = self.defaults.guidance_scale if asked is None else asked
        return PicturePlan(
            **sizes,
            steps=given.get("num_inference_steps") or self.defaults.num_inference_steps,
            guidance=guidance,
            negative_prompt=given.get("negative_prompt"),
            is_guided_twice=guidance > 1 and not self.knows_guidance,
        )
