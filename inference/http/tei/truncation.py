"""How a text that is too long is treated, as all of TEI's bodies say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.fields import Choice, Flag

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = (
    Flag("truncate", "Whether a text beyond the model's window is cut; true by default."),
    Choice("truncation_direction", "Which end is cut.", ("Left", "Right", "left", "right")),
)


def parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the tasks name them; TEI writes directions with a capital."""
    direction = values["truncation_direction"]
    return {"truncate": values["truncate"], "truncation_direction": direction and direction.lower()}
