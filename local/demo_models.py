"""Which demo model stands in for which task when the embedded Hub serves instead of the real one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.task import Task

DEMO_REPOSITORIES = Path(__file__).parent / "demo" / "models"


def demo_model(task: Task) -> str | None:
    """The task's own demo repository, else one whose card names the same pipeline tag, else ``None``."""
    if (DEMO_REPOSITORIES / (own := f"hublet/demo-{task.function_name}")).is_dir():
        return own
    cards = sorted(DEMO_REPOSITORIES.glob("*/*/README.md"))
    tagged = [card for card in cards if _pipeline_tag(card) == task.pipeline_tag]
    return tagged[0].parent.relative_to(DEMO_REPOSITORIES).as_posix() if tagged else None


def _pipeline_tag(card: Path) -> str | None:
    """``pipeline_tag`` of a model card's front matter."""
    found = re.search(r"^pipeline_tag:\s*(\S+)", card.read_text(), re.MULTILINE)
    return found.group(1) if found else None
