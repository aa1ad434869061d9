"""What one look has found."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    status: str
    """``ok``; ``warn``: it works without; ``fail``: it does not."""
    text: str
    """What was found."""
    advice: str = ""
    """What to do, if there is something to do."""
