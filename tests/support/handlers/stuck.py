"""The real handler with an engine that never comes back from a run or a load: as native code that hangs.

Once for each file named ``stuck`` or ``stuck-load`` that the cache has; it is taken away.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from inference.engines.engine import Engine, Outcome
from inference.engines.load import MODULES

if TYPE_CHECKING:
    from inference.cache.artifact import Artifact
    from inference.task import Call

STUCK, STUCK_LOAD = "stuck", "stuck-load"


class StuckEngine(Engine):
    """Answers, if it may."""

    def run(self, call: Call) -> Outcome:
        hang_if_asked(STUCK)
        return Outcome([{"summary_text": "Fine."} for _ in call.inputs])


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
    """In place of the module that the artifact names."""
    hang_if_asked(STUCK_LOAD)
    return StuckEngine()


def hang_if_asked(name: str) -> None:
    """Wait for what nobody sets."""
    marker = Path(os.environ["MODEL_CACHE"], name)
    if marker.exists():
        marker.unlink()
        threading.Event().wait()


sys.modules["inference.engines.torch.transformers"] = sys.modules[__name__]
assert MODULES["transformers"] == "inference.engines.torch.transformers"

from inference.handler import handler  # noqa: E402

__all__ = ["handler"]
